"""What the parts of the fake Twilio pass each other: a request, a reply, an error, a route."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Request:
    """A request as it came. form: name -> values, in their order. body: as it was sent."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, list[str]]
    headers: dict[str, str]
    user: str | None
    password: str | None
    body: str = ""

    def value(self, name: str) -> str | None:
        """The parameter's last value; an empty one counts as missing, as it does with Twilio."""
        return (self.form.get(name) or [""])[-1] or None


@dataclass(frozen=True)
class Reply:
    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A refusal in Twilio's words, with its code."""

    def __init__(self, status: int, code: int, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
            **extra,
        }

    def reply(self) -> Reply:
        return Reply(self.status, self.body)


@dataclass(frozen=True)
class Route:
    """pattern: a regular expression over the whole path; its named groups are arguments of `answer`."""

    method: str
    pattern: str
    answer: Callable[..., Reply]


def paged(request: Request, size: int, page: int, *, more: bool) -> dict[str, Any]:
    def uri(number: int) -> str:
        return f"{request.path}?{urlencode({**request.query, 'PageSize': size, 'Page': number})}"

    return {
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + size - 1,
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if more else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }


def day_of(at: float | None) -> str | None:
    """The day of a moment, in UTC, as lists are filtered by it."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
