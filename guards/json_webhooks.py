"""What webhooks and APIs that speak JSON share: the body read, and every refusal a JSON object with its `detail`."""

import json
from typing import Any

import structlog
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException

log = structlog.get_logger()


def refusal(status: int, detail: str) -> Response:
    """Return a refusal."""
    response = jsonify(detail=detail)
    response.status_code = status
    return response


def read_json(body: bytes) -> Any:
    """Return what a body holds. Raises BadRequest where that is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


def refuse_in_json(blueprint: Blueprint, *, largest: int, not_kept: tuple[str, str]) -> None:
    """Let a blueprint's errors be refusals.

    largest: bytes of a body. not_kept: what the log says where the database fails, and what the sender is told.
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
