"""Queries for the operators' list of conversations, newest first.

A written conversation is sorted by its contact's last message, a call by its beginning. Both are read from indexes
alone: a page costs the same with a thousand stored messages and with a million.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, String, Table, case, func, or_, select, text, union
from sqlalchemy import cast as sql_cast

from storage.models import Call, Contact, Conversation, Handoff, Message, Turn
from storage.queries.handoffs import CLOSED
from storage.reports.transcripts import last_turn_of

MOST_FOUND = 1000
"""Conversations that a filter finds at most: the newest."""
SEEN_AT_ONCE = 300
"""Written conversations searched at once for those with messages from us alone."""
MOST_OF_A_DAY = 100_000
"""Messages of a day that are searched for their contacts."""
WRITTEN = "whatsapp"
CHANNELS = ("phone", WRITTEN, "chat")

_OF_CHANNEL = {channel: text(f"conversations.channel = '{channel}'") for channel in CHANNELS}
"""Spelled exactly as in the indexes, or SQLite does not use them."""

_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_CALLS = cast(Table, Call.__table__)
_TURNS = cast(Table, Turn.__table__)
_MESSAGES = cast(Table, Message.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)


class State(StrEnum):
    """The state of a conversation, as operators see it."""

    LIVE = "live"  # a call that is going on
    PERSON = "person"  # a person has it, and the assistant is silent
    WAITING = "waiting"  # it goes to a person, and nobody has taken it


@dataclass(frozen=True, slots=True)
class PagePosition:
    """The end of a page in a list, after which the next one begins."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of conversations. since, until: a time in which something was said, `until` itself left out."""

    channel: str | None = None
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None
    contact_id: int | None = None

    @property
    def is_by_id(self) -> bool:
        """True if the filter finds few, which are found first and sorted afterwards."""
        return self.state is not None or self.since is not None or self.contact_id is not None


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation in a list. number: E.164, or its substitute. at: time of the call, or of their last message."""

    id: int
    channel: str
    at: datetime
    contact_id: int
    name: str
    number: str
    simulated: bool
    topic: str
    created_at: datetime
    closed_at: datetime | None
    human: str
    human_until: datetime | None
    opted_out_at: datetime | None
    is_waiting: bool
    heard: str = ""
    """The contact's last words."""
    said: str = ""
    """The beginning of the answer to them."""

    @property
    def is_live(self) -> bool:
        """True for a call in progress."""
        return self.channel == "phone" and self.closed_at is None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. next: the start of the next page; None: there is none."""

    rows: Sequence[ConversationRow]
    next: PagePosition | None


def conversations(
    connection: Connection,
    wanted: Filter,
    now: datetime,
    *,
    after: PagePosition | None = None,
    limit: int = 30,
) -> Page:
    """Return a page of conversations, newest first."""
    find = _found if wanted.is_by_id else _newest
    places, following = find(connection, wanted, now, after, limit)
    return Page(_rows(connection, places), following)


def _cut(
    places: list[PagePosition], limit: int, horizon: PagePosition | None = None
) -> tuple[list[PagePosition], PagePosition | None]:
    """Return a page, and the start of the next one."""
    return (places[:limit], places[limit - 1]) if len(places) > limit else (places, horizon)


def _key(place: PagePosition) -> tuple[datetime, int]:
    return place.at, place.id


# In order, by indexes


def _newest(
    connection: Connection, wanted: Filter, _now: datetime, after: PagePosition | None, limit: int
) -> tuple[list[PagePosition], PagePosition | None]:
    channels = CHANNELS if wanted.channel is None else (wanted.channel,)
    while True:
        places, horizon = _as_far_as_seen(connection, channels, after, limit + 1)
        if places or horizon is None:
            return _cut(places, limit, horizon)
        after = horizon


def _as_far_as_seen(
    connection: Connection, channels: Sequence[str], after: PagePosition | None, limit: int
) -> tuple[list[PagePosition], PagePosition | None]:
    """Return the next conversations of any kind, and the end of the searched range; None: all was searched."""
    places = [p for channel in channels for p in _called_or_wrote(connection, channel, after, limit)]
    silent, horizon = _silent(connection, after) if WRITTEN in channels else ([], None)
    places = sorted([*places, *silent], key=_key, reverse=True)
    return [place for place in places if horizon is None or _key(place) >= _key(horizon)], horizon


def _called_or_wrote(
    connection: Connection, channel: str, after: PagePosition | None, limit: int
) -> list[PagePosition]:
    at = _CONTACTS.c.wrote_at if channel == WRITTEN else _CONVERSATIONS.c.created_at
    statement = select(at, _CONVERSATIONS.c.id)
    if channel == WRITTEN:
        key = WRITTEN + ":" + sql_cast(_CONTACTS.c.id, String)
        statement = statement.join_from(_CONTACTS, _CONVERSATIONS, _CONVERSATIONS.c.key == key)
        statement = statement.where(at.is_not(None))
    else:
        statement = statement.where(_OF_CHANNEL[channel])
    return _places(connection, statement, at, after, limit)


def _silent(
    connection: Connection, after: PagePosition | None
) -> tuple[list[PagePosition], PagePosition | None]:
    """Return the next written conversations whose contact never wrote, and the end of their range."""
    at = _CONVERSATIONS.c.created_at
    statement = (
        select(at, _CONVERSATIONS.c.id, _CONTACTS.c.wrote_at)
        .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
        .where(_OF_CHANNEL[WRITTEN])
    )
    rows = connection.execute(_in_order(statement, at, after, SEEN_AT_ONCE)).all()
    silent = [PagePosition(row[0], row[1]) for row in rows if row[2] is None]
    return silent, PagePosition(rows[-1][0], rows[-1][1]) if len(rows) == SEEN_AT_ONCE else None


def _places(
    connection: Connection,
    statement: Select[Any],
    at: ColumnElement[Any],
    after: PagePosition | None,
    limit: int,
) -> list[PagePosition]:
    return [
        PagePosition(row[0], row[1]) for row in connection.execute(_in_order(statement, at, after, limit))
    ]


def _in_order(
    statement: Select[Any], at: ColumnElement[Any], after: PagePosition | None, limit: int
) -> Select[Any]:
    if after is not None:  # the first half alone is what an index can be entered by
        statement = statement.where(at <= after.at, or_(at < after.at, _CONVERSATIONS.c.id < after.id))
    return statement.order_by(at.desc(), _CONVERSATIONS.c.id.desc()).limit(limit)


# By filter


def _found(
    connection: Connection, wanted: Filter, now: datetime, after: PagePosition | None, limit: int
) -> tuple[list[PagePosition], PagePosition | None]:
    statement = (
        select(_AT, _CONVERSATIONS.c.id)
        .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
        .where(*(_CONVERSATIONS.c.id.in_(_any_of(each)) for each in _selections(wanted, now)))
    )
    if wanted.channel is not None:  # "+": they are found by their ids, whatever SQLite thinks of its index
        statement = statement.where(_CONVERSATIONS.c.channel + "" == wanted.channel)
    return _cut(_places(connection, statement, _AT, after, limit + 1), limit)


def _any_of(statements: Sequence[Select[Any]]) -> Select[Any]:
    """Return the union of selections, each in brackets because each has its own limit."""
    selected = [statement.subquery() for statement in statements]
    first, *others = [select(*each.c) for each in selected]
    return cast(Select[Any], union(first, *others)) if others else first


def _selections(wanted: Filter, now: datetime) -> list[list[Select[Any]]]:
    """Return the selections of ids: the union within each list, and one selection per list."""
    selections = []
    if wanted.state is not None:
        selections.append([_in_state(wanted.state, now)])
    if wanted.contact_id is not None:
        selections.append([_of_contact(wanted.contact_id)])
    if wanted.since is not None and wanted.until is not None:
        selections.append(_between(wanted.since, wanted.until))
    return selections


def _in_state(state: State, now: datetime) -> Select[Any]:
    if state is State.LIVE:
        live = select(_CALLS.c.conversation_id).where(_CALLS.c.ended_at.is_(None))
        return live.order_by(_CALLS.c.started_at.desc()).limit(MOST_FOUND)
    if state is State.WAITING:
        waiting = select(_HANDOFFS.c.conversation_id).where(
            _HANDOFFS.c.owner == "", _HANDOFFS.c.state != CLOSED
        )
        return waiting.order_by(_HANDOFFS.c.id.desc()).limit(MOST_FOUND)
    held = select(_CONVERSATIONS.c.id).where(
        _CONVERSATIONS.c.human_until > now, _CONVERSATIONS.c.closed_at.is_(None)
    )
    return held.order_by(_CONVERSATIONS.c.human_until.desc()).limit(MOST_FOUND)


def _of_contact(contact_id: int) -> Select[Any]:
    theirs = select(_CONVERSATIONS.c.id).where(_CONVERSATIONS.c.contact_id == contact_id)
    return theirs.order_by(_CONVERSATIONS.c.created_at.desc()).limit(MOST_FOUND)


def _between(since: datetime, until: datetime) -> list[Select[Any]]:
    spoken = [
        select(_CONVERSATIONS.c.id)
        .where(_OF_CHANNEL[channel])
        .where(_CONVERSATIONS.c.created_at >= since, _CONVERSATIONS.c.created_at < until)
        .order_by(_CONVERSATIONS.c.created_at.desc())
        .limit(MOST_FOUND)
        for channel in CHANNELS
        if channel != WRITTEN
    ]
    written = (
        select(_MESSAGES.c.conversation_id)
        .where(_MESSAGES.c.created_at >= since, _MESSAGES.c.created_at < until)
        .order_by(_MESSAGES.c.created_at.desc())
        .limit(MOST_OF_A_DAY)
        .subquery()
    )
    return [*spoken, select(written.c.conversation_id).distinct()]


# The rows of a page


def rows_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, ConversationRow]:
    """Return conversations by their ids."""
    statement = (
        select(*_COLUMNS, _IS_WAITING, _TURNS.c.heard, _TURNS.c.sentences)
        .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
        .outerjoin(_TURNS, _TURNS.c.id == last_turn_of(_CONVERSATIONS.c.id))
        .where(_CONVERSATIONS.c.id.in_(ids))
    )
    return {row[0]: _row(row) for row in connection.execute(statement)}


def _rows(connection: Connection, places: Sequence[PagePosition]) -> list[ConversationRow]:
    found = rows_by_id(connection, [place.id for place in places]) if places else {}
    return [found[place.id] for place in places]


def _row(row: Any) -> ConversationRow:
    *values, heard, sentences = row
    return replace(ConversationRow(*values), heard=heard or "", said="".join((sentences or [])[:2]))


_AT: ColumnElement[Any] = case(
    (_CONVERSATIONS.c.channel == WRITTEN, func.coalesce(_CONTACTS.c.wrote_at, _CONVERSATIONS.c.created_at)),
    else_=_CONVERSATIONS.c.created_at,
).label("at")
_IS_WAITING = (
    select(_HANDOFFS.c.id)
    .where(
        _HANDOFFS.c.conversation_id == _CONVERSATIONS.c.id,
        _HANDOFFS.c.owner == "",
        _HANDOFFS.c.state != CLOSED,
    )
    .exists()
)
_COLUMNS = (
    _CONVERSATIONS.c.id,
    _CONVERSATIONS.c.channel,
    _AT,
    _CONTACTS.c.id,
    _CONTACTS.c.name,
    _CONTACTS.c.address,
    _CONTACTS.c.simulated,
    _CONVERSATIONS.c.topic,
    _CONVERSATIONS.c.created_at,
    _CONVERSATIONS.c.closed_at,
    _CONVERSATIONS.c.human,
    _CONVERSATIONS.c.human_until,
    _CONTACTS.c.opted_out_at,
)
