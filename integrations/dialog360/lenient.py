"""Reads values of an expected type and bounded size from untrusted JSON, without raising errors."""

import re
from typing import Any

from integrations.plain_text import received, received_line

# JSON can hold them, and no database takes them
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"\+?([1-9][0-9]{6,14})")
_WHOLE = re.compile(r"[0-9]{1,15}")


def text_of(value: Any, most: int) -> str:
    """Return a text with its line breaks; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return received(_SURROGATES.sub("\ufffd", value))[:most]


def line_of(value: Any, most: int) -> str:
    """Return a text as one line; empty for anything else."""
    return received_line(text_of(value, len(value) if isinstance(value, str) else 0))[:most]


def whole_of(value: Any) -> int | None:
    """Return a non-negative whole number, given as a number or in digits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    # str() refuses to write the digits of a huge integer
    written = value if isinstance(value, str) else str(value) if 0 <= value < 10**15 else ""
    return int(written) if _WHOLE.fullmatch(written) else None


def number_of(value: Any) -> str:
    """Return a phone number in E.164; empty for anything else."""
    written = value if isinstance(value, str) else str(whole_of(value) or "")
    found = _NUMBER.fullmatch(written)
    return f"+{found[1]}" if found else ""


def degrees_of(value: Any, most: float) -> float | None:
    """Return an angle between -most and most; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        return None
    return degrees if abs(degrees) <= most else None  # nan is not
