"""Queries for the figures on the dashboard's first page: of people, or of those who try it in the simulator.

Each reads an index alone, or the rows of one day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, TextClause, func, select, text

from storage.models import LONGEST_CALL
from storage.reports.lists import LOST
from storage.reports.states import IS_BEING_RUNG, IS_UNTAKEN
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, TURNS

UNTOLD_AFTER = LONGEST_CALL + timedelta(hours=1)
"""A call that began earlier and has no end is one whose end was never reported."""
JUST_NOW = timedelta(minutes=10)


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


def calls_begun(connection: Connection, since: datetime, until: datetime, *, simulated: bool = False) -> int:
    """Count the calls that began in a time; `until` itself is left out."""
    begun = CONVERSATIONS.c.created_at
    statement = select(func.count()).where(
        CONVERSATIONS.c.channel == "phone", begun >= since, begun < until, _is_of(simulated)
    )
    return connection.execute(statement).scalar_one()


def messages_exchanged(
    connection: Connection, since: datetime, until: datetime, *, simulated: bool = False
) -> int:
    """Count the messages of a time, in and out."""
    at = MESSAGES.c.created_at
    then = (at >= since, at < until)
    if simulated:
        return connection.execute(_COUNT.where(*then, _is_in(MESSAGES, simulated))).scalar_one()
    return _count_of_people(connection, *then)


def written(connection: Connection, since: datetime, until: datetime) -> Written:
    """Count the messages of a time by status."""
    at, outbound = MESSAGES.c.created_at, MESSAGES.c.outbound
    then = (at >= since, at < until)
    all_, sent, lost = (
        _count_of_people(connection, *then, *which) for which in ((), (outbound.is_(True),), (LOST,))
    )
    return Written(all_ - sent, sent, lost)


def _count_of_people(connection: Connection, *which: ColumnElement[bool] | TextClause) -> int:
    """Count messages, but for the simulator's: these are few, and whose each of a day's messages is takes long."""
    all_, tried = (
        connection.execute(_COUNT.where(*which, *more)).scalar_one()
        for more in ((), (_is_in(MESSAGES, simulated=True),))
    )
    return all_ - tried


def first_words_ms(connection: Connection, since: datetime, until: datetime) -> Sequence[int]:
    """Return the callers' waits for the first sentence of each answer in milliseconds, shortest first."""
    begun, at = CONVERSATIONS.c.created_at, TURNS.c.created_at
    # By their calls, for of a day's turns most may have been written
    calls = select(CONVERSATIONS.c.id).where(
        CONVERSATIONS.c.channel == "phone", begun >= since - UNTOLD_AFTER, begun < until, _is_of()
    )
    statement = select(TURNS.c.first_sentence_ms).where(
        TURNS.c.conversation_id.in_(calls), at >= since, at < until, TURNS.c.first_sentence_ms.is_not(None)
    )
    return sorted(connection.execute(statement).scalars())


def call_seconds(connection: Connection, since: datetime, until: datetime) -> int:
    """Return the total length in seconds of the finished calls that began in a time."""
    begun = CONVERSATIONS.c.created_at
    statement = (
        select(func.coalesce(func.sum(CALLS.c.duration_s), 0))
        .join_from(CONVERSATIONS, CALLS, CALLS.c.conversation_id == CONVERSATIONS.c.id)
        .where(CONVERSATIONS.c.channel == "phone", begun >= since, begun < until, _is_of())
    )
    return int(connection.execute(statement).scalar_one())


def tokens(connection: Connection, since: datetime, until: datetime, *, simulated: bool = False) -> Tokens:
    """Return the model's tokens for the answers of a time, if its server counted them."""
    at, counted = TURNS.c.created_at, TURNS.c.completion_tokens.is_not(None)
    sums = (func.coalesce(func.sum(TURNS.c[name]), 0) for name in ("prompt_tokens", "completion_tokens"))
    then = (at >= since, at < until, counted, _is_in(TURNS, simulated))
    read, written = connection.execute(select(*sums).where(*then)).one()
    return Tokens(int(read), int(written))


def going_on(connection: Connection, now: datetime) -> Now:
    """Count the present activity."""
    calls = select(func.count()).where(
        CALLS.c.ended_at.is_(None), CALLS.c.started_at > now - UNTOLD_AFTER, _is_in(CALLS)
    )
    chats = select(func.count(MESSAGES.c.conversation_id.distinct())).where(
        MESSAGES.c.created_at > now - JUST_NOW, _is_in(MESSAGES)
    )
    held = select(func.count()).where(
        CONVERSATIONS.c.human_until > now, CONVERSATIONS.c.closed_at.is_(None), _is_of(),
        CONVERSATIONS.c.id.not_in(_RUNG_FOR),
    )  # fmt: skip
    calls_now, chats_now, held_now = (connection.execute(each).scalar_one() for each in (calls, chats, held))
    return Now(calls_now, chats_now, held_now, waiting_handoffs(connection))


def waiting_handoffs(connection: Connection) -> int:
    """Count the handoffs that nobody has taken."""
    return connection.execute(select(func.count()).where(IS_UNTAKEN, _is_in(HANDOFFS))).scalar_one()


def missed_handoffs(connection: Connection) -> int:
    """Count the handoffs to which nobody came, until somebody says that they are done."""
    missed = select(func.count()).where(HANDOFFS.c.missed_at.is_not(None), _is_in(HANDOFFS))
    return connection.execute(missed).scalar_one()


_COUNT = select(func.count())
_RUNG_FOR = select(HANDOFFS.c.conversation_id).where(IS_BEING_RUNG).correlate(None)
# The simulator's contacts are few, and an index of their own finds them
_SIMULATED = select(CONTACTS.c.id).where(text("contacts.simulated")).correlate(None)
_TRIED = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id.in_(_SIMULATED)).correlate(None)


def _is_of(simulated: bool = False) -> ColumnElement[bool]:
    """Select the conversations of people, or those of the simulator."""
    contact_id = CONVERSATIONS.c.contact_id
    return contact_id.in_(_SIMULATED) if simulated else contact_id.not_in(_SIMULATED)


def _is_in(table: Table, simulated: bool = False) -> ColumnElement[bool]:
    """Select the rows of people's conversations, or of the simulator's."""
    conversation_id = table.c.conversation_id
    return conversation_id.in_(_TRIED) if simulated else conversation_id.not_in(_TRIED)
