"""Queries for the operators' list of conversations, newest first.

A written conversation is sorted by its contact's last message, a call by its beginning. Both are read from indexes
alone: a page costs the same with a thousand stored messages and with a million.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select, text, union

from phone_numbers import ReachAddress
from storage.identities.reaching import REACHED_IN
from storage.queries.contacts import WRITTEN_KEY
from storage.reports import states
from storage.reports.last_words import LastWords, last_words
from storage.reports.states import WRITTEN, State
from storage.reports.transcripts import SHOWN_AS
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES

MOST_FOUND = 1000
"""Conversations that a filter finds at most: the newest."""
SEEN_AT_ONCE = 300
"""Written conversations searched at once for those with messages from us alone."""
MOST_OF_A_DAY = 100_000
"""Messages of a day that are searched for their contacts."""
CHANNELS = ("phone", WRITTEN, "chat")

_OF_CHANNEL = {channel: text(f"conversations.channel = '{channel}'") for channel in CHANNELS}
"""Spelled exactly as in the indexes, or SQLite does not use them."""


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
    number: ReachAddress
    simulated: bool
    topic: str
    created_at: datetime
    closed_at: datetime | None
    human: str
    human_until: datetime | None
    opted_out_at: datetime | None
    state: State = State.ASSISTANT
    last: LastWords | None = None
    """None: nothing was said or written yet."""

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
    if wanted.state is not None:
        return _page_in_state(connection, wanted, now, after, limit)
    find = _found if wanted.is_by_id else _newest
    places, following = find(connection, wanted, now, after, limit)
    return Page(_rows(connection, places, now), following)


def _page_in_state(
    connection: Connection, wanted: Filter, now: datetime, after: PagePosition | None, limit: int
) -> Page:
    """Return those of the conversations found that are in the state: each is in one, however many find it."""
    rows: list[ConversationRow] = []
    is_at_end = False
    while len(rows) <= limit and not is_at_end:
        places, after = _found(connection, wanted, now, after, limit)
        rows += [row for row in _rows(connection, places, now) if row.state is wanted.state]
        is_at_end = after is None
    following = PagePosition(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], following)


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
    at = CONTACTS.c.wrote_at if channel == WRITTEN else CONVERSATIONS.c.created_at
    statement = select(at, CONVERSATIONS.c.id)
    if channel == WRITTEN:
        statement = statement.join_from(CONTACTS, CONVERSATIONS, CONVERSATIONS.c.key == WRITTEN_KEY)
        statement = statement.where(at.is_not(None), CONVERSATIONS.c.contact_id == CONTACTS.c.id)
    else:
        statement = statement.where(_OF_CHANNEL[channel])
    return _places(connection, statement, at, after, limit)


def _silent(
    connection: Connection, after: PagePosition | None
) -> tuple[list[PagePosition], PagePosition | None]:
    """Return the next written conversations whose contact never wrote, and the end of their range."""
    at = CONVERSATIONS.c.created_at
    statement = (
        select(at, CONVERSATIONS.c.id, CONTACTS.c.wrote_at, CONVERSATIONS.c.key, WRITTEN_KEY)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(_OF_CHANNEL[WRITTEN])
    )
    rows = connection.execute(_in_order(statement, at, after, SEEN_AT_ONCE)).all()
    silent = [PagePosition(row[0], row[1]) for row in rows if row[2] is None and row[3] == row[4]]
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
        statement = statement.where(at <= after.at, or_(at < after.at, CONVERSATIONS.c.id < after.id))
    return statement.order_by(at.desc(), CONVERSATIONS.c.id.desc()).limit(limit)


# By filter


def _found(
    connection: Connection, wanted: Filter, now: datetime, after: PagePosition | None, limit: int
) -> tuple[list[PagePosition], PagePosition | None]:
    statement = (
        select(_AT, CONVERSATIONS.c.id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(*(CONVERSATIONS.c.id.in_(_shown(_any_of(each))) for each in _selections(wanted, now)))
    )
    if wanted.channel is not None:  # "+": they are found by their ids, whatever SQLite thinks of its index
        statement = statement.where(CONVERSATIONS.c.channel + "" == wanted.channel)
    return _cut(_places(connection, statement, _AT, after, limit + 1), limit)


def _any_of(statements: Sequence[Select[Any]]) -> Select[Any]:
    """Return the union of selections, each in brackets because each has its own limit."""
    selected = [statement.subquery() for statement in statements]
    first, *others = [select(*each.c) for each in selected]
    return cast(Select[Any], union(first, *others)) if others else first


def _shown(found: Select[Any]) -> Select[Any]:
    """Return the conversations under which those found are shown: the one that takes what a person writes."""
    ids = found.subquery()
    return (
        select(SHOWN_AS)
        .join_from(ids, CONVERSATIONS, CONVERSATIONS.c.id == ids.c[0])
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .correlate(None)
    )


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
    """Return the conversations that may be in a state: `states.state_of` decides."""
    if state is State.WAITING:
        waiting = select(HANDOFFS.c.conversation_id).where(states.IS_UNTAKEN)
        return waiting.order_by(HANDOFFS.c.id.desc()).limit(MOST_FOUND)
    if state is State.MISSED:
        missed = select(HANDOFFS.c.conversation_id).where(HANDOFFS.c.missed_at.is_not(None))
        return missed.order_by(HANDOFFS.c.id.desc()).limit(MOST_FOUND)
    if state is State.PERSON:
        held = select(CONVERSATIONS.c.id).where(
            CONVERSATIONS.c.human_until > now, CONVERSATIONS.c.closed_at.is_(None)
        )
        return held.order_by(CONVERSATIONS.c.human_until.desc()).limit(MOST_FOUND)
    live = select(CALLS.c.conversation_id).where(CALLS.c.ended_at.is_(None))
    return live.order_by(CALLS.c.started_at.desc()).limit(MOST_FOUND)


def _of_contact(contact_id: int) -> Select[Any]:
    theirs = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id == contact_id)
    return theirs.order_by(CONVERSATIONS.c.created_at.desc()).limit(MOST_FOUND)


def _between(since: datetime, until: datetime) -> list[Select[Any]]:
    spoken = [
        select(CONVERSATIONS.c.id)
        .where(_OF_CHANNEL[channel])
        .where(CONVERSATIONS.c.created_at >= since, CONVERSATIONS.c.created_at < until)
        .order_by(CONVERSATIONS.c.created_at.desc())
        .limit(MOST_FOUND)
        for channel in CHANNELS
        if channel != WRITTEN
    ]
    written = (
        select(MESSAGES.c.conversation_id)
        .where(MESSAGES.c.created_at >= since, MESSAGES.c.created_at < until)
        .order_by(MESSAGES.c.created_at.desc())
        .limit(MOST_OF_A_DAY)
        .subquery()
    )
    return [*spoken, select(written.c.conversation_id).distinct()]


# The rows of a page


def rows_by_id(connection: Connection, ids: Sequence[int], now: datetime) -> dict[int, ConversationRow]:
    """Return conversations by their ids, each with its state and its last words."""
    if not ids:
        return {}
    statement = (
        select(*_COLUMNS)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(CONVERSATIONS.c.id.in_(ids))
    )
    rows = [ConversationRow(*row) for row in connection.execute(statement)]
    threads = states.threads(connection, {row.id: (row.channel, row.contact_id) for row in rows})
    handoffs, last = states.open_handoffs(connection, threads), last_words(connection, threads)
    return {
        row.id: replace(
            row,
            state=states.state_of(row.channel, row.closed_at, row.human_until, handoffs[row.id], now),
            last=last.get(row.id),
        )
        for row in rows
    }


def _rows(connection: Connection, places: Sequence[PagePosition], now: datetime) -> list[ConversationRow]:
    found = rows_by_id(connection, [place.id for place in places], now)
    return [found[place.id] for place in places]


_AT: ColumnElement[Any] = case(
    (CONVERSATIONS.c.channel == WRITTEN, func.coalesce(CONTACTS.c.wrote_at, CONVERSATIONS.c.created_at)),
    else_=CONVERSATIONS.c.created_at,
).label("at")
_COLUMNS = (
    CONVERSATIONS.c.id,
    CONVERSATIONS.c.channel,
    _AT,
    CONTACTS.c.id,
    CONTACTS.c.name,
    REACHED_IN,
    CONTACTS.c.simulated,
    CONVERSATIONS.c.topic,
    CONVERSATIONS.c.created_at,
    CONVERSATIONS.c.closed_at,
    CONVERSATIONS.c.human,
    CONVERSATIONS.c.human_until,
    CONTACTS.c.opted_out_at,
)
