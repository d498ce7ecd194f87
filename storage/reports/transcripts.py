"""Queries for one conversation as operators read it, the newest part first."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    ScalarSelect,
    Table,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy import cast as sql_cast

from storage.models import Call, Contact, Conversation, Handoff, ToolRun, Turn, TurnState
from storage.queries.handoffs import CLOSED
from storage.queries.messages import COLUMNS as MESSAGE_COLUMNS
from storage.queries.messages import MESSAGES, MessageRecord, record_of

MOST_LOOKED_AT = 20
"""Messages each way whose status is polled for news; older ones are updated when the page is opened."""

_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_CALLS = cast(Table, Call.__table__)
_TURNS = cast(Table, Turn.__table__)
_RUNS = cast(Table, ToolRun.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call, as its provider reports it."""

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    status: str
    answered_by: str | None
    duration_s: int | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TalkRecord:
    """A conversation with its contact and, for a phone conversation, its call. number: E.164, or its substitute."""

    id: int
    key: str
    channel: str
    provider: str
    topic: str
    summary: str
    human: str
    human_until: datetime | None
    created_at: datetime
    closed_at: datetime | None
    contact_id: int
    number: str
    name: str
    simulated: bool
    wrote_at: datetime | None
    opted_out_at: datetime | None
    call: CallRecord | None = None

    @property
    def is_live(self) -> bool:
        """True for a call in progress."""
        return self.call is not None and self.call.ended_at is None and self.closed_at is None


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """A turn with the cost of its answer. The times are milliseconds after the utterance came in."""

    id: int
    number: int
    kind: str
    heard: str
    state: TurnState
    sentences: tuple[str, ...]
    ending: str | None
    error: str | None
    heard_upto: int | None
    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    first_token_ms: int | None
    first_sentence_ms: int | None
    created_at: datetime
    finished_at: datetime | None
    tools: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The answer so far."""
        return "".join(self.sentences)

    @property
    def unheard(self) -> str:
        """The part of it that the caller cannot have heard, having interrupted it."""
        return "" if self.heard_upto is None else self.said[self.heard_upto :]


@dataclass(frozen=True, slots=True)
class HandoffNote:
    """A handoff of the conversation. owner: the person who took it."""

    id: int
    source: str
    reason: str
    summary: str
    message: str
    owner: str
    owned_at: datetime | None
    created_at: datetime
    state: str

    @property
    def waits(self) -> bool:
        """Return whether somebody may still take it."""
        return not self.owner and self.state != CLOSED


def talk(connection: Connection, conversation_id: int) -> TalkRecord | None:
    """Return a conversation by its id."""
    row = connection.execute(_TALK.where(_CONVERSATIONS.c.id == conversation_id)).one_or_none()
    if row is None:
        return None
    call = connection.execute(
        select(*(_CALLS.c[field.name] for field in fields(CallRecord)))
        .where(_CALLS.c.conversation_id == conversation_id)
        .order_by(_CALLS.c.id.desc())
        .limit(1)
    ).one_or_none()
    return replace(TalkRecord(*list(row)), call=None if call is None else CallRecord(*call))


def last_turns(
    connection: Connection, conversation_id: int, *, before: int | None = None, limit: int
) -> list[TurnFacts]:
    """Return the last turns of a conversation before a number, oldest first."""
    which = [_TURNS.c.conversation_id == conversation_id]
    if before is not None:
        which.append(_TURNS.c.number < before)
    statement = select(*_TURN_COLUMNS).where(*which).order_by(_TURNS.c.number.desc()).limit(limit)
    return _turns(connection, statement)[::-1]


def last_turn_of(conversation_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Return a subquery for the id of a conversation's last turn, for a statement with that conversation."""
    turns = _TURNS.alias()
    mine = select(turns.c.id).where(turns.c.conversation_id == conversation_id)
    return mine.order_by(turns.c.number.desc()).limit(1).scalar_subquery()


def turns_by_id(connection: Connection, turn_ids: Sequence[int]) -> dict[int, TurnFacts]:
    """Return turns by their ids."""
    found = _turns(connection, select(*_TURN_COLUMNS).where(_TURNS.c.id.in_(turn_ids)))
    return {turn.id: turn for turn in found}


def _turns(connection: Connection, statement: Any) -> list[TurnFacts]:
    rows = connection.execute(statement).all()
    tools: dict[int, list[str]] = {row.id: [] for row in rows}
    runs = select(_RUNS.c.turn_id, _RUNS.c.key).where(_RUNS.c.turn_id.in_(tools)).order_by(_RUNS.c.id)
    for turn_id, key in connection.execute(runs):
        tools[turn_id].append(key.partition(":")[0])
    return [_turn(row, tools[row.id]) for row in rows]


def _turn(row: Any, tools: Sequence[str]) -> TurnFacts:
    values = dict(row._mapping)
    values |= {"state": TurnState(row.state), "sentences": tuple(row.sentences), "tools": tuple(tools)}
    return TurnFacts(**values)


