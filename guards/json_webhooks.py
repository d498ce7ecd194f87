"""Reads JSON bodies, and turns a blueprint's errors into JSON objects with a `detail`."""

import json
import threading
from typing import Any

import structlog
from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, ServiceUnavailable

log = structlog.get_logger()

MOST_DIGITS = 1000
"""Of a whole number; Python converts no more than 4,300."""
SMALL = 256 * 1024
MOST_LARGE = 32 * 1024 * 1024
"""Bytes of the bodies above SMALL in all threads of a process together, some read before anything is checked."""
WAITS_S = 2.0
"""How long a large body, or one of unknown length, waits for others."""


def refusal(status: int, detail: str) -> Response:
    """Return a refusal."""
    response = jsonify(detail=detail)
    response.status_code = status
    return response


def read_body(largest: int) -> bytes:
    """Return the request's body. Raises RequestEntityTooLarge, and ServiceUnavailable if too many are large.

    Of a body in chunks werkzeug gives the beginning, as if that were all: so one byte more is asked for.
    """
    length = request.content_length
    if length is None:
        length = largest if "Transfer-Encoding" in request.headers else 0
    _reserve(min(length, largest))
    request.max_content_length = largest + 1
    body = request.get_data()
    if len(body) > largest:
        raise RequestEntityTooLarge
    return body


def _reserve(size: int) -> None:
    """Take a large body's share of MOST_LARGE until the end of the request. Raises ServiceUnavailable."""
    if size <= SMALL or "large_body" in g:
        return
    if not _large.take(size):
        log.warning("too_many_large_bodies")
        raise ServiceUnavailable("Too many large requests at once. Send it again.", retry_after=5)
    g.large_body = size


class _Budget:
    """Bytes that all threads share."""

    def __init__(self, most: int) -> None:
        self._left, self._changed = most, threading.Condition()

    def take(self, size: int) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: size <= self._left, WAITS_S):
                return False
            self._left -= size
            return True

    def give_back(self, size: int) -> None:
        with self._changed:
            self._left += size
            self._changed.notify_all()


_large = _Budget(MOST_LARGE)


def read_json(body: bytes) -> Any:
    """Return the decoded body. Raises BadRequest if it is not JSON.

    Bytes that are no UTF-8 become replacement characters, and whole numbers that no reader takes null: nobody's words
    are lost for what stands beside them.
    """
    try:
        return json.loads(body.decode(json.detect_encoding(body), "replace"), parse_int=_whole_number)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


def read_json_or_none(body: bytes) -> Any:
    """Return the decoded body of a webhook whose sender is known; None, and an error in the log, if it is not JSON.

    Sent again it would be the same, and a sender that is refused often enough sends nothing more.
    """
    try:
        return read_json(body)
    except BadRequest:
        log.error("webhook_not_json", path=request.path, bytes=len(body))
        return None


def _whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) <= MOST_DIGITS else None


def refuse_in_json(blueprint: Blueprint, *, largest: int, not_kept: tuple[str, str]) -> None:
    """Turn a blueprint's errors into JSON refusals.

    largest: bytes of a body. not_kept: the log event for a failed database, and the detail for the sender.
    """
    event, detail = not_kept

    @blueprint.teardown_request
    def release(_error: BaseException | None) -> None:
        _large.give_back(g.pop("large_body", 0))

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        if error.code == 413:
            return refusal(413, f"The body is larger than {largest} bytes.")
        return refusal(error.code or 500, error.description or error.name)

    @blueprint.errorhandler(SQLAlchemyError)
    def failed(error: SQLAlchemyError) -> Response:
        log.error(event, error=type(error).__name__)
        return refusal(503, detail)
