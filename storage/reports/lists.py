"""Queries for the operators' lists of calls, written messages and handoffs, newest first.

A page begins after the last id of the previous one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, select, text

from phone_numbers import ReachAddress
from storage.identities.reaching import REACHED_IN
from storage.queries.messages import COLUMNS as MESSAGE_COLUMNS
from storage.queries.messages import MessageRecord, record_of
from storage.reports import prompts
from storage.reports.states import IS_UNTAKEN
from storage.reports.transcripts import HandoffNote
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, OFFERS, TURNS

MOST_LIVE = 50
LOST = text("messages.status IN ('failed', 'undelivered')")
"""Spelled exactly as in its index, which is not used otherwise."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list. next: the id that starts the next page; None: there is none."""

    rows: Sequence[T]
    next: int | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in a list. first_words_ms: the caller's wait for the first sentence of each turn.

    heard, said: the last turn's; before the first one, what the caller was greeted with.
    """

    id: int
    conversation_id: int
    direction: str
    status: str
    duration_s: int | None
    started_at: datetime
    ended_at: datetime | None
    name: str
    number: ReachAddress
    simulated: bool
    topic: str
    first_words_ms: tuple[int, ...] = ()
    heard: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A written message in a list, and its contact."""

    message: MessageRecord
    name: str
    number: ReachAddress
    simulated: bool
    provider: str
    opted_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoffRow(HandoffNote):
    """A handoff in a list. asked: the sellers who were notified of it, in order."""

    conversation_id: int
    channel: str
    name: str
    number: ReachAddress
    simulated: bool
    asked: tuple[str, ...] = ()


def live_calls(connection: Connection) -> list[CallRow]:
    """Return the calls in progress, newest first, with the last words of each."""
    live = _CALL_ROWS.where(CALLS.c.ended_at.is_(None)).order_by(CALLS.c.started_at.desc()).limit(MOST_LIVE)
    return _calls(connection, live)


def past_calls(connection: Connection, *, before: int | None = None, limit: int = 30) -> Page[CallRow]:
    """Return a page of finished calls."""
    over = _CALL_ROWS.where(CALLS.c.ended_at.is_not(None)).order_by(CALLS.c.id.desc()).limit(limit + 1)
    if before is not None:
        over = over.where(CALLS.c.id < before)
    return _page(_calls(connection, over), limit, lambda row: row.id)


def _calls(connection: Connection, statement: Any) -> list[CallRow]:
    rows = connection.execute(statement).all()
    turns = _turns_of(connection, [row.conversation_id for row in rows])
    silent = [row.conversation_id for row in rows if row.conversation_id not in turns]
    greeted = prompts.last_prompts(connection, silent)
    return [
        _call(row, turns.get(row.conversation_id, []), greeted.get(row.conversation_id, "")) for row in rows
    ]


def _turns_of(connection: Connection, conversation_ids: Sequence[int]) -> dict[int, list[Any]]:
    names = ("conversation_id", "number", "first_sentence_ms", "heard", "sentences")
    statement = select(*(TURNS.c[name] for name in names)).where(
        TURNS.c.conversation_id.in_(conversation_ids)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(statement.order_by(TURNS.c.conversation_id, TURNS.c.number)):
        found.setdefault(row.conversation_id, []).append(row)
    return found


def _call(row: Any, turns: Sequence[Any], greeting: str) -> CallRow:
    waits = tuple(turn.first_sentence_ms for turn in turns if turn.first_sentence_ms is not None)
    last = turns[-1] if turns else None
    heard, said = ("", greeting) if last is None else (last.heard, "".join(last.sentences))
    return replace(CallRow(*row), first_words_ms=waits, heard=heard, said=said)


def message_log(
    connection: Connection,
    *,
    outbound: bool | None = None,
    lost: bool = False,
    before: int | None = None,
    limit: int = 40,
) -> Page[MessageRow]:
    """Return a page of all written messages. lost: only those that did not arrive."""
    statement = _MESSAGE_ROWS.order_by(MESSAGES.c.id.desc()).limit(limit + 1)
    if lost:
        statement = statement.where(LOST)
    if outbound is not None:
        statement = statement.where(MESSAGES.c.outbound.is_(outbound))
    if before is not None:
        statement = statement.where(MESSAGES.c.id < before)
    rows = [_message(row) for row in connection.execute(statement)]
    return _page(rows, limit, lambda row: row.message.id)


def message_row(connection: Connection, message_id: int) -> MessageRow | None:
    """Return a message by its id."""
    row = connection.execute(_MESSAGE_ROWS.where(MESSAGES.c.id == message_id)).one_or_none()
    return None if row is None else _message(row)


def _message(row: Any) -> MessageRow:
    width = len(MESSAGE_COLUMNS)
    return MessageRow(record_of(row[:width]), *row[width:])


def handoff_log(
    connection: Connection,
    *,
    waiting: bool = False,
    missed: bool = False,
    before: int | None = None,
    limit: int = 30,
) -> Page[HandoffRow]:
    """Return a page of all handoffs. waiting: only those that nobody has taken; missed: to which nobody came."""
    statement = _HANDOFF_ROWS.order_by(HANDOFFS.c.id.desc()).limit(limit + 1)
    if waiting:
        statement = statement.where(IS_UNTAKEN)
    if missed:
        statement = statement.where(HANDOFFS.c.missed_at.is_not(None))
    if before is not None:
        statement = statement.where(HANDOFFS.c.id < before)
    rows = connection.execute(statement).all()
    asked = _asked(connection, [row.id for row in rows])
    found = [replace(HandoffRow(*row), asked=tuple(asked.get(row.id, ()))) for row in rows]
    return _page(found, limit, lambda row: row.id)


def _page(found: Sequence[T], limit: int, id_of: Callable[[T], int]) -> Page[T]:
    """Return a page of what was found, which is one more than its limit where another page follows."""
    return Page(found[:limit], id_of(found[limit - 1]) if len(found) > limit else None)


def _asked(connection: Connection, handoff_ids: Sequence[int]) -> dict[int, list[str]]:
    told = select(OFFERS.c.handoff_id, OFFERS.c.seller).where(OFFERS.c.handoff_id.in_(handoff_ids))
    asked: dict[int, list[str]] = {}
    for handoff_id, seller in connection.execute(told.order_by(OFFERS.c.id)):
        asked.setdefault(handoff_id, []).append(seller)
    return asked


_CALL_ROWS = (
    select(
        *(
            CALLS.c[name]
            for name in (
                "id", "conversation_id", "direction", "status", "duration_s", "started_at", "ended_at"
            )
        ),
        CONTACTS.c.name,
        REACHED_IN,
        CONTACTS.c.simulated,
        CONVERSATIONS.c.topic,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == CALLS.c.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
)  # fmt: skip
_MESSAGE_ROWS = (
    select(
        *MESSAGE_COLUMNS,
        CONTACTS.c.name,
        REACHED_IN,
        CONTACTS.c.simulated,
        CONVERSATIONS.c.provider,
        CONTACTS.c.opted_out_at,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
)
_HANDOFF_ROWS: Select[Any] = (
    select(
        *(HANDOFFS.c[field.name] for field in fields(HandoffNote)),
        HANDOFFS.c.conversation_id,
        CONVERSATIONS.c.channel,
        CONTACTS.c.name,
        REACHED_IN,
        CONTACTS.c.simulated,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
)
