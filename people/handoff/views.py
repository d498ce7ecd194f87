"""Routes of the API for handoffs, and its OpenAPI document."""

from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from guards.api_key import ApiKeyGuard
from guards.client_address import address_of
from guards.json_webhooks import read_body
from guards.rate_limits import RateLimit, RateLimits, Window
from integrations.elevenlabs.handoff_request import InvalidRequest, read_handoff
from integrations.elevenlabs.openapi import PATH, openapi
from people.handoff.api import HandoffApi
from web.services import Service

log = structlog.get_logger()

DOCUMENT = "/api/openapi.json"
MOST_BYTES = 64 * 1024
LIMIT = RateLimit("handoffs-address", 30, Window.MINUTE)
"""For one client address."""
TOTAL_LIMIT = RateLimit("handoffs", 600, Window.HOUR)
"""For all that have the key."""
EVERYBODY = "everybody"


@dataclass(frozen=True)
class Publication:
    """The installation as its document describes it. public_url: None: the URL that was asked is the API's own."""

    public_url: str | None
    needs_key: bool


bp = Blueprint("people", __name__)
api = Service[HandoffApi]("people.handoff_api")
publication = Service[Publication]("people.handoff_publication")
rate_limits = Service[RateLimits]("people.handoff_rate_limits")


class HandoffGuard:
    """Refuses handoffs without the key, as ApiKeyGuard does; the document is open."""

    def __init__(self, key: str | None, *, is_public: bool) -> None:
        self._check_key = ApiKeyGuard(key, setting="HANDOFF_API_KEY", is_public=is_public)

    def __call__(self) -> tuple[Response, int] | None:
        """Return None to let the request through, as `before_request` wants it."""
        return None if request.path == DOCUMENT else self._check_key()


@bp.before_request
def limit_requests() -> tuple[Response, int] | None:
    """Limit handoffs by the caller's address, and in all. What the guard has refused is not counted.

    While the database cannot be written, nothing is limited, and nothing can be handed over.
    """
    if request.method != "POST":
        return None
    try:
        counted = rate_limits().count([(LIMIT, address_of(request)), (TOTAL_LIMIT, EVERYBODY)])
    except SQLAlchemyError as error:
        log.error("handoff_not_counted", error=type(error).__name__)
        return None
    g.rate_limit_headers = counted.headers
    if not counted.is_refused:
        return None
    return jsonify(detail=f"Too many requests: {counted.limit} at most."), 429


@bp.after_request
def tell_limit(response: Response) -> Response:
    """Tell the client how many more requests it may send."""
    response.headers.update(g.get("rate_limit_headers", {}))
    return response


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


@bp.errorhandler(SQLAlchemyError)
def not_kept(error: SQLAlchemyError) -> tuple[Response, int]:
    """Have a handoff that could not be kept asked for again."""
    log.error("handoff_not_kept", error=type(error).__name__)
    return jsonify(detail="The handoff could not be kept. Ask again."), 503


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> tuple[Response, int]:
    """Refuse in JSON."""
    return jsonify(detail=error.description or error.name), error.code or 500
