"""Reads Chatwoot's JSON field by field, without failing on missing or malformed fields."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_MOST = 2**63  # what a database keeps as a number
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def inside(body: Any, *path: str) -> Mapping[str, Any]:
    """Return the object at the end of a path of names; an empty one where there is none."""
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def items(body: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """Return the objects of a list."""
    found = inside(body).get(name)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a text without what no database keeps; "" where there is none."""
    found = body.get(name)
    return sendable(found) if isinstance(found, str) else ""


def number(body: Mapping[str, Any], name: str) -> int | None:
    """Return an id or a size."""
    found = body.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found < _MOST else None


def flag(body: Mapping[str, Any], name: str) -> bool:
    """Return whether it is true, and nothing like true."""
    return body.get(name) is True


def moment(body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time, which Chatwoot writes as seconds in one place and as ISO 8601 in the other."""
    found = body.get(name)
    try:
        if isinstance(found, str):
            written = datetime.fromisoformat(found)
            return written.astimezone(UTC) if written.tzinfo else written.replace(tzinfo=UTC)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has, or no number
        return None
    return None


def sendable(content: str) -> str:
    """Return a text without the characters that Postgres, and so Chatwoot, fails at: with 500, and every time."""
    return _UNKEEPABLE.sub("", content)
