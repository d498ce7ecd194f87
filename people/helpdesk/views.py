"""Route of Chatwoot's webhooks, which are signed. Answered at once: Chatwoot waits 5 s, and sends only once.

A message whose webhook is not taken is marked as failed in Chatwoot, so its writer sees it.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from flask import Blueprint, Response, jsonify, request

from guards.json_webhooks import read_body, read_json, refusal, refuse_in_json
from integrations.chatwoot.webhooks import is_signed, read_event, verify
from people.helpdesk.takeover import Takeover
from storage.base import utc_now
from web.services import Service

log = structlog.get_logger()

PATH = "/webhook/chatwoot"
LARGEST_BODY = 2 * 1024 * 1024
"""A message of Chatwoot's longest, with every character escaped, and the newest message beside it."""

bp = Blueprint("chatwoot", __name__)
takeover = Service[Takeover]("helpdesk.takeover")


class ChatwootGuard:
    """Refuses requests not signed by Chatwoot in the last five minutes, with 401. secret None: 403, this is off."""

    def __init__(self, secret: str | None, clock: Callable[[], datetime] = utc_now) -> None:
        self._secret, self._clock = secret, clock

    def __call__(self) -> Response | None:
        """Return None to let the request through, as `before_request` wants it."""
        if not self._secret:
            return refusal(403, "Not configured. Set CHATWOOT_ENABLED and CHATWOOT_WEBHOOK_SECRET.")
        headers = dict(request.headers)
        signed = is_signed(headers)
        if signed and verify(self._secret, headers, read_body(LARGEST_BODY), self._clock()):
            return None
        log.warning("webhook_refused", path=request.path, signed=signed)
        return refusal(401, "The signature is missing, wrong or older than 5 minutes.")


@bp.post(PATH)
def happened() -> Response:
    """Do as an operator did in Chatwoot. What is no JSON is refused: its writer then sees that it failed."""
    event = read_event(read_json(request.get_data()))
    if event is not None:
        takeover().take(event)
    return jsonify({})


refuse_in_json(
    bp,
    largest=LARGEST_BODY,
    not_kept=("chatwoot_event_not_kept", "It could not be kept. Send it again."),
)
