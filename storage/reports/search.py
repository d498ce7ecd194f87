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
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, Text, func, or_, select
from sqlalchemy import cast as sql_cast

from phone_numbers import matching_number
from storage.models import Contact, Message, Turn

AROUND = 60
"""Characters of an excerpt on each side of a match."""
FEWEST_DIGITS = 3

_CONTACTS = cast(Table, Contact.__table__)
_TURNS = cast(Table, Turn.__table__)
_MESSAGES = cast(Table, Message.__table__)


@dataclass(frozen=True, slots=True)
class Person:
    """A contact that was found. number: E.164, or its substitute."""

    contact_id: int
    name: str
    number: str
    simulated: bool
    wrote_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Depth:
    """The depth of a search: the ids of the oldest turn and the oldest message reached."""

    turn_id: int
    message_id: int

    @property
    def is_above_ground(self) -> bool:
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
    found = [_is_like(connection, _CONTACTS.c.name, wanted)] if wanted else []
    if len(digits) >= FEWEST_DIGITS and not any(map(str.isalpha, wanted)):
        found.append(_CONTACTS.c.address.contains(digits))
    if not found:
        return []
    statement = select(*(_CONTACTS.c[name] for name in _PERSON)).where(or_(*found))
    rows = connection.execute(statement.order_by(_CONTACTS.c.id.desc()).limit(5 * limit))
    persons = [Person(*row) for row in rows]
    return [p for p in persons if folded(wanted) in folded(p.name) or (digits and digits in p.number)][:limit]


def words(
    connection: Connection,
    looked_for: str,
    *,
    since: Depth | None = None,
    limit: int = 20,
    pace: Pace = Pace(),
    clock: Callable[[], float] = time.monotonic,
) -> Hits:
    """Search all conversations for words, from `since` back, for about a page's time limit."""
    until, depth = clock() + pace.budget_s, since or _newest(connection)
    found: dict[int, Hit] = {}
    while depth.is_above_ground and len(found) < limit:
        hits, depth = _look(connection, looked_for, depth, pace)
        for hit in hits:
            if hit.conversation_id not in found or found[hit.conversation_id].at < hit.at:
                found[hit.conversation_id] = hit
        if clock() >= until:
            break
    newest_first = sorted(found.values(), key=lambda hit: hit.at, reverse=True)
    if not depth.is_above_ground:
        return Hits(newest_first, None, None)
    return Hits(newest_first, depth, _time_of(connection, depth))


def _newest(connection: Connection) -> Depth:
    turn_id = connection.execute(select(func.max(_TURNS.c.id))).scalar_one()
    message_id = connection.execute(select(func.max(_MESSAGES.c.id))).scalar_one()
    return Depth(turn_id or 0, message_id or 0)


def _time_of(connection: Connection, depth: Depth) -> datetime | None:
    """Return the time after which everything has been searched."""
    times: list[datetime] = []
    for table, id_ in ((_TURNS, depth.turn_id), (_MESSAGES, depth.message_id)):
        found = select(table.c.created_at).where(table.c.id <= id_).order_by(table.c.id.desc()).limit(1)
        times += connection.execute(found).scalars().all()
    return max(times, default=None)


def _look(connection: Connection, looked_for: str, depth: Depth, pace: Pace) -> tuple[list[Hit], Depth]:
    """Search the next piece of turns and messages; return its matches and the depth reached."""
    sentences, files = sql_cast(_TURNS.c.sentences, Text), sql_cast(_MESSAGES.c.attachments, Text)
    turns, turn_id = _candidates(
        connection,
        select(*_OF_TURN).where(
            or_(
                _is_like(connection, _TURNS.c.heard, looked_for),
                _is_like(connection, sentences, looked_for, "%"),
            )
        ),
        _TURNS.c.id,
        depth.turn_id,
        pace,
    )
    messages, message_id = _candidates(
        connection,
        select(*_OF_MESSAGE).where(
            or_(
                _is_like(connection, _MESSAGES.c.body, looked_for),
                _is_like(connection, files, looked_for, "%"),
            )
        ),
        _MESSAGES.c.id,
        depth.message_id,
        pace,
    )
    texts = [(row, [row.heard, "".join(row.sentences)]) for row in turns]
    texts += [(row, [row.body, *(file.get("words") or "" for file in row.attachments)]) for row in messages]
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


_PERSON = ("id", "name", "address", "simulated", "wrote_at", "created_at")
_OF_TURN = tuple(_TURNS.c[name] for name in ("id", "conversation_id", "created_at", "heard", "sentences"))
_OF_MESSAGE = tuple(
    _MESSAGES.c[name] for name in ("id", "conversation_id", "created_at", "body", "attachments")
)
