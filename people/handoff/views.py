"""Routes of the API for handoffs, and its OpenAPI document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, jsonify, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from guards.api_key import ApiKeyGuard
from guards.client_address import address_of
from guards.json_webhooks import read_body
from guards.rate_limit_storage import SCHEME
from integrations.elevenlabs.handoff_request import InvalidRequest, read_handoff
from integrations.elevenlabs.openapi import PATH, openapi
from people.handoff.api import HandoffApi
from storage.database import Database
from web.services import Service

log = structlog.get_logger()

DOCUMENT = "/api/openapi.json"
MOST_BYTES = 64 * 1024
LIMIT = "30 per minute"
"""For one client address."""
TOTAL_LIMIT = "600 per hour"
"""For all that have the key."""


@dataclass(frozen=True)
class Publication:
    """The installation as its document describes it. public_url: None: the URL that was asked is the API's own."""

    public_url: str | None
    needs_key: bool


bp = Blueprint("people", __name__)
api = Service[HandoffApi]("people.handoff_api")
publication = Service[Publication]("people.handoff_publication")


class HandoffGuard:
    """Refuses handoffs without the key, as ApiKeyGuard does; the document is open."""

    def __init__(self, key: str | None, *, is_public: bool) -> None:
        self._check_key = ApiKeyGuard(key, setting="HANDOFF_API_KEY", is_public=is_public)

    def __call__(self) -> tuple[Response, int] | None:
        """Return None to let the request through, as `before_request` wants it."""
        return None if request.path == DOCUMENT else self._check_key()


def limit_requests(app: Flask, database: Callable[[], Database]) -> None:
    """Limit handoffs by the caller's address, and in all. Call it after the guards: refusals are not counted.

    A limiter counts for the application that it was joined to last, so each application has its own; what it counts
    is in the database. It looks at every request, which costs a webhook 0.05 ms of CPU. While the database cannot be
    written, nothing is limited, and nothing can be handed over.
    """
    options: dict[str, Any] = {"database": database}
    limiter = Limiter(
        lambda: address_of(request),
        storage_uri=f"{SCHEME}://",
        storage_options=options,
        headers_enabled=True,
        swallow_errors=True,
    )
    limiter.limit(LIMIT, methods=["POST"])(bp)
    limiter.limit(TOTAL_LIMIT, key_func=lambda: "everybody", methods=["POST"])(bp)
    limiter.init_app(app)


@bp.post(PATH)
def hand_over() -> tuple[Response, int]:
    """Bring in a person."""
    outcome = api().ask(read_handoff(read_body(MOST_BYTES)))
    return jsonify(outcome.body), outcome.status


@bp.get(DOCUMENT)
def document() -> Response:
    """Describe the API."""
    published = publication()
    return jsonify(openapi(published.public_url or request.url_root, needs_key=published.needs_key))


@bp.errorhandler(InvalidRequest)
def invalid(error: InvalidRequest) -> tuple[Response, int]:
    """Name the faults of the body."""
    return jsonify(detail=error.detail), 422


@bp.errorhandler(RateLimitExceeded)
def too_often(error: RateLimitExceeded) -> tuple[Response, int]:
    """Say what the limit is."""
    return jsonify(detail=f"Too many requests: {error.description} at most."), 429


@bp.errorhandler(SQLAlchemyError)
def not_kept(error: SQLAlchemyError) -> tuple[Response, int]:
    """Have a handoff that could not be kept asked for again."""
    log.error("handoff_not_kept", error=type(error).__name__)
    return jsonify(detail="The handoff could not be kept. Ask again."), 503


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> tuple[Response, int]:
    """Refuse in JSON."""
    return jsonify(detail=error.description or error.name), error.code or 500
