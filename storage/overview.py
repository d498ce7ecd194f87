"""What the dashboard's first page counts: every query of it, named.

Each is read from an index alone, or from the rows of one day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, case, func, select

from storage.models import Call, Conversation, Handoff, Message, MessageStatus, Turn

LONGEST_CALL = timedelta(hours=5)
"""A call that began earlier and has no end is one whose end nobody told us."""
JUST_NOW = timedelta(minutes=10)

_CALLS = cast(Table, Call.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)
_MESSAGES = cast(Table, Message.__table__)
_TURNS = cast(Table, Turn.__table__)
_LOST = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Written:
    """How many messages came in and went out, and how many of those that should have did not arrive."""

    received: int
    sent: int
    lost: int


@dataclass(frozen=True, slots=True)
class Now:
    """What is going on. chats: written conversations with a message JUST_NOW. held: those that a person has."""

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
    """Count the messages of a time by what became of them."""
    at, outbound = _MESSAGES.c.created_at, _MESSAGES.c.outbound
    lost = case((_MESSAGES.c.status.in_(_LOST), 1), else_=0)
    statement = select(outbound, func.count(), func.sum(lost)).where(at >= since, at < until)
    counts = {row[0]: (row[1], int(row[2])) for row in connection.execute(statement.group_by(outbound))}
    (received, _), (sent, gone) = counts.get(False, (0, 0)), counts.get(True, (0, 0))
    return Written(received, sent, gone)


def first_words_ms(connection: Connection, since: datetime, until: datetime) -> Sequence[int]:
    """Return how long callers waited for the first sentence of each answer, the shortest first."""
    statement = (
        select(_TURNS.c.first_sentence_ms)
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _TURNS.c.conversation_id)
        .where(_TURNS.c.created_at >= since, _TURNS.c.created_at < until)
        .where(_CONVERSATIONS.c.channel == "phone", _TURNS.c.first_sentence_ms.is_not(None))
    )
    return sorted(connection.execute(statement).scalars())


def going_on(connection: Connection, now: datetime) -> Now:
    """Count what is going on now."""
    calls = select(func.count()).where(_CALLS.c.ended_at.is_(None), _CALLS.c.started_at > now - LONGEST_CALL)
    chats = select(func.count(_MESSAGES.c.conversation_id.distinct())).where(
        _MESSAGES.c.created_at > now - JUST_NOW
    )
    held = select(func.count()).where(
        _CONVERSATIONS.c.human_until > now, _CONVERSATIONS.c.closed_at.is_(None)
    )
    waiting = select(func.count()).where(_HANDOFFS.c.owner == "")
    counts = [connection.execute(each).scalar_one() for each in (calls, chats, held, waiting)]
    return Now(*counts)
