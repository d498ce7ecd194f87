"""Lists an account's messages in pages, newest first, as Twilio's REST API does."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from simulator.whatsapp.messages import Message, MessageBook

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000


def listing(book: MessageBook, path: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page for a query of To, From, DateSent (also with < and >), PageSize and Page."""
    size = max(1, min(_whole(query.get("PageSize"), PAGE_SIZE), MAX_PAGE_SIZE))
    page = _whole(query.get("Page"), 0)
    found = [message for message in reversed(list(book)) if _matches(message, query)]
    shown = found[page * size : (page + 1) * size]
    is_last = (page + 1) * size >= len(found)
    return {
        "messages": [message.as_json() for message in shown],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(shown) - 1),
        "uri": _uri(path, query, page),
        "first_page_uri": _uri(path, query, 0),
        "previous_page_uri": _uri(path, query, page - 1) if page else None,
        "next_page_uri": None if is_last else _uri(path, query, page + 1),
    }


def _matches(message: Message, query: Mapping[str, str]) -> bool:
    if message.to != query.get("To", message.to) or message.sender != query.get("From", message.sender):
        return False
    return all(
        _is_dated(message.sent_at, comparison, query[f"DateSent{comparison}"])
        for comparison in ("", "<", ">")
        if f"DateSent{comparison}" in query
    )


def _is_dated(sent_at: datetime | None, comparison: str, given: str) -> bool:
    """Return True if a date matches. An unsent message has no date, and matches nothing."""
    if sent_at is None:
        return False
    wanted = datetime.fromisoformat(given)
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    sent = sent_at.replace(microsecond=0)
    if comparison == "<":
        return sent <= wanted
    if comparison == ">":
        return sent >= wanted
    day = wanted.replace(hour=0, minute=0, second=0)
    return day <= sent < day + timedelta(days=1)


def _uri(path: str, query: Mapping[str, str], page: int) -> str:
    return f"{path}?{urlencode({**query, 'Page': str(page)})}"


def _whole(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else default