def last_messages(
    connection: Connection, conversation_id: int, *, before: int | None = None, limit: int
) -> list[MessageRecord]:
    """Return the last messages of a conversation before an id, oldest first."""
    found: list[MessageRecord] = []
    for outbound in (False, True):  # of each way so many, for that is how the index has them
        which = [MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.outbound.is_(outbound)]
        if before is not None:
            which.append(MESSAGES.c.id < before)
        statement = select(*MESSAGE_COLUMNS).where(*which).order_by(MESSAGES.c.id.desc()).limit(limit)
        found += [record_of(row) for row in connection.execute(statement)]
    return sorted(found, key=lambda message: message.id)[-limit:]


def handoffs_of(connection: Connection, conversation_id: int, limit: int = 20) -> list[HandoffNote]:
    """Return the last handoffs of a conversation, oldest first."""
    statement = (
        select(*(_HANDOFFS.c[field.name] for field in fields(HandoffNote)))
        .where(_HANDOFFS.c.conversation_id == conversation_id)
        .order_by(_HANDOFFS.c.id.desc())
        .limit(limit)
    )
    return [HandoffNote(*row) for row in connection.execute(statement)][::-1]


def other_ids(connection: Connection, contact_id: int, besides: int, limit: int = 8) -> list[int]:
    """Return the ids of a contact's other conversations, newest first."""
    statement = (
        select(_CONVERSATIONS.c.id)
        .where(_CONVERSATIONS.c.contact_id == contact_id, _CONVERSATIONS.c.id != besides)
        .order_by(_CONVERSATIONS.c.created_at.desc(), _CONVERSATIONS.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


# Changes


def pulse(connection: Connection, conversation_id: int) -> tuple[Any, ...]:
    """Return a value that changes with everything that operators see of a conversation."""
    of = {"conversation_id": conversation_id}
    pulses = (_PULSE_OF_CALL, _PULSE_OF_TURN, _PULSE_OF_HANDOFFS, _PULSE_OF_OURS, _PULSE_OF_THEIRS)
    return tuple(tuple(row) for pulse in pulses for row in connection.execute(pulse, of))


def pulse_of_calls(connection: Connection, limit: int = 50) -> tuple[Any, ...]:
    """Return a value that changes whenever a call begins, progresses or ends."""
    live = (
        select(_CALLS.c.id, _CALLS.c.status, _TURNS.c.id, _TURNS.c.state, _TURNS.c.sentences)
        .outerjoin_from(_CALLS, _TURNS, _TURNS.c.id == last_turn_of(_CALLS.c.conversation_id))
        .where(_CALLS.c.ended_at.is_(None))
        .order_by(_CALLS.c.started_at.desc())
        .limit(limit)
    )
    return tuple(tuple(row) for row in connection.execute(live))


_TALK = select(
    *(
        _CONVERSATIONS.c[name]
        for name in (
            "id", "key", "channel", "provider", "topic", "summary", "human", "human_until", "created_at",
            "closed_at", "contact_id",
        )
    ),
    _CONTACTS.c.address,
    _CONTACTS.c.name,
    _CONTACTS.c.simulated,
    _CONTACTS.c.wrote_at,
    _CONTACTS.c.opted_out_at,
).join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)  # fmt: skip
_TURN_COLUMNS = tuple(_TURNS.c[field.name] for field in fields(TurnFacts) if field.name != "tools")

# Made once, for they are asked again and again, and the making of a statement costs more than the database does
_OF: BindParameter[int] = bindparam("conversation_id")
_PULSE_OF_CALL = (
    select(
        *(_CONVERSATIONS.c[name] for name in ("human", "human_until", "closed_at", "summary_upto")),
        _CALLS.c.status,
        _CALLS.c.ended_at,
    )
    .outerjoin_from(_CONVERSATIONS, _CALLS, _CALLS.c.conversation_id == _CONVERSATIONS.c.id)
    .where(_CONVERSATIONS.c.id == _OF)
)
_PULSE_OF_TURN = (
    select(_TURNS.c.number, _TURNS.c.state, sql_cast(_TURNS.c.sentences, Text), _TURNS.c.heard_upto)
    .where(_TURNS.c.conversation_id == _OF)
    .order_by(_TURNS.c.number.desc())
    .limit(1)
)
_PULSE_OF_HANDOFFS = select(func.count(), func.max(_HANDOFFS.c.updated_at)).where(
    _HANDOFFS.c.conversation_id == _OF
)
_PULSE_OF_OURS, _PULSE_OF_THEIRS = (
    select(MESSAGES.c.id, MESSAGES.c.status, sql_cast(MESSAGES.c.attachments, Text))
    .where(MESSAGES.c.conversation_id == _OF, MESSAGES.c.outbound.is_(outbound))
    .order_by(MESSAGES.c.id.desc())
    .limit(MOST_LOOKED_AT)
    for outbound in (True, False)
)
