"""Queries that search for people and for words.

Capitals and accents do not count. Words are searched from the newest back, a piece at a time within a page's time
limit, and the reader is told how far that came: an index of everything ever said would slow down each writer.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Text, false, func, or_, select
from sqlalchemy import cast as sql_cast

from phone_numbers import ReachAddress, matching_number
from storage.identities.reaching import REACHED_BY
from storage.models import IdentityKind
from storage.tables import CONTACTS, IDENTITIES, MESSAGES, TURNS

AROUND = 60
"""Characters of an excerpt on each side of a match."""
FEWEST_DIGITS = 3
HEARD, FILE = "heard", "file"
"""What a text is that the program marked for the model: an utterance, or what a file holds. Others are of a message,
by its kind."""

Shown = Callable[[str, str], str]
"""Words a text for its readers, by what it is."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact that was found. number: E.164, or its substitute."""

    contact_id: int
    name: str
    number: ReachAddress
    simulated: bool
    wrote_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Depth:
    """The depth of a search: the ids of the oldest turn and the oldest message reached."""

    turn_id: int
    message_id: int

    @property
    def has_more(self) -> bool:
        """True while something older remains."""
        return self.turn_id > 0 or self.message_id > 0


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of a search: rows at once, rows examined closely, and total time."""

    piece: int = 4000
    most_candidates: int = 50
    budget_s: float = 0.06


@dataclass(frozen=True, slots=True)
class Hit:
    """A match with its context."""

    conversation_id: int
    at: datetime
    before: str
    words: str
    after: str
    is_cut_before: bool = False
    is_cut_after: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """The matches, one for each conversation, newest first. next: there is more to search."""

    hits: Sequence[Hit]
    next: Depth | None
    looked_back_to: datetime | None


class _Folding(dict[int, str]):
    """The folded form of each character, computed once."""

    def __missing__(self, code: int) -> str:
        self[code] = unicodedata.normalize("NFD", chr(code))[0].lower()[0]
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    """Return a text without capitals and accents, as long as it was."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def people(connection: Connection, looked_for: str, limit: int = 20) -> list[Person]:
    """Return the contacts whose name or number contains a text, the last to come first."""
    wanted = looked_for.strip().removeprefix("whatsapp:")
    digits = matching_number("+" + "".join(filter(str.isdigit, wanted)))[1:]
    found = [_is_like(connection, CONTACTS.c.name, wanted)] if wanted else []
    if len(digits) >= FEWEST_DIGITS and not any(map(str.isalpha, wanted)):
        numbers = select(IDENTITIES.c.contact_id).where(
            IDENTITIES.c.kind == IdentityKind.PHONE, IDENTITIES.c.value.contains(digits)
        )
        found += [CONTACTS.c.address.contains(digits), CONTACTS.c.id.in_(numbers)]
    if not found:
        return []
    by_number = or_(*found[1:]) if found[1:] else false()
    statement = select(*_PERSON, by_number).where(or_(*found))
    statement = statement.where(CONTACTS.c.merged_into.is_(None))
    rows = connection.execute(statement.order_by(CONTACTS.c.id.desc()).limit(5 * limit))
    persons = [(Person(*values), has_number) for *values, has_number in rows]
    return [person for person, found_by in persons if found_by or folded(wanted) in folded(person.name)][
        :limit
    ]


def words(
    connection: Connection,
    looked_for: str,
    *,
    since: Depth | None = None,
    limit: int = 20,
    pace: Pace = Pace(),
    clock: Callable[[], float] = time.monotonic,
    shown: Shown = lambda _what, text: text,
) -> Hits:
    """Search all conversations for words, from `since` back, for about a page's time limit.

    shown: words what is found in the language of whoever reads it, who finds nothing else.
    """
    until, depth = clock() + pace.budget_s, since or _newest(connection)
    found: dict[int, Hit] = {}
    while depth.has_more and len(found) < limit:
        hits, depth = _look(connection, looked_for, depth, pace, shown)
        for hit in hits:
            if hit.conversation_id not in found or found[hit.conversation_id].at < hit.at:
                found[hit.conversation_id] = hit
        if clock() >= until:
            break
    newest_first = sorted(found.values(), key=lambda hit: hit.at, reverse=True)
    if not depth.has_more:
        return Hits(newest_first, None, None)
    return Hits(newest_first, depth, _time_of(connection, depth))


