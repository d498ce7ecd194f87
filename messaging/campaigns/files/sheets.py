"""Reads the cells of an XLSX file's sheet, and its table of strings, as their XML comes."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial

from messaging.campaigns.files.cells import MOST_COLUMNS, Cell, Line, cleaned
from messaging.campaigns.files.xml_parts import Attributes, local

EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - spreadsheets know no zones
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The formats of dates and times that every spreadsheet has (ECMA-376, 18.8.30)."""
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^]]*\]', re.IGNORECASE)
_WHOLE = 1e15
_REMEMBERED = 4096
"""Numbers whose meaning is kept: sheets repeat days, hours and prices."""
_MOST_PIECES = 1000
"""Of a cell's text, as expat tells of it: one for each run and each line. A cell has 32,767 characters at most."""


class Strings:
    """The table of strings, without what is only a reading aid (phonetic runs)."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._wanted = self._is_aid = False

    def start(self, name: str, _: Attributes) -> None:
        """Take the start of an element."""
        name = local(name)
        if name == "rPh":
            self._is_aid = True
        elif name == "t":
            self._wanted = not self._is_aid

    def end(self, name: str) -> None:
        """Take the end of an element."""
        name = local(name)
        if name == "t":
            self._wanted = False
        elif name == "rPh":
            self._is_aid = False
        elif name == "si":
            self.found.append(cleaned("".join(self._parts)))
            self._parts = []

    def text(self, text: str) -> None:
        """Take text."""
        if self._wanted:
            self._parts.append(text)


class Sheet:
    """The lines of a sheet. `lines` grows as the XML is taken; whoever reads it empties it."""

    def __init__(self, strings: Sequence[str], dates: Sequence[bool], epoch: datetime) -> None:
        self.lines: list[Line] = []
        self._strings = strings
        self._of_number = lru_cache(_REMEMBERED)(partial(_of_number, dates, epoch))
        self._number, self._column = 0, -1
        self._cells: list[Cell] = []
        self._kind, self._style = "n", "0"
        self._parts: list[str] = []
        self._wanted = self._is_aid = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        name = local(name)
        if name == "c":
            place = attributes.get("r")
            self._column = _column(place.rstrip("0123456789")) if place else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._parts = []
        elif name in ("v", "t"):
            self._wanted = not self._is_aid
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._column = [], -1
        elif name == "rPh":
            self._is_aid = True

    def end(self, name: str) -> None:
        """Take the end of an element."""
        name = local(name)
        if name in ("v", "t"):
            self._wanted = False
        elif name == "c":
            value = self._value("".join(self._parts)) if self._parts else ""
            if value != "":
                self._put(value)
        elif name == "row":
            if self._cells:
                self.lines.append(Line(self._number, self._cells))
        elif name == "rPh":
            self._is_aid = False

    def text(self, text: str) -> None:
        """Take text."""
        if self._wanted:
            self._parts.append(text)
            if len(self._parts) > _MOST_PIECES:
                raise ValueError(len(self._parts))

    def _put(self, value: Cell) -> None:
        column, cells = min(self._column, MOST_COLUMNS), self._cells  # a cell beyond is one too many
        if column == len(cells):
            cells.append(value)
            return
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = value

    def _value(self, text: str) -> Cell:
        if self._kind == "s":
            return self._strings[int(text)]
        if self._kind == "n":
            return self._of_number(text, self._style)
        if self._kind == "d":
            return _without_midnight(datetime.fromisoformat(text))
        if self._kind == "b":
            return "FALSE" if text.strip() == "0" else "TRUE"
        return "" if self._kind == "e" else cleaned(text)


_LATEST = (date.max - EPOCH_1904.date()).days


def _of_number(dates: Sequence[bool], epoch: datetime, text: str, style: str) -> Cell:
    """Return what a number means in a style of cells."""
    number, at = float(text), int(style)
    if not math.isfinite(number):
        return ""
    if at < len(dates) and dates[at] and 0 <= number < _LATEST:
        moment = epoch + timedelta(seconds=round(number * 86400))
        return moment.time() if number < 1 else _without_midnight(moment)
    return str(int(number)) if number.is_integer() and abs(number) < _WHOLE else number


def is_date_format(number: int, code: str | None) -> bool:
    """Return whether a format shows dates or times. code: its own, such as dd/mm/yyyy; None: one that is built in."""
    if code is None:
        return number in _DATES
    return re.search("[dmyhs]", _NO_LETTERS.sub("", code.partition(";")[0]), re.IGNORECASE) is not None


def _without_midnight(moment: datetime) -> date | time:
    return moment if moment.time() != time() else moment.date()


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """Return a column's number, from 0: 27 for "AB". Raises ValueError for what are no letters of a column."""
    if not re.fullmatch("[A-Z]{1,3}", letters):
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
