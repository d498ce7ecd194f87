"""Queries for the figures on the dashboard's first page.

Each reads an index alone, or the rows of one day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, func, select

from storage.models import LONGEST_CALL, Call, Conversation, Handoff, Message, Turn
from storage.queries.handoffs import CLOSED
from storage.reports.lists import LOST

UNTOLD_AFTER = LONGEST_CALL + timedelta(hours=1)
"""A call that began earlier and has no end is one whose end was never reported."""
JUST_NOW = timedelta(minutes=10)

_CALLS = cast(Table, Call.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)
_MESSAGES = cast(Table, Message.__table__)
_TURNS = cast(Table, Turn.__table__)


@dataclass(frozen=True, slots=True)
class Written:
    """Numbers of inbound, outbound and undelivered messages."""

    received: int
    sent: int
    lost: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The model's tokens for answers, as its server counts them. read: prompts; written: answers."""

    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Now:
    """The present activity. chats: written conversations with a message JUST_NOW. held: those that a person has."""

    calls: int
    chats: int
    held: int
    waiting: int
    """Handoffs that nobody has taken."""


def calls_begun(connection: Connection, since: datetime, until: datetime) -> int:
    """Count the calls that began in a time; `until` itself is left out."""
    begun = _CONVERSATIONS.c.created_at
    statement = select(func.count()).where(_CONVERSATIONS.c.channel == "phone", begun >= since, begun < until)
    return connection.execute(statement).scalar_one()


def messages_exchanged(connection: Connection, since: datetime, until: datetime) -> int:
    """Count the messages of a time, in and out."""
    at = _MESSAGES.c.created_at
    return connection.execute(select(func.count()).where(at >= since, at < until)).scalar_one()


def written(connection: Connection, since: datetime, until: datetime) -> Written:
    """Count the messages of a time by status."""
    at, outbound = _MESSAGES.c.created_at, _MESSAGES.c.outbound
    then = (at >= since, at < until)
    all_, sent, lost = (
        connection.execute(select(func.count()).where(*then, *which)).scalar_one()
        for which in ((), (outbound.is_(True),), (LOST,))
    )
    return Written(all_ - sent, sent, lost)


def first_words_ms(connection: Connection, since: datetime, until: datetime) -> Sequence[int]:
    """Return the callers' waits for the first sentence of each answer in milliseconds, shortest first."""
    begun, at = _CONVERSATIONS.c.created_at, _TURNS.c.created_at
    # By their calls, for of a day's turns most may have been written
    calls = select(_CONVERSATIONS.c.id).where(
        _CONVERSATIONS.c.channel == "phone", begun >= since - UNTOLD_AFTER, begun < until
    )
    statement = select(_TURNS.c.first_sentence_ms).where(
        _TURNS.c.conversation_id.in_(calls), at >= since, at < until, _TURNS.c.first_sentence_ms.is_not(None)
    )
    return sorted(connection.execute(statement).scalars())


def call_seconds(connection: Connection, since: datetime, until: datetime) -> int:
    """Return the total length in seconds of the finished calls that began in a time."""
    begun = _CONVERSATIONS.c.created_at
    statement = (
        select(func.coalesce(func.sum(_CALLS.c.duration_s), 0))
        .join_from(_CONVERSATIONS, _CALLS, _CALLS.c.conversation_id == _CONVERSATIONS.c.id)
        .where(_CONVERSATIONS.c.channel == "phone", begun >= since, begun < until)
    )
    return int(connection.execute(statement).scalar_one())


def tokens(connection: Connection, since: datetime, until: datetime) -> Tokens:
    """Return the model's tokens for the answers of a time, if its server counted them."""
    at, counted = _TURNS.c.created_at, _TURNS.c.completion_tokens.is_not(None)
    sums = (func.coalesce(func.sum(_TURNS.c[name]), 0) for name in ("prompt_tokens", "completion_tokens"))
    read, written = connection.execute(select(*sums).where(at >= since, at < until, counted)).one()
    return Tokens(int(read), int(written))


def going_on(connection: Connection, now: datetime) -> Now:
    """Count the present activity."""
    calls = select(func.count()).where(_CALLS.c.ended_at.is_(None), _CALLS.c.started_at > now - UNTOLD_AFTER)
    chats = select(func.count(_MESSAGES.c.conversation_id.distinct())).where(
        _MESSAGES.c.created_at > now - JUST_NOW
    )
    held = select(func.count()).where(
        _CONVERSATIONS.c.human_until > now, _CONVERSATIONS.c.closed_at.is_(None)
    )
    waiting = select(func.count()).where(_HANDOFFS.c.owner == "", _HANDOFFS.c.state != CLOSED)
    counts = [connection.execute(each).scalar_one() for each in (calls, chats, held, waiting)]
    return Now(*counts)
