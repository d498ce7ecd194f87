"""What can be wrong with a file of recipients, as codes and values; `problem_messages` has the sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FileProblem(StrEnum):
    """An error of a file as a whole: it has no recipients that can be read."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NO_TABLE = "no_table"
    OLD_EXCEL = "old_excel"
    BROKEN = "broken"
    TOO_MANY_LINES = "too_many_lines"
    TOO_MANY_COLUMNS = "too_many_columns"
    BAD_HEADER = "bad_header"
    NO_HEADER = "no_header"
    NO_NUMBER_COLUMN = "no_number_column"
    MISSING_COLUMN = "missing_column"
    AMBIGUOUS_COLUMN = "ambiguous_column"
    VARIABLE_WITHOUT_COLUMN = "variable_without_column"


class FileError(ValueError):
    """A file cannot be used. `problem_messages` says it to people.

    file: its name, as it is shown. values: what the sentence fills in.
    """

    def __init__(self, file: str, problem: FileProblem, **values: object) -> None:
        super().__init__(f"{file}: {problem}")
        self.file, self.problem, self.values = file, problem, values


class LineProblem(StrEnum):
    """An error of one line, which gives no recipient; the others are read."""

    QUOTES = "quotes"
    TOO_MANY_CELLS = "too_many_cells"
    NO_NUMBER = "no_number"
    NO_COUNTRY_CODE = "no_country_code"
    IMPOSSIBLE_NUMBER = "impossible_number"
    SHORTENED_NUMBER = "shortened_number"
    DUPLICATE = "duplicate"
    LANDLINE = "landline"
    UNKNOWN_ZONE = "unknown_zone"
    MISSING_VALUE = "missing_value"
    MISSING_DATE = "missing_date"
    NO_DATE = "no_date"
    UNCLEAR_DATE = "unclear_date"
    LONG_VALUE = "long_value"


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that gives no recipient. line: from 1, as spreadsheets and editors count. values: fill the sentence."""

    line: int
    problem: LineProblem
    values: Mapping[str, object] = field(default_factory=dict)
