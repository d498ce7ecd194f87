"""What the parts of the fake Twilio pass each other: a request, a reply, an error, a route."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


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


def paging(path: str, size: int, found: int) -> dict[str, Any]:
    first = f"{path}?PageSize={size}&Page=0"
    return {
        "page": 0,
        "page_size": size,
        "start": 0,
        "end": max(found - 1, 0),
        "uri": first,
        "first_page_uri": first,
        "next_page_uri": None,
        "previous_page_uri": None,
    }
