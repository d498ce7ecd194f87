"""Route of 360dialog's webhooks: messages and receipts.

It expects a 200 at once and repeats a webhook for days, so the answer never goes into the reply. Follows
https://docs.360dialog.com/docs/messaging-api/webhook; the token is a header that is configured with its
address.
"""

import structlog
from flask import Blueprint, Response, jsonify, request

from guards.api_key import has_key
from guards.json_webhooks import read_body, read_json_or_none, refusal, refuse_in_json
from integrations.dialog360.webhooks import read_webhook
from messaging.dialog360_requests import facts_of, incoming_of
from messaging.identity_changes import IdentityChanges
from messaging.receipts import Receipts
from messaging.views import inbox
from web.services import Service

log = structlog.get_logger()

PATH = "/webhook/360dialog"
TOKEN_HEADER = "X-Webhook-Token"  # noqa: S105  (a header's name)
LARGEST_BODY = 4 * 1024 * 1024
"""Meta sends up to 3 MB at once."""

bp = Blueprint("dialog360", __name__)
identity_changes = Service[IdentityChanges]("whatsapp.dialog360_identity_changes")
receipts = Service[Receipts]("whatsapp.dialog360_receipts")


class Dialog360Guard:
    """Refuses requests without the token, as `Authorization: Bearer` or in TOKEN_HEADER, with 401.

    token None: 404, this is off.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self) -> Response | None:
        """Return None to let the request through, as `before_request` wants it."""
        if not self._token:
            return refusal(404, "Not configured. Set D360_WEBHOOK_TOKEN.")
        if has_key(request, self._token, TOKEN_HEADER):
            return None
        log.warning("webhook_refused", path=request.path)
        return refusal(401, "Wrong or missing token.")


@bp.post(PATH)
def receive() -> Response:
    """Take messages and receipts."""
    webhook = read_webhook(read_json_or_none(read_body(LARGEST_BODY)))
    identity_changes().keep(webhook.changes)
    inbox().take([incoming_of(message) for message in webhook.messages])
    for receipt in webhook.receipts:
        receipts().note(facts_of(receipt))
    if webhook.of_groups:
        log.info("messages_of_groups", types=sorted(set(webhook.of_groups)), count=len(webhook.of_groups))
    if webhook.without_sender:
        log.warning("messages_without_sender", count=webhook.without_sender)
    return jsonify({})


refuse_in_json(bp, largest=LARGEST_BODY, not_kept=("webhook_not_kept", "Not kept. Send it again."))
