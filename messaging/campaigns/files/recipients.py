"""Makes the recipients of a campaign out of a table's lines, and names what is wrong with each other line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from common.time_zones import zone_names
from conversation.speech.regional import written_forms
from messaging.campaigns.calendar.written_dates import DateError, DateProblem, read_moment
from messaging.campaigns.files.cells import Cell, Line, NamedTexts, Progress, shown, written
from messaging.campaigns.files.columns import number_column, zone_column
from messaging.campaigns.files.problems import FileError, FileProblem, LineProblem, Problem
from messaging.campaigns.files.tables import Header, Table
from messaging.campaigns.files.variables import LONGEST_VALUE, MissingValueError, Text
from phone_numbers import (
    MatchingNumber,
    ParsedNumber,
    PhoneNumberError,
    PhoneNumberProblem,
    ReachAddress,
    matching_number,
    parsed_typed,
    region_of,
)

_SHORTENED = re.compile(r"[-+]?\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
"""What spreadsheets write into a CSV file for a long number in a narrow column: its last digits are gone."""
_EXAMPLE = date(2026, 12, 31)
_REMEMBERED = 4096
"""Values that are kept once, however many lines have them: lists repeat days, hours and cities."""
_DECIMAL = re.compile(r"(\+?\d{7,})[.,](\d{1,2})")
"""A number that a program took for an amount: 600000001.0."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be written to or called, from one line.

    line: from 1. written: the number as it stands there. values: the other columns that are not empty, by name;
    dates in ISO 8601. variables: those of the template, filled. zone: the line's own time zone. moment: what they are
    reminded of; a date, or with its time a datetime, aware only where the line has an offset from UTC. cells: the
    whole line.
    """

    line: int
    written: str
    number: ReachAddress
    values: Mapping[str, str]
    variables: Mapping[str, str]
    zone: ZoneInfo | None
    moment: date | None = None
    cells: Sequence[Cell] = ()


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each line.

    language: BCP 47, of the profile: its region's numbers may lack their country code, and dates and numbers are
    read and filled in as they are written there. number, zone: the names of columns; None: they are found by their
    names. moment: the columns that have what people are reminded of. with_landlines: whether landlines are recipients
    too, as they are of calls.
    """

    language: str
    number: str | None = None
    zone: str | None = None
    variables: Mapping[str, Text] = field(default_factory=dict)
    moment: Text | None = None
    with_landlines: bool = False


def recipients(
    table: Table, wanted: Wanted, progress: Progress | None = None
) -> Iterator[Recipient | Problem]:
    """Return an iterator over the recipients and problems of a table's lines, in order.

    Raises FileError: at once for a column that is not there, and from the iterator where the file breaks off.
    """
    reader = _Reader(table, wanted)
    return (reader.read(line) for line in table.lines(progress))


