"""What the parts of the fake 360dialog pass each other: a request, a reply, Meta's error."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request as it came. body: its JSON, {} where there is none."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    """Bytes go out as they are, everything else as JSON."""
    headers: dict[str, str] = field(default_factory=dict)
    then: tuple[dict[str, Any], ...] = ()
    """What webhooks tell afterwards: the value of each."""


class MetaError(Exception):
    """A refusal in Meta's words. wrapped: under "detail", as 360dialog sometimes passes it on."""

    def __init__(
        self, code: int, title: str, details: str = "", *, status: int = 400, wrapped: bool = False
    ) -> None:
        super().__init__(title)
        self.code, self.title, self.details, self.status, self.wrapped = code, title, details, status, wrapped

    def reply(self) -> Reply:
        error = {
            "message": f"(#{self.code}) {self.title}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details or self.title},
            "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW",
        }
        return Reply(self.status, {"detail": {"error": error}} if self.wrapped else {"error": error})


def own_error(status: int, words: str) -> Reply:
    """A refusal of 360dialog's own, which has no code."""
    return Reply(
        status, {"meta": {"developer_message": words, "http_code": status, "success": False}, "error": words}
    )


def digits(number: str) -> str:
    return number.lstrip("+")
