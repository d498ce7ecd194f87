"""Routes of the API for handoffs, and its OpenAPI document."""

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, jsonify, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from guards.api_key import ApiKeyGuard
from integrations.elevenlabs.handoff_request import InvalidRequest, read_handoff
from integrations.elevenlabs.openapi import PATH, openapi
from people.handoff.api import HandoffApi

log = structlog.get_logger()

DOCUMENT = "/api/openapi.json"
MOST_BYTES = 64 * 1024
LIMIT = "30 per minute"


def handoff_blueprint(
    api: Callable[[], HandoffApi],
    guard: ApiKeyGuard,
    limiter: Limiter,
    *,
    public_url: str | None,
    needs_key: bool,
) -> Blueprint:
    """Return the API's routes: the handoff behind its key, and its document. api: asked for at each request."""
    blueprint = Blueprint("people", __name__)

    @blueprint.before_request
    def check() -> tuple[Response, int] | None:
        request.max_content_length = MOST_BYTES
        return None if request.path == DOCUMENT else guard()

    @blueprint.post(PATH)
    @limiter.limit(LIMIT)
    def hand_over() -> tuple[Response, int]:
        outcome = api().ask(read_handoff(request.get_data(cache=False)))
        return jsonify(outcome.body), outcome.status

    @blueprint.get(DOCUMENT)
    def document() -> Response:
        return jsonify(openapi(public_url or request.url_root, needs_key=needs_key))

    @blueprint.errorhandler(InvalidRequest)
    def invalid(error: InvalidRequest) -> tuple[Response, int]:
        return jsonify(detail=error.detail), 422

    @blueprint.errorhandler(RateLimitExceeded)
    def too_often(error: RateLimitExceeded) -> tuple[Response, int]:
        return jsonify(detail=f"Too many requests: {error.description} at most."), 429

    @blueprint.errorhandler(SQLAlchemyError)
    def not_kept(error: SQLAlchemyError) -> tuple[Response, int]:
        log.error("handoff_not_kept", error=type(error).__name__)
        return jsonify(detail="The handoff could not be kept. Ask again."), 503

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return jsonify(detail=error.description or error.name), error.code or 500

    return blueprint


def new_limiter() -> Limiter:
    """Return the API's rate limiter, counting by the caller's address within one process.

    It looks at every request of the application that it is joined to, which costs a webhook 0.05 ms of CPU.
    """
    return Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
