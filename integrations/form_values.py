"""Reads the answers of forms, whatever their shape, as one line of text."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from integrations.plain_text import received_line

MOST_VALUES = 40
MOST_LENGTH = 200
"""Characters of a value or of a field's name."""
_DEEPEST = 8
_TECHNICAL = frozenset({"flow_token", "type", "screen", "version"})


def form_values(written: Any) -> str:
    """Return "field: value, field: value" for JSON, read or not; "" for what holds no values. Never fails."""
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except (ValueError, RecursionError):
            return _line(written)
    return ", ".join(islice(_values("", written, 0), MOST_VALUES))


def _values(name: str, value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST or name in _TECHNICAL:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(_line(str(key)), inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(name, inner, depth + 1)
    elif words := _words(value):
        yield f"{name}: {words}" if name else words


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    try:
        return "" if value is None else _line(str(value))
    except ValueError:  # a whole number of thousands of digits
        return ""


def _line(text: str) -> str:
    return received_line(text)[:MOST_LENGTH]
