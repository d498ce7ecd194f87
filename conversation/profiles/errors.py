"""Errors in a profile, as codes and values; `error_messages` has the sentences."""

from enum import StrEnum
from typing import Any

from pydantic_core import PydanticCustomError


class FileProblem(StrEnum):
    """An error of a file as a whole."""

    NO_FILE = "no_file"
    UNREADABLE = "unreadable"
    NOT_UTF8 = "not_utf8"
    NOT_TOML = "not_toml"


class KeyProblem(StrEnum):
    """An error of an unknown key."""

    MISSPELT = "misspelt"
    UNDER_A_TABLE = "under_a_table"
    ABOVE_ITS_TABLE = "above_its_table"
    UNKNOWN = "unknown"


class ValueProblem(StrEnum):
    """Errors of a key's value that pydantic does not check by type or length."""

    BRACE = "brace"
    COMMA = "comma"
    SINGLE_BRACKETS = "single_brackets"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    NO_DEFAULT_VOICE = "no_default_voice"
    SPEECH_MODEL = "speech_model"
    SPEECH_MODEL_LANGUAGE = "speech_model_language"
    NO_PHRASES = "no_phrases"
    TOO_MUCH = "too_much"
    QUIET = "quiet"
    HOLIDAY = "holiday"


class ProfileError(ValueError):
    """A profile cannot be used. `error_messages` says it to people.

    file: its path, as it is shown. line: where, from 1; None: the whole file. problem: one of the above, a VoiceProblem
    or pydantic's type of the error. values: what the sentence fills in.
    """

    def __init__(self, file: str, problem: str, *, line: int | None = None, **values: Any) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem, self.values = file, line, problem, values


def refused(problem: StrEnum, **values: Any) -> PydanticCustomError:
    """Return the error that a validator raises."""
    return PydanticCustomError(problem.value, problem.value, values)
