"""Explains the errors in a profile's file, one sentence and line number at a time."""

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from conversation.profiles.schema import FaqTable, PhrasesTable, ProfileFile, Table

_Loc: TypeAlias = tuple[int | str, ...]
"""The location of a value, as pydantic reports it: keys, and indices from 0 in lists."""


def syntax_problem(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Return the line and the sentence ("7: this is ...") for a text that is not TOML."""
    what, _, place = str(error).partition(" (at ")
    line = re.match(r"line (\d+)", place)
    # "At end of document" is of no use: what was left open began where the last statement did.
    number = int(line[1]) if line else [start for start, _ in _statements(text)][-1]
    return f"{number}: this is not TOML ({what}): check the quotes, brackets and = from this line on."


def problem(text: str, error: ValidationError) -> str:
    """Return the line and the sentence for the first error to correct in valid TOML."""
    places = _places(text)

    def rank(details: ErrorDetails) -> tuple[bool, int]:
        # A misspelt key is also a missing one; the first is the one to be told of.
        return details["type"] != "extra_forbidden", _line(details["loc"], places)

    first = min(error.errors(include_url=False), key=rank)
    return f"{_line(first['loc'], places)}: {_sentence(first)}."


def _line(loc: _Loc, places: dict[_Loc, int]) -> int:
    """Return the line of a key, or of the table that lacks it."""
    return next((places[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in places), 1)


def _sentence(details: ErrorDetails) -> str:
    loc = details["loc"]
    *table, key = [part for part in loc if isinstance(part, str)] or [""]
    if details["type"] == "extra_forbidden":
        return _unknown(key, table)
    if not key:
        return _what(details, key)
    return f'{"an entry of " if isinstance(loc[-1], int) else ""}"{key}" {_what(details, key)}'


def _what(details: ErrorDetails, key: str) -> str:
    if details["type"] == "list_type" and isinstance(details["input"], dict):
        return f"must be written with double brackets, [[{key}]]"
    if sentence := _SENTENCES.get(details["type"]):
        return sentence.format_map({"key": key, **details.get("ctx", {})})
    return details["msg"].removeprefix("Value error, ")


_SENTENCES = {
    "missing": "is missing: add a line with {key} =",
    "string_type": 'must be text in quotes, such as "text"',
    "list_type": 'must be a list, such as ["one", "two"]',
    "model_type": "must be a table, written [{key}] or [[{key}]] on a line of its own",
    "string_too_short": "is empty: write something there or remove it",
    "string_too_long": "is too long: {max_length} characters are the limit, so shorten it",
    "too_short": "has {actual_length} entries and needs {min_length}: add some",
    "too_long": "has {actual_length} entries: {max_length} are the limit, so remove some",
}
_TABLES: dict[str, type[Table]] = {"": ProfileFile, "faq": FaqTable, "phrases": PhrasesTable}


def _unknown(key: str, table: list[str]) -> str:
    own = _TABLES[table[0] if table else ""].model_fields
    if near := get_close_matches(key, own, 1):
        return f'"{key}" is not known here: write "{near[0]}" if that is what it means'
    if table and key in ProfileFile.model_fields:
        return f'"{key}" cannot stand under [{table[0]}]: move it above the first line that begins with ['
    if not table and key in PhrasesTable.model_fields:
        return f'"{key}" belongs further down, under a line [phrases]: move it there'
    return f'"{key}" is not known here: remove it, or use one of {", ".join(own)}'


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