def _newest(connection: Connection) -> Depth:
    turn_id = connection.execute(select(func.max(TURNS.c.id))).scalar_one()
    message_id = connection.execute(select(func.max(MESSAGES.c.id))).scalar_one()
    return Depth(turn_id or 0, message_id or 0)


def _time_of(connection: Connection, depth: Depth) -> datetime | None:
    """Return the time after which everything has been searched."""
    times: list[datetime] = []
    for table, id_ in ((TURNS, depth.turn_id), (MESSAGES, depth.message_id)):
        found = select(table.c.created_at).where(table.c.id <= id_).order_by(table.c.id.desc()).limit(1)
        times += connection.execute(found).scalars().all()
    return max(times, default=None)


def _look(
    connection: Connection, looked_for: str, depth: Depth, pace: Pace, shown: Shown
) -> tuple[list[Hit], Depth]:
    """Search the next piece of turns and messages; return its matches and the depth reached."""

    def has_words(text: ColumnElement[Any], json: ColumnElement[Any]) -> ColumnElement[bool]:
        in_json = _is_like(connection, sql_cast(json, Text), looked_for, "%")
        return or_(_is_like(connection, text, looked_for), in_json)

    of_turns = select(*_OF_TURN).where(has_words(TURNS.c.heard, TURNS.c.sentences))
    turns, turn_id = _candidates(connection, of_turns, TURNS.c.id, depth.turn_id, pace)
    of_messages = select(*_OF_MESSAGE).where(has_words(MESSAGES.c.body, MESSAGES.c.attachments))
    messages, message_id = _candidates(connection, of_messages, MESSAGES.c.id, depth.message_id, pace)
    texts = [(row, [shown(HEARD, row.heard), "".join(row.sentences)]) for row in turns]
    texts += [
        (
            row,
            [shown(row.kind, row.body), *(shown(FILE, file.get("words") or "") for file in row.attachments)],
        )
        for row in messages
    ]
    hits = [_hit(row, looked_for, said) for row, said in texts]
    return [hit for hit in hits if hit is not None], Depth(turn_id, message_id)


def _candidates(
    connection: Connection, statement: Select[Any], id_: ColumnElement[int], upto: int, pace: Pace
) -> tuple[Sequence[Any], int]:
    """Return the possible matches in a piece that ends with an id, and the last id of the next piece."""
    within = statement.where(id_ <= upto, id_ > upto - pace.piece)
    rows = connection.execute(within.order_by(id_.desc()).limit(pace.most_candidates)).all()
    return rows, rows[-1].id - 1 if len(rows) == pace.most_candidates else max(0, upto - pace.piece)


def _hit(row: Any, looked_for: str, texts: Sequence[str]) -> Hit | None:
    wanted = folded(looked_for)
    for text in texts:
        start = folded(text).find(wanted)
        if start >= 0:
            end = start + len(wanted)
            before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
            cut = (start > AROUND, len(text) > end + AROUND)
            return Hit(row.conversation_id, row.created_at, before, text[start:end], after, *cut)
    return None


def _is_like(
    connection: Connection, column: Column[Any] | ColumnElement[Any], looked_for: str, any_: str = "_"
) -> ColumnElement[bool]:
    """Select possible matches, to be confirmed in the text. any_: the wildcard for a letter with an accent.

    In JSON such a letter can be written as six characters.
    """
    pattern = "".join(_stands_for(character, any_) for character in looked_for)
    pattern = re.sub("%+", "%", pattern)
    if connection.dialect.name == "sqlite":  # where LIKE knows no capitals of ASCII, and ILIKE is slow
        return column.like(f"%{pattern}%", escape="\\")
    return column.ilike(f"%{pattern}%", escape="\\")


def _stands_for(character: str, any_: str) -> str:
    if not character.isascii() or character.lower() in "aeiounc" or character in "\"\\%_'":
        return any_
    return character


_PERSON = (
    CONTACTS.c.id, CONTACTS.c.name, REACHED_BY, CONTACTS.c.simulated, CONTACTS.c.wrote_at,
    CONTACTS.c.created_at,
)  # fmt: skip
_OF_TURN = tuple(TURNS.c[name] for name in ("id", "conversation_id", "created_at", "heard", "sentences"))
_OF_MESSAGE = tuple(
    MESSAGES.c[name] for name in ("id", "conversation_id", "created_at", "kind", "body", "attachments")
)
