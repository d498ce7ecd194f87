"""Finds which error in a profile's file to correct first, and its line."""

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from conversation.profiles.errors import FileProblem, KeyProblem, ProfileError, ValueProblem
from conversation.profiles.schema import CampaignsTable, FaqTable, PhrasesTable, ProfileFile, Table

_Loc: TypeAlias = tuple[int | str, ...]
"""The location of a value, as pydantic reports it: keys, and indices from 0 in lists."""


def syntax_error(shown: str, text: str, error: tomllib.TOMLDecodeError) -> ProfileError:
    """Return the error for a text that is not TOML. shown: the file's path, as it is shown."""
    line = re.search(r"\(at line (\d+)", str(error))
    # "At end of document" is of no use: what was left open began where the last statement did.
    number = int(line[1]) if line else [start for start, _ in _statements(text)][-1]
    return ProfileError(shown, FileProblem.NOT_TOML, line=number)


def first_error(shown: str, text: str, error: ValidationError) -> ProfileError:
    """Return the first error to correct in valid TOML. shown: the file's path, as it is shown."""
    places = _places(text)

    def rank(details: ErrorDetails) -> tuple[bool, int]:
        # A misspelt key is also a missing one; the first is the one to be told of.
        return details["type"] != "extra_forbidden", _line(details["loc"], places)

    first = min(error.errors(include_url=False), key=rank)
    problem, values = _problem(first)
    return ProfileError(shown, problem, line=_line(first["loc"], places), **values)


def _line(loc: _Loc, places: dict[_Loc, int]) -> int:
    """Return the line of a key, or of the table that lacks it."""
    return next((places[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in places), 1)


def _problem(details: ErrorDetails) -> tuple[str, dict[str, Any]]:
    """Return what is wrong, and what the sentence for it fills in."""
    loc, problem = details["loc"], details["type"]
    *table, key = [part for part in loc if isinstance(part, str)] or [""]
    if problem == "extra_forbidden":
        return _unknown(key, table)
    if problem == "list_type" and isinstance(details["input"], dict):
        problem = ValueProblem.SINGLE_BRACKETS
    is_entry = bool(loc) and isinstance(loc[-1], int)
    return problem, {"key": key, "is_entry": is_entry, **details.get("ctx", {})}


_TABLES: dict[str, type[Table]] = {
    "": ProfileFile,
    "campaigns": CampaignsTable,
    "faq": FaqTable,
    "phrases": PhrasesTable,
}
_SINGLE_TABLES = ("campaigns", "phrases")


def _unknown(key: str, table: list[str]) -> tuple[KeyProblem, dict[str, Any]]:
    own = _TABLES[table[0] if table else ""].model_fields
    if near := get_close_matches(key, own, 1):
        return KeyProblem.MISSPELT, {"key": key, "near": near[0]}
    if table and key in ProfileFile.model_fields:
        return KeyProblem.UNDER_A_TABLE, {"key": key, "table": table[0]}
    if not table and (own_table := next((t for t in _SINGLE_TABLES if key in _TABLES[t].model_fields), None)):
        return KeyProblem.ABOVE_ITS_TABLE, {"key": key, "table": own_table}
    return KeyProblem.UNKNOWN, {"key": key, "known": ", ".join(own)}


def _places(text: str) -> dict[_Loc, int]:
    """Return the line of each key, table and list entry, which tomllib does not report."""
    places: dict[_Loc, int] = {}
    base: _Loc = ()
    entries: dict[_Loc, int] = {}
    for start, statement in _statements(text):
        if statement.lstrip().startswith("["):
            base = _header(_parsed(statement) or {}, entries)
            places.update({base[:n]: start for n in range(len(base), 0, -1) if base[:n] not in places})
            continue
        for number, path in _paths_by_line(statement, start):
            places.setdefault(base + path, number)
    return places


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with its first line: the fewest lines that parse as TOML by themselves."""
    start, pending = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        pending += line + "\n"
        if _parsed(pending) is not None:
            yield start, pending
            start, pending = number + 1, ""
    if pending:
        yield start, pending


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _header(parsed: Any, entries: dict[_Loc, int]) -> _Loc:
    """Return the location of a [table] or [[table]], and count the [[table]] in `entries`."""
    path: _Loc = ()
    while parsed:
        key, parsed = next(iter(parsed.items()))
        path = (*path, key)
        if isinstance(parsed, list):
            entries[path] = entries.get(path, -1) + 1
            parsed = parsed[0]
        if path in entries:
            path = (*path, entries[path])
    return path


def _paths_by_line(statement: str, start: int) -> Iterator[tuple[int, _Loc]]:
    lines = statement.rstrip("\n").split("\n")
    for n in range(len(lines)):
        # A list that goes over lines is closed after each, to see which entry begins there.
        for path in _paths(_parsed("\n".join(lines[: n + 1]) + "\n]") or {}):
            yield start + n, path
    for path in _paths(_parsed(statement) or {}):
        yield start, path


def _paths(value: Any) -> Iterator[_Loc]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (key,)
        yield from ((key, *path) for path in _paths(child))
