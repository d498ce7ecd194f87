"""Queries for the operators' lists of calls, written messages and handoffs, newest first.

A page begins after the last id of the previous one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Connection, Table, select, text

from storage.models import Call, Contact, Conversation, Handoff, Offer, Turn
from storage.queries.handoffs import CLOSED
from storage.queries.messages import COLUMNS as MESSAGE_COLUMNS
from storage.queries.messages import MESSAGES, MessageRecord, record_of

MOST_LIVE = 50
LOST = text("messages.status IN ('failed', 'undelivered')")
"""Spelled exactly as in its index, which is not used otherwise."""

_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_CALLS = cast(Table, Call.__table__)
_TURNS = cast(Table, Turn.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)
_OFFERS = cast(Table, Offer.__table__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list. next: the id that starts the next page; None: there is none."""

    rows: Sequence[T]
    next: int | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in a list. first_words_ms: the caller's wait for the first sentence of each turn.

    heard, said: the last turn's.
    """

    id: int
    conversation_id: int
    direction: str
    status: str
    duration_s: int | None
    started_at: datetime
    ended_at: datetime | None
    name: str
    number: str
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
    number: str
    simulated: bool
    provider: str
    opted_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoffRow:
    """A handoff in a list. asked: the sellers who were notified of it, in order."""

    id: int
    conversation_id: int
    channel: str
    name: str
    number: str
    simulated: bool
    source: str
    reason: str
    summary: str
    message: str
    owner: str
    owned_at: datetime | None
    created_at: datetime
    state: str
    asked: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Return whether somebody may still take it."""
        return not self.owner and self.state != CLOSED


def live_calls(connection: Connection) -> list[CallRow]:
    """Return the calls in progress, newest first, with the last words of each."""
    live = _CALL_ROWS.where(_CALLS.c.ended_at.is_(None)).order_by(_CALLS.c.started_at.desc()).limit(MOST_LIVE)
    return _calls(connection, live)


def past_calls(connection: Connection, *, before: int | None = None, limit: int = 30) -> Page[CallRow]:
    """Return a page of finished calls."""
    over = _CALL_ROWS.where(_CALLS.c.ended_at.is_not(None)).order_by(_CALLS.c.id.desc()).limit(limit + 1)
    if before is not None:
        over = over.where(_CALLS.c.id < before)
    rows = _calls(connection, over)
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def _calls(connection: Connection, statement: Any) -> list[CallRow]:
    rows = connection.execute(statement).all()
    turns = _turns_of(connection, [row.conversation_id for row in rows])
    return [_call(row, turns.get(row.conversation_id, [])) for row in rows]


def _turns_of(connection: Connection, conversation_ids: Sequence[int]) -> dict[int, list[Any]]:
    names = ("conversation_id", "number", "first_sentence_ms", "heard", "sentences")
    statement = select(*(_TURNS.c[name] for name in names)).where(
        _TURNS.c.conversation_id.in_(conversation_ids)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(statement.order_by(_TURNS.c.conversation_id, _TURNS.c.number)):
        found.setdefault(row.conversation_id, []).append(row)
    return found


def _call(row: Any, turns: Sequence[Any]) -> CallRow:
    waits = tuple(turn.first_sentence_ms for turn in turns if turn.first_sentence_ms is not None)
    last = turns[-1] if turns else None
    heard, said = ("", "") if last is None else (last.heard, "".join(last.sentences))
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
    return Page(rows[:limit], rows[limit - 1].message.id if len(rows) > limit else None)


def message_row(connection: Connection, message_id: int) -> MessageRow | None:
    """Return a message by its id."""
    row = connection.execute(_MESSAGE_ROWS.where(MESSAGES.c.id == message_id)).one_or_none()
    return None if row is None else _message(row)


def _message(row: Any) -> MessageRow:
    width = len(MESSAGE_COLUMNS)
    return MessageRow(record_of(row[:width]), *row[width:])


def handoff_log(
    connection: Connection, *, waiting: bool = False, before: int | None = None, limit: int = 30
) -> Page[HandoffRow]:
    """Return a page of all handoffs. waiting: only those that nobody has taken."""
    statement = _HANDOFF_ROWS.order_by(_HANDOFFS.c.id.desc()).limit(limit + 1)
    if waiting:
        statement = statement.where(_HANDOFFS.c.owner == "", _HANDOFFS.c.state != CLOSED)
    if before is not None:
        statement = statement.where(_HANDOFFS.c.id < before)
    rows = connection.execute(statement).all()
    asked = _asked(connection, [row.id for row in rows])
    found = [replace(HandoffRow(*row), asked=tuple(asked.get(row.id, ()))) for row in rows]
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def _asked(connection: Connection, handoff_ids: Sequence[int]) -> dict[int, list[str]]:
    told = select(_OFFERS.c.handoff_id, _OFFERS.c.seller).where(_OFFERS.c.handoff_id.in_(handoff_ids))
    asked: dict[int, list[str]] = {}
    for handoff_id, seller in connection.execute(told.order_by(_OFFERS.c.id)):
        asked.setdefault(handoff_id, []).append(seller)
    return asked


_CALL_ROWS = (
    select(
        *(
            _CALLS.c[name]
            for name in (
                "id", "conversation_id", "direction", "status", "duration_s", "started_at", "ended_at"
            )
        ),
        _CONTACTS.c.name,
        _CONTACTS.c.address,
        _CONTACTS.c.simulated,
        _CONVERSATIONS.c.topic,
    )
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _CALLS.c.conversation_id)
    .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
)  # fmt: skip
_MESSAGE_ROWS = (
    select(
        *MESSAGE_COLUMNS,
        _CONTACTS.c.name,
        _CONTACTS.c.address,
        _CONTACTS.c.simulated,
        _CONVERSATIONS.c.provider,
        _CONTACTS.c.opted_out_at,
    )
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
)
_HANDOFF_ROWS = (
    select(
        _HANDOFFS.c.id,
        _HANDOFFS.c.conversation_id,
        _CONVERSATIONS.c.channel,
        _CONTACTS.c.name,
        _CONTACTS.c.address,
        _CONTACTS.c.simulated,
        *(
            _HANDOFFS.c[name]
            for name in ("source", "reason", "summary", "message", "owner", "owned_at", "created_at", "state")
        ),
    )
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _HANDOFFS.c.conversation_id)
    .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
)
