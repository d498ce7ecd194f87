"""The lines of a table, and the values in their cells."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol, TypeAlias

from conversation.speech.regional import WrittenForms

Cell: TypeAlias = str | float | date | time
"""A value: a text without spaces around, a number that is not whole, or a moment. A datetime is a date."""
Progress: TypeAlias = Callable[[int, float], None]
"""Is told of the lines that were read and of the part of the file that they are, from 0 to 1."""

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
"""Controls, marks of direction, spaces without width; not what joins emoji."""
MOST_LINES = 100_000
"""A table's lines that are not empty, below its header."""
MOST_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty. number: where it begins, from 1. unread_to: its last line, if it cannot be read."""

    number: int
    cells: list[Cell]
    unread_to: int = 0


class NamedTexts(Mapping[str, str]):
    """Texts by name, without those that are empty. Many have the same names, which are kept once for all of them."""

    __slots__ = ("_names", "_texts")

    def __init__(self, names: tuple[str, ...], texts: tuple[str, ...]) -> None:
        self._names, self._texts = names, texts

    def __getitem__(self, name: str) -> str:
        """Return the text of a name. Raises KeyError if there is none."""
        text = self._texts[self._names.index(name)] if name in self._names else ""
        if not text:
            raise KeyError(name)
        return text

    def __iter__(self) -> Iterator[str]:
        return (name for name, text in zip(self._names, self._texts, strict=True) if text)

    def __len__(self) -> int:
        return sum(map(bool, self._texts))


class Source(Protocol):
    """A file from which lines can be read, as often as wanted."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty. Raises FileError."""

    def share_read(self) -> float:
        """Return which part of the file the latest lines() has read, from 0 to 1."""


def cleaned(text: str) -> str:
    """Return a text without spaces around and without the invisible characters that programs leave in."""
    return text.strip() if text.isprintable() else _INVISIBLE.sub("", text).strip()


def written(cell: Cell) -> str:
    """Return a cell as data: dates and times in ISO 8601 with a space, numbers with a decimal point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return format(Decimal(repr(cell)), "f")


def shown(cell: Cell, forms: WrittenForms) -> str:
    """Return a cell as it is written to a customer: 3/12/2026 17:30 and 45,50 in Spanish."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return f"{forms.date(cell)} {cell:%H:%M}"
    if isinstance(cell, date):
        return forms.date(cell)
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return written(cell).replace(".", forms.decimal)
