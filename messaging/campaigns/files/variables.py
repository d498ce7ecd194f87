"""The variables of a template: texts with columns in braces, such as `1=Hola, {nombre}`, filled from a line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_VARIABLES = 100
LONGEST_VALUE = 1600
"""Characters of a value (Twilio)."""
_NAME = re.compile(r"[A-Za-z0-9_]{1,16}")
_COLUMN = re.compile(r"\{([^{}]*)\}")


class VariableProblem(StrEnum):
    """An error in how a variable is written."""

    FORM = "variable_form"
    NAME = "variable_name"
    BRACE = "variable_brace"
    TWICE = "variable_twice"
    TOO_MANY = "too_many_variables"


class VariableError(ValueError):
    """A variable is written wrongly. `problem_messages` says it to people. written: the text as it was given."""

    def __init__(self, problem: VariableProblem, written: str, **values: object) -> None:
        super().__init__(problem.value)
        self.problem, self.written, self.values = problem, written, values


class MissingValueError(LookupError):
    """A column has no value in a line. column: its name as the text has it."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


@dataclass(frozen=True)
class Text:
    """A text with columns in it: what stands between them, one more than there are columns."""

    between: tuple[str, ...]
    columns: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with a line's values, in one line. Raises MissingValueError for one that is empty."""
        pieces = [self.between[0]]
        for column, after in zip(self.columns, self.between[1:], strict=True):
            value = values.get(column, "").strip()
            if not value:
                raise MissingValueError(column)
            pieces += [value, after]
        return " ".join("".join(pieces).split())  # Meta refuses lines, tabs and rows of spaces in a value


def parse_text(written: str) -> Text:
    """Return a text with columns in braces. Raises VariableError for a brace that holds none."""
    parts = _COLUMN.split(written)
    between, columns = tuple(parts[::2]), tuple(column.strip() for column in parts[1::2])
    if not all(columns) or any("{" in text or "}" in text for text in between):
        raise VariableError(VariableProblem.BRACE, written)
    return Text(between, columns)


def parse_variables(written: Sequence[str]) -> dict[str, Text]:
    """Return the texts of variables that are written `name=text`. Raises VariableError."""
    variables: dict[str, Text] = {}
    for each in written:
        name, equals, text = each.partition("=")
        name = name.strip()
        if not equals or not text.strip():
            raise VariableError(VariableProblem.FORM, each)
        if not _NAME.fullmatch(name):
            raise VariableError(VariableProblem.NAME, each)
        if name in variables:
            raise VariableError(VariableProblem.TWICE, each, name=name)
        try:
            variables[name] = parse_text(text)
        except VariableError as error:
            raise VariableError(error.problem, each) from error
    if len(variables) > MOST_VARIABLES:
        raise VariableError(VariableProblem.TOO_MANY, written[-1], limit=MOST_VARIABLES)
    return variables
