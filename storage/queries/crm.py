"""Queries for the CRM's view of conversations and handoffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from phone_numbers import ReachAddress
from storage.identities.reaching import REACHED_IN
from storage.models import MessageStatus, TurnState
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, TURNS


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """A conversation and its contact."""

    id: int
    channel: str
    created_at: datetime
    closed_at: datetime | None
    summary: str
    topic: str
    number: ReachAddress
    name: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class HandoffRow:
    """A handoff. owner: the person who took it, or ""."""

    id: int
    conversation_id: int
    created_at: datetime
    reason: str
    summary: str
    message: str
    state: str
    owner: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """The course of a phone call. status: one of STATUS_RANKS."""

    call_sid: str
    status: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Written:
    """The author and the time of a written message."""

    id: int
    outbound: bool
    created_at: datetime


def conversation(connection: Connection, conversation_id: int) -> ConversationFacts | None:
    """Return a conversation by its id."""
    row = connection.execute(_TALK.where(CONVERSATIONS.c.id == conversation_id)).one_or_none()
    return None if row is None else ConversationFacts(*row)


def handed_off_conversation(connection: Connection, handoff_id: int) -> ConversationFacts | None:
    """Return the conversation of a handoff."""
    row = connection.execute(_HANDED_OFF.where(HANDOFFS.c.id == handoff_id)).one_or_none()
    return None if row is None else ConversationFacts(*row)


def written_by_contact(connection: Connection, message_id: int) -> ConversationFacts | None:
    """Return the conversation of an inbound message; None for one of ours."""
    row = connection.execute(_WRITTEN_IN.where(MESSAGES.c.id == message_id)).one_or_none()
    return None if row is None else ConversationFacts(*row)


_TALK = select(
    CONVERSATIONS.c.id,
    CONVERSATIONS.c.channel,
    CONVERSATIONS.c.created_at,
    CONVERSATIONS.c.closed_at,
    CONVERSATIONS.c.summary,
    CONVERSATIONS.c.topic,
    REACHED_IN,
    CONTACTS.c.name,
    CONTACTS.c.simulated,
).join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
_HANDED_OFF = _TALK.join(HANDOFFS, HANDOFFS.c.conversation_id == CONVERSATIONS.c.id)
_WRITTEN_IN = _TALK.join(MESSAGES, MESSAGES.c.conversation_id == CONVERSATIONS.c.id).where(
    MESSAGES.c.outbound.is_(False)
)


def handoff(connection: Connection, handoff_id: int) -> HandoffRow | None:
    """Return a handoff by its id."""
    row = connection.execute(_HANDOFF.where(HANDOFFS.c.id == handoff_id)).one_or_none()
    return None if row is None else HandoffRow(*row)


def handoffs_between(
    connection: Connection, conversation_id: int, since: datetime, until: datetime
) -> list[HandoffRow]:
    """Return the handoffs of a conversation from one time until before another, oldest first."""
    return _handoffs(
        connection,
        HANDOFFS.c.conversation_id == conversation_id,
        HANDOFFS.c.created_at >= since,
        HANDOFFS.c.created_at < until,
    )


def handoffs_of_call(connection: Connection, conversation_id: int, call_sid: str) -> list[HandoffRow]:
    """Return the handoffs of a call, including those requested from outside in its name, oldest first."""
    asked = f"conversation:{call_sid}"
    return _handoffs(
        connection,
        or_(HANDOFFS.c.conversation_id == conversation_id, HANDOFFS.c.request_key == asked),
    )


def _handoffs(connection: Connection, *which: ColumnElement[bool]) -> list[HandoffRow]:
    rows = connection.execute(_HANDOFF.where(*which).order_by(HANDOFFS.c.id))
    return [HandoffRow(*row) for row in rows]


_HANDOFF = select(
    HANDOFFS.c.id,
    HANDOFFS.c.conversation_id,
    HANDOFFS.c.created_at,
    HANDOFFS.c.reason,
    HANDOFFS.c.summary,
    HANDOFFS.c.message,
    HANDOFFS.c.state,
    HANDOFFS.c.owner,
    HANDOFFS.c.updated_at,
)


def call_of(connection: Connection, conversation_id: int) -> CallRow | None:
    """Return the phone call of a conversation."""
    row = connection.execute(
        select(CALLS.c.call_sid, CALLS.c.status, CALLS.c.started_at, CALLS.c.ended_at).where(
            CALLS.c.conversation_id == conversation_id
        )
    ).one_or_none()
    return None if row is None else CallRow(*row)


def answered_turns(connection: Connection, conversation_id: int) -> int:
    """Return the number of utterances in a call that were answered completely."""
    return connection.execute(
        select(func.count())
        .select_from(TURNS)
        .where(
            TURNS.c.conversation_id == conversation_id,
            TURNS.c.heard != "",
            TURNS.c.state.in_((TurnState.COMPLETE, TurnState.FAILED)),
        )
    ).scalar_one()


def last_written(connection: Connection, conversation_id: int, limit: int) -> Sequence[Written]:
    """Return a conversation's newest messages, in and out, oldest of them first; none that was never sent."""
    rows = connection.execute(
        select(MESSAGES.c.id, MESSAGES.c.outbound, MESSAGES.c.created_at)
        .where(MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.status != MessageStatus.HELD)
        .order_by(MESSAGES.c.id.desc())
        .limit(limit)
    ).all()
    return [Written(*row) for row in reversed(rows)]
