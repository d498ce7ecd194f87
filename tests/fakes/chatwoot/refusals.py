"""The answers of Chatwoot that say no."""

from typing import Any


class Refusal(Exception):
    """An answer that says no. body: JSON, or a page's text."""

    def __init__(self, status: int, body: Any = None) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def not_found() -> Refusal:
    """RecordNotFound in the public API, which has no handler for it: Rails' own answer."""
    return Refusal(404, {"status": 404, "error": "Not Found"})


def broken() -> Refusal:
    return Refusal(500, {"status": 500, "error": "Internal Server Error"})


class Invalid(Exception):
    """RecordInvalid: each API says it in its own way."""

    def __init__(self, message: str, attribute: str) -> None:
        super().__init__(message)
        self.message, self.attribute = message, attribute
