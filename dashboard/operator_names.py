"""The name that an operator gives, kept in the session: the same password lets everybody in."""

import unicodedata

from flask import session

from integrations.plain_text import sendable

NAME = "name"
"""The session's key."""
MOST_NAME = 40
_ALSO = frozenset(" .,'’-·()&")


def clean_name(text: str) -> str:
    """Return a name without what could be taken for anything else by whoever shows it; "" if it has no letter."""
    kept = "".join(c if c in _ALSO or unicodedata.category(c)[0] in "LMN" else " " for c in sendable(text))
    name = " ".join(kept.split())[:MOST_NAME].strip()
    return name if any(map(str.isalpha, name)) else ""


def operator_name() -> str:
    """Return the name that this session's operator gave; "" without one."""
    return str(session.get(NAME, ""))


def remember_name(name: str) -> None:
    """Keep a clean name for as long as the session lasts."""
    session[NAME] = name
