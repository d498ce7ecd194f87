"""Queries for one conversation as operators read it, the newest part first."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy import cast as sql_cast

from phone_numbers import ReachAddress
from storage.base import is_ahead, utc_now
from storage.identities.reaching import REACHED_IN
from storage.models import TurnState
from storage.queries.contacts import LONGEST_SILENCE, WRITTEN_KEY, is_reachable
from storage.queries.messages import COLUMNS as MESSAGE_COLUMNS
from storage.queries.messages import MessageRecord, record_of
from storage.reports.states import WRITTEN, is_untaken
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, PROMPTS, TOOL_RUNS, TURNS

MOST_LOOKED_AT = 20
"""Messages each way whose status is polled for news; older ones are updated when the page is opened."""

_THIS = CONVERSATIONS.alias("this")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call, as its provider reports it."""

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    forwarded_from: str
    status: str
    answered_by: str | None
    duration_s: int | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConversationReport:
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
    number: ReachAddress
    name: str
    simulated: bool
    wrote_at: datetime | None
    opted_out_at: datetime | None
    whatsapp_address: str
    whatsapp_user_id: str | None
    call: CallRecord | None = None

    @property
    def is_reachable(self) -> bool:
        """True if there is anything to write to."""
        return is_reachable(self.number, self.whatsapp_address, self.whatsapp_user_id)

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
    missed_at: datetime | None

    @property
    def waits(self) -> bool:
        """Return whether somebody may still take it."""
        return is_untaken(self.owner, self.state)


def conversation(connection: Connection, conversation_id: int) -> ConversationReport | None:
    """Return a conversation by its id."""
    row = connection.execute(_TALK.where(CONVERSATIONS.c.id == conversation_id)).one_or_none()
    if row is None:
        return None
    call = connection.execute(
        select(*(CALLS.c[field.name] for field in fields(CallRecord)))
        .where(CALLS.c.conversation_id == conversation_id)
        .order_by(CALLS.c.id.desc())
        .limit(1)
    ).one_or_none()
    return replace(ConversationReport(*list(row)), call=None if call is None else CallRecord(*call))


def last_turns(
    connection: Connection, conversation_id: int, *, before: int | None = None, limit: int
) -> list[TurnFacts]:
    """Return the last turns of a conversation before a number, oldest first."""
    which = [TURNS.c.conversation_id == conversation_id]
    if before is not None:
        which.append(TURNS.c.number < before)
    statement = select(*_TURN_COLUMNS).where(*which).order_by(TURNS.c.number.desc()).limit(limit)
    return _turns(connection, statement)[::-1]


