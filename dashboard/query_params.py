"""Parses query parameters into plain values; invalid ones are ignored."""

from datetime import date, datetime

from flask import request

from storage.reports.conversations import PagePosition

LARGEST_ID = 2**31 - 1
"""The largest id that PostgreSQL accepts."""
ID = f"int(max={LARGEST_ID})"
"""The id of a row, in a route."""


def whole(name: str) -> int | None:
    """Return a number such as a row's id."""
    return row_id(request.args.get(name, ""))


def row_id(text: str) -> int | None:
    """Return a row's id from its digits."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else None
    return number if number is not None and number <= LARGEST_ID else None


def day(name: str) -> date | None:
    """Return a day between 2000 and 2199."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def position(name: str) -> PagePosition | None:
    """Return the first position of a page in a list of conversations, as encoded by `position_text`."""
    at, _, id_ = request.args.get(name, "").rpartition("_")
    try:
        found = PagePosition(datetime.fromisoformat(at), int(id_))
    except ValueError:
        return None
    return found if found.at.tzinfo is not None and 0 <= found.id <= LARGEST_ID else None


def position_text(found: PagePosition) -> str:
    """Return a position as a query parameter."""
    return f"{found.at.isoformat()}_{found.id}"
