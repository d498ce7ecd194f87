"""Reads JSON bodies, and turns a blueprint's errors into JSON objects with a `detail`."""

import json
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

log = structlog.get_logger()


def refusal(status: int, detail: str) -> Response:
    """Return a refusal."""
    response = jsonify(detail=detail)
    response.status_code = status
    return response


def read_body(largest: int) -> bytes:
    """Return the request's body. Raises RequestEntityTooLarge.

    Of a body in chunks werkzeug gives the beginning, as if that were all: so one byte more is asked for.
    """
    request.max_content_length = largest + 1
    body = request.get_data()
    if len(body) > largest:
        raise RequestEntityTooLarge
    return body


def read_json(body: bytes) -> Any:
    """Return the decoded body. Raises BadRequest if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


def refuse_in_json(blueprint: Blueprint, *, largest: int, not_kept: tuple[str, str]) -> None:
    """Turn a blueprint's errors into JSON refusals.

    largest: bytes of a body. not_kept: the log event for a failed database, and the detail for the sender.
    """
    event, detail = not_kept

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        if error.code == 413:
            return refusal(413, f"The body is larger than {largest} bytes.")
        return refusal(error.code or 500, error.description or error.name)

    @blueprint.errorhandler(SQLAlchemyError)
    def failed(error: SQLAlchemyError) -> Response:
        log.error(event, error=type(error).__name__)
        return refusal(503, detail)