def last_turn_of(conversation_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Return a subquery for the id of a conversation's last turn, for a statement with that conversation."""
    turns = TURNS.alias()
    mine = select(turns.c.id).where(turns.c.conversation_id == conversation_id)
    return mine.order_by(turns.c.number.desc()).limit(1).scalar_subquery()


def turns_by_id(connection: Connection, turn_ids: Sequence[int]) -> dict[int, TurnFacts]:
    """Return turns by their ids."""
    found = _turns(connection, select(*_TURN_COLUMNS).where(TURNS.c.id.in_(turn_ids)))
    return {turn.id: turn for turn in found}


def _turns(connection: Connection, statement: Any) -> list[TurnFacts]:
    rows = connection.execute(statement).all()
    tools: dict[int, list[str]] = {row.id: [] for row in rows}
    runs = (
        select(TOOL_RUNS.c.turn_id, TOOL_RUNS.c.key)
        .where(TOOL_RUNS.c.turn_id.in_(tools))
        .order_by(TOOL_RUNS.c.id)
    )
    for turn_id, key in connection.execute(runs):
        tools[turn_id].append(key.partition(":")[0])
    return [_turn(row, tools[row.id]) for row in rows]


def _turn(row: Any, tools: Sequence[str]) -> TurnFacts:
    values = dict(row._mapping)
    values |= {"state": TurnState(row.state), "sentences": tuple(row.sentences), "tools": tuple(tools)}
    return TurnFacts(**values)


def thread(connection: Connection, conversation_id: int) -> list[int]:
    """Return the conversations that are shown as one with a conversation, itself included, oldest first."""
    of = {"conversation_id": conversation_id}
    return sorted(connection.execute(_THREAD, of).scalars())


def thread_of(conversation: FromClause) -> Select[Any]:
    """Return the ids of the conversations that are shown as one with that of a row."""
    other, columns = CONVERSATIONS.alias(), conversation.c
    is_written = and_(columns.channel == WRITTEN, other.c.channel == WRITTEN)
    of_same = (other.c.contact_id == columns.contact_id, or_(other.c.id == columns.id, is_written))
    return select(other.c.id).where(*of_same).correlate(conversation)


def shown_as(connection: Connection, conversation_id: int) -> int:
    """Return the conversation under which one is shown: after a merge, the one that takes what is written."""
    found = (
        select(SHOWN_AS)
        .join_from(CONVERSATIONS, CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(CONVERSATIONS.c.id == conversation_id)
    )
    return connection.execute(found).scalar_one_or_none() or conversation_id


def last_messages(
    connection: Connection, conversation_ids: Sequence[int], *, before: int | None = None, limit: int
) -> list[MessageRecord]:
    """Return the last messages of conversations before an id, oldest first."""
    found: list[MessageRecord] = []
    # Of each way so many, for that is how the index has them
    for conversation_id, outbound in product(conversation_ids, (False, True)):
        which = [MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.outbound.is_(outbound)]
        if before is not None:
            which.append(MESSAGES.c.id < before)
        statement = select(*MESSAGE_COLUMNS).where(*which).order_by(MESSAGES.c.id.desc()).limit(limit)
        found += [record_of(row) for row in connection.execute(statement)]
    return sorted(found, key=lambda message: message.id)[-limit:]


def handoffs_of(
    connection: Connection, conversation_ids: Sequence[int], limit: int = 20
) -> list[HandoffNote]:
    """Return the last handoffs of conversations, oldest first."""
    statement = (
        select(*(HANDOFFS.c[field.name] for field in fields(HandoffNote)))
        .where(HANDOFFS.c.conversation_id.in_(conversation_ids))
        .order_by(HANDOFFS.c.id.desc())
        .limit(limit)
    )
    return [HandoffNote(*row) for row in connection.execute(statement)][::-1]


def other_ids(connection: Connection, contact_id: int, besides: int, limit: int = 8) -> list[int]:
    """Return the ids of a contact's other conversations, newest first; what is shown as one counts once."""
    statement = (
        select(CONVERSATIONS.c.id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(CONVERSATIONS.c.contact_id == contact_id, CONVERSATIONS.c.id != besides)
        .where(CONVERSATIONS.c.id == SHOWN_AS)
        .order_by(CONVERSATIONS.c.created_at.desc(), CONVERSATIONS.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


_MAIN = CONVERSATIONS.alias("main")
SHOWN_AS: ColumnElement[int] = case(
    (
        CONVERSATIONS.c.channel == WRITTEN,
        func.coalesce(
            select(_MAIN.c.id).where(_MAIN.c.key == WRITTEN_KEY).correlate(CONTACTS).scalar_subquery(),
            CONVERSATIONS.c.id,
        ),
    ),
    else_=CONVERSATIONS.c.id,
)
"""The conversation under which one is shown, of a statement with conversations and their contacts."""

# Changes


def pulse(connection: Connection, conversation_id: int) -> tuple[Any, ...]:
    """Return a value that changes with everything that operators see of a conversation."""
    of = {"conversation_id": conversation_id}
    told = [tuple(row) for pulse in _PULSES for row in connection.execute(pulse, of)]
    return (is_ahead(connection.scalar(_HELD_UNTIL, of), utc_now(), LONGEST_SILENCE), *told)


def pulse_of_calls(connection: Connection, limit: int = 50) -> tuple[Any, ...]:
    """Return a value that changes whenever a call begins, progresses, ends or has been summarised."""
    live = (
        select(CALLS.c.id, CALLS.c.status, TURNS.c.id, TURNS.c.state, TURNS.c.sentences)
        .outerjoin_from(CALLS, TURNS, TURNS.c.id == last_turn_of(CALLS.c.conversation_id))
        .where(CALLS.c.ended_at.is_(None))
        .order_by(CALLS.c.started_at.desc())
        .limit(limit)
    )
    return tuple(tuple(row) for each in (live, _LAST_OVER) for row in connection.execute(each))


_LAST_OVER = (
    select(CALLS.c.id, CALLS.c.status, CALLS.c.duration_s, CONVERSATIONS.c.topic)
    .join(CONVERSATIONS, CONVERSATIONS.c.id == CALLS.c.conversation_id)
    .where(CALLS.c.ended_at.is_not(None))
    .order_by(CALLS.c.id.desc())
    .limit(5)
)
_TALK = select(
    *(
        CONVERSATIONS.c[name]
        for name in (
            "id", "key", "channel", "provider", "topic", "summary", "human", "human_until", "created_at",
            "closed_at", "contact_id",
        )
    ),
    REACHED_IN,
    CONTACTS.c.name,
    CONTACTS.c.simulated,
    CONTACTS.c.wrote_at,
    CONTACTS.c.opted_out_at,
    CONTACTS.c.whatsapp_address,
    CONTACTS.c.whatsapp_user_id,
).join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)  # fmt: skip
_TURN_COLUMNS = tuple(TURNS.c[field.name] for field in fields(TurnFacts) if field.name != "tools")

# Made once, for they are asked again and again, and the making of a statement costs more than the database does
_OF: BindParameter[int] = bindparam("conversation_id")
_PULSE_OF_CALL = (
    select(
        *(CONVERSATIONS.c[name] for name in ("human", "human_until", "closed_at", "summary_upto")),
        CALLS.c.status,
        CALLS.c.ended_at,
    )
    .outerjoin_from(CONVERSATIONS, CALLS, CALLS.c.conversation_id == CONVERSATIONS.c.id)
    .where(CONVERSATIONS.c.id == _OF)
)
_HELD_UNTIL = select(CONVERSATIONS.c.human_until).where(CONVERSATIONS.c.id == _OF)
_PULSE_OF_PROMPTS = select(func.count()).where(PROMPTS.c.conversation_id == _OF)
_PULSE_OF_TURN = (
    select(TURNS.c.number, TURNS.c.state, sql_cast(TURNS.c.sentences, Text), TURNS.c.heard_upto)
    .where(TURNS.c.conversation_id == _OF)
    .order_by(TURNS.c.number.desc())
    .limit(1)
)
_THREAD = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(thread_of(_THIS).where(_THIS.c.id == _OF)))
_PULSE_OF_HANDOFFS = select(func.count(), func.max(HANDOFFS.c.updated_at)).where(
    HANDOFFS.c.conversation_id.in_(thread_of(_THIS).where(_THIS.c.id == _OF))
)
_PULSE_OF_OURS, _PULSE_OF_THEIRS = (
    select(MESSAGES.c.id, MESSAGES.c.status, sql_cast(MESSAGES.c.attachments, Text))
    .where(MESSAGES.c.conversation_id == _OF, MESSAGES.c.outbound.is_(outbound))
    .order_by(MESSAGES.c.id.desc())
    .limit(MOST_LOOKED_AT)
    for outbound in (True, False)
)
_PULSES = (
    _PULSE_OF_CALL,
    _PULSE_OF_PROMPTS,
    _PULSE_OF_TURN,
    _PULSE_OF_HANDOFFS,
    _PULSE_OF_OURS,
    _PULSE_OF_THEIRS,
)
