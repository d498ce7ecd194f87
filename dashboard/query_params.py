"""Parses query parameters into plain values; invalid ones are ignored."""

from datetime import date, datetime

from flask import request

from storage.reports.conversations import PagePosition

LARGEST_ID = 2**31 - 1
"""The largest id that Postgres accepts."""
ID = f"int(max={LARGEST_ID})"
"""The id of a row, in a route."""


def whole(name: str) -> int | None:
    """Return a number such as a row's id."""
    return row_id(request.args.get(name, ""))


def row_id(text: str) -> int | None:
    """Return the number that a text is."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else None
    return number if number is not None and number <= LARGEST_ID else None


def day(name: str) -> date | None:
    """Return a day of this time."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def place(name: str) -> PagePosition | None:
    """Return where in a list of conversations a page begins, as `written` gave it."""
    at, _, id_ = request.args.get(name, "").rpartition("_")
    try:
        found = PagePosition(datetime.fromisoformat(at), int(id_))
    except ValueError:
        return None
    return found if found.at.tzinfo is not None and 0 <= found.id <= LARGEST_ID else None


def written(found: PagePosition) -> str:
    """Return a place for an address."""
    return f"{found.at.isoformat()}_{found.id}"