class _Reader:
    """Reads one line after the other; knows the numbers of those before."""

    def __init__(self, table: Table, wanted: Wanted) -> None:
        self._wanted, self._region = wanted, region_of(wanted.language)
        self._forms = written_forms(wanted.language)
        self._names = table.names()
        self._number = _number_column(table, wanted.number)
        self._zone = _named(table, wanted.zone) if wanted.zone else zone_column(table.columns)
        self._columns = {
            column: column_of(table, name, column)
            for name, text in wanted.variables.items()
            for column in text.columns
        }
        columns = wanted.moment.columns if wanted.moment else ()
        self._moment = {column: _named(table, column) for column in columns}
        self._lines: dict[tuple[MatchingNumber, date | None, ZoneInfo | None], int] = {}
        self._once = lru_cache(_REMEMBERED)(str)
        self._others = tuple(at for at, name in enumerate(self._names) if name and at != self._number)
        self._other_names = tuple(self._names[at] for at in self._others)
        self._variable_names = tuple(wanted.variables)

    def read(self, line: Line) -> Recipient | Problem:
        try:
            return self._read(line)
        except _LineError as error:
            return Problem(line.number, error.problem, error.values)

    def _read(self, line: Line) -> Recipient:
        if line.unread_to:
            raise _LineError(LineProblem.QUOTES, last=line.unread_to)
        if len(line.cells) > len(self._names) and any(line.cells[len(self._names) :]):
            raise _LineError(LineProblem.TOO_MANY_CELLS, has=len(line.cells), columns=len(self._names))
        cell = self._cell(line, self._number)
        as_written = written(cell)
        if not isinstance(cell, str):  # a date, or a number that is not whole
            raise _LineError(LineProblem.IMPOSSIBLE_NUMBER, number=as_written)
        number, zone, moment = self._reached(as_written), self._zone_of(line), self._moment_of(line)
        alike = (
            matching_number(number),
            moment,
            zone if moment else None,
        )  # one number may have several dates
        if (first := self._lines.get(alike)) is not None:  # it is left out, whatever else is wrong with it
            raise _LineError(LineProblem.DUPLICATE, number=as_written, first=first)
        recipient = Recipient(
            line=line.number,
            written=as_written,
            number=number,
            values=self._values(line),
            variables=self._variables(line),
            zone=zone,
            moment=moment,
            cells=line.cells,
        )
        self._lines[alike] = line.number
        return recipient

    def _reached(self, as_written: str) -> ReachAddress:
        if not as_written:
            raise _LineError(LineProblem.NO_NUMBER)
        if _SHORTENED.fullmatch(as_written):
            raise _LineError(LineProblem.SHORTENED_NUMBER, number=as_written)
        try:
            number = _read_number(as_written, self._region)
        except PhoneNumberError as error:
            is_short_of_country = error.problem is PhoneNumberProblem.NO_COUNTRY_CODE and not self._region
            problem = LineProblem.NO_COUNTRY_CODE if is_short_of_country else LineProblem.IMPOSSIBLE_NUMBER
            raise _LineError(problem, number=as_written) from error
        if not self._wanted.with_landlines and number.is_landline:
            raise _LineError(LineProblem.LANDLINE, number=as_written)
        return number.e164

    def _values(self, line: Line) -> NamedTexts:
        cells, have = line.cells, len(line.cells)
        texts = (self._once(written(cells[at])) if at < have else "" for at in self._others)
        return NamedTexts(self._other_names, tuple(texts))

    def _variables(self, line: Line) -> NamedTexts:
        texts = {name: shown(self._cell(line, at), self._forms) for name, at in self._columns.items()}
        return NamedTexts(
            self._variable_names, tuple(self._filled(name, texts) for name in self._variable_names)
        )

    def _filled(self, name: str, texts: Mapping[str, str]) -> str:
        try:
            filled = self._wanted.variables[name].fill(texts)
        except MissingValueError as error:
            raise _LineError(LineProblem.MISSING_VALUE, variable=name, column=error.column) from error
        if len(filled) > LONGEST_VALUE:
            raise _LineError(LineProblem.LONG_VALUE, variable=name, length=len(filled), limit=LONGEST_VALUE)
        return self._once(filled)

    def _moment_of(self, line: Line) -> date | None:
        if self._wanted.moment is None:
            return None
        try:
            text = self._wanted.moment.fill(
                {column: written(self._cell(line, at)) for column, at in self._moment.items()}
            )
        except MissingValueError as error:
            raise _LineError(LineProblem.MISSING_DATE, column=error.column) from error
        try:
            return read_moment(text, is_day_first=self._forms.is_day_first)
        except DateError as error:
            if error.problem is DateProblem.UNCLEAR:
                raise _LineError(LineProblem.UNCLEAR_DATE, date=text) from error
            raise _LineError(LineProblem.NO_DATE, date=text, example=self._forms.date(_EXAMPLE)) from error

    def _zone_of(self, line: Line) -> ZoneInfo | None:
        name = "" if self._zone is None else written(self._cell(line, self._zone))
        if name and name not in zone_names():
            raise _LineError(LineProblem.UNKNOWN_ZONE, zone=name)
        return ZoneInfo(name) if name else None

    @staticmethod
    def _cell(line: Line, column: int) -> Cell:
        return line.cells[column] if column < len(line.cells) else ""


class _LineError(Exception):
    def __init__(self, problem: LineProblem, **values: object) -> None:
        super().__init__(problem)
        self.problem, self.values = problem, values


def _read_number(as_written: str, region: str | None) -> ParsedNumber:
    """Read a number; 00 before it means + in every country, as it does in most. Raises PhoneNumberError."""
    if decimal := _DECIMAL.fullmatch(as_written):
        if decimal[2].strip("0"):
            raise PhoneNumberError(PhoneNumberProblem.IMPOSSIBLE)
        as_written = decimal[1]
    try:
        return parsed_typed(as_written, region)
    except PhoneNumberError:
        digits = re.sub(r"^\D*00", "+", as_written)
        if digits == as_written:
            raise
        return parsed_typed(digits, region)


def _number_column(table: Table, name: str | None) -> int:
    """Return the column of the numbers. Raises FileError."""
    if name is not None:
        return _named(table, name)
    found = number_column(table.columns)
    if found is not None:
        return found
    if any(_is_number(column) for column in table.columns):
        raise FileError(table.name, FileProblem.NO_HEADER)
    raise FileError(table.name, FileProblem.NO_NUMBER_COLUMN, columns=table.listed())


def _is_number(name: str) -> bool:
    return len(re.sub(r"\D", "", name)) >= 7 and not re.search(r"[^\W\d_]", name.replace("whatsapp:", ""))


def _named(table: Table, name: str) -> int:
    found = table.column(name)
    if found is None:
        raise FileError(table.name, FileProblem.MISSING_COLUMN, column=name, columns=table.listed())
    return found


def column_of(table: Header, variable: str, column: str) -> int:
    """Return the column that a variable needs, from 0. Raises FileError."""
    found = table.column(column)
    if found is None:
        raise FileError(
            table.name,
            FileProblem.VARIABLE_WITHOUT_COLUMN,
            variable=variable, column=column, columns=table.listed(),
        )  # fmt: skip
    return found
