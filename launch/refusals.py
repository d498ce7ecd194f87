"""Refusals of what breaks the protocol: by its status, or in a body as the app reads it."""

import errno
from typing import Protocol

from gunicorn.http.errors import (  # type: ignore[import-untyped]  # ships no types
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)

_STATUSES = {
    ExpectationFailed: b"417 Expectation Failed",
    LimitRequestHeaders: b"431 Request Header Fields Too Large",
    LimitRequestLine: b"414 URI Too Long",
    UnsupportedTransferCoding: b"501 Not Implemented",
}
_OF_THE_APP = (InvalidResponseHeader, InvalidResponseHeaderName)


def refusal_of(error: BaseException) -> bytes | None:
    """Return the status and reason for a request that gunicorn cannot read; None for any other error."""
    if not isinstance(error, ParseException) or isinstance(error, _OF_THE_APP):
        return None
    return _STATUSES.get(type(error), b"400 Bad Request")


class Readable(Protocol):
    """A body of gunicorn's."""

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; none at the end."""


class BodyReader:
    """Reads a body, and raises OSError where it breaks the protocol, as for a client who leaves.

    Frameworks answer that with 400; gunicorn's own exceptions are unknown to them and end in a 500.
    """

    def __init__(self, reader: Readable) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; none at the end. Raises OSError."""
        try:
            return self._reader.read(size)
        except ParseException as error:
            raise ConnectionResetError(errno.ECONNRESET, type(error).__name__) from None
