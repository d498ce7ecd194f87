"""Queries for the CRM's view of conversations and handoffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from storage.models import Call, Contact, Conversation, Handoff, Message, MessageStatus, Turn, TurnState

_CALLS = cast(Table, Call.__table__)
_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)
_MESSAGES = cast(Table, Message.__table__)
_TURNS = cast(Table, Turn.__table__)


@dataclass(frozen=True, slots=True)
class TalkFacts:
    """A conversation and its contact. address: E.164, or "withheld:" and the call's id."""

    id: int
    channel: str
    created_at: datetime
    closed_at: datetime | None
    summary: str
    topic: str
    address: str
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


def talk(connection: Connection, conversation_id: int) -> TalkFacts | None:
    """Return a conversation by its id."""
    row = connection.execute(_TALK.where(_CONVERSATIONS.c.id == conversation_id)).one_or_none()
    return None if row is None else TalkFacts(*row)


def handed_off_talk(connection: Connection, handoff_id: int) -> TalkFacts | None:
    """Return the conversation of a handoff."""
    row = connection.execute(_HANDED_OFF.where(_HANDOFFS.c.id == handoff_id)).one_or_none()
    return None if row is None else TalkFacts(*row)


def written_by_contact(connection: Connection, message_id: int) -> TalkFacts | None:
    """Return the conversation of an inbound message; None for one of ours."""
    row = connection.execute(_WRITTEN_IN.where(_MESSAGES.c.id == message_id)).one_or_none()
    return None if row is None else TalkFacts(*row)


_TALK = select(
    _CONVERSATIONS.c.id,
    _CONVERSATIONS.c.channel,
    _CONVERSATIONS.c.created_at,
    _CONVERSATIONS.c.closed_at,
    _CONVERSATIONS.c.summary,
    _CONVERSATIONS.c.topic,
    _CONTACTS.c.address,
    _CONTACTS.c.name,
    _CONTACTS.c.simulated,
).join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
_HANDED_OFF = _TALK.join(_HANDOFFS, _HANDOFFS.c.conversation_id == _CONVERSATIONS.c.id)
_WRITTEN_IN = _TALK.join(_MESSAGES, _MESSAGES.c.conversation_id == _CONVERSATIONS.c.id).where(
    _MESSAGES.c.outbound.is_(False)
)


def handoff(connection: Connection, handoff_id: int) -> HandoffRow | None:
    """Return a handoff by its id."""
    row = connection.execute(_HANDOFF.where(_HANDOFFS.c.id == handoff_id)).one_or_none()
    return None if row is None else HandoffRow(*row)


def handoffs_between(
    connection: Connection, conversation_id: int, since: datetime, until: datetime
) -> list[HandoffRow]:
    """Return the handoffs of a conversation from one time until before another, oldest first."""
    return _handoffs(
        connection,
        _HANDOFFS.c.conversation_id == conversation_id,
        _HANDOFFS.c.created_at >= since,
        _HANDOFFS.c.created_at < until,
    )


def handoffs_of_call(connection: Connection, conversation_id: int, call_sid: str) -> list[HandoffRow]:
    """Return the handoffs of a call, including those requested from outside in its name, oldest first."""
    asked = f"conversation:{call_sid}"
    return _handoffs(
        connection,
        or_(_HANDOFFS.c.conversation_id == conversation_id, _HANDOFFS.c.request_key == asked),
    )


def _handoffs(connection: Connection, *which: ColumnElement[bool]) -> list[HandoffRow]:
    rows = connection.execute(_HANDOFF.where(*which).order_by(_HANDOFFS.c.id))
    return [HandoffRow(*row) for row in rows]


_HANDOFF = select(
    _HANDOFFS.c.id,
    _HANDOFFS.c.conversation_id,
    _HANDOFFS.c.created_at,
    _HANDOFFS.c.reason,
    _HANDOFFS.c.summary,
    _HANDOFFS.c.message,
    _HANDOFFS.c.state,
    _HANDOFFS.c.owner,
)


def call_of(connection: Connection, conversation_id: int) -> CallRow | None:
    """Return the phone call of a conversation."""
    row = connection.execute(
        select(_CALLS.c.call_sid, _CALLS.c.status, _CALLS.c.started_at, _CALLS.c.ended_at).where(
            _CALLS.c.conversation_id == conversation_id
        )
    ).one_or_none()
    return None if row is None else CallRow(*row)


def answered_turns(connection: Connection, conversation_id: int) -> int:
    """Return the number of utterances in a call that were answered completely."""
    return connection.execute(
        select(func.count())
        .select_from(_TURNS)
        .where(
            _TURNS.c.conversation_id == conversation_id,
            _TURNS.c.heard != "",
            _TURNS.c.state.in_((TurnState.COMPLETE, TurnState.FAILED)),
        )
    ).scalar_one()


def last_written(connection: Connection, conversation_id: int, limit: int) -> Sequence[Written]:
    """Return a conversation's newest messages, in and out, oldest of them first; none that was never sent."""
    rows = connection.execute(
        select(_MESSAGES.c.id, _MESSAGES.c.outbound, _MESSAGES.c.created_at)
        .where(_MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.status != MessageStatus.HELD)
        .order_by(_MESSAGES.c.id.desc())
        .limit(limit)
    ).all()
    return [Written(*row) for row in reversed(rows)]
