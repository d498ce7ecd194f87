"""Route of ElevenLabs' post-call webhooks, which are signed.

Follows https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from guards.json_webhooks import read_body, read_json_or_none, refusal, refuse_in_json
from integrations.elevenlabs.webhooks import read_post_call, verify
from people.elevenlabs.post_calls import PostCalls
from storage.base import utc_now
from web.services import Service

log = structlog.get_logger()

PATH = "/webhook/elevenlabs"
SIGNATURE_HEADER = "ElevenLabs-Signature"
LARGEST_BODY = 4 * 1024 * 1024
"""The transcript of an hour is about a tenth of this; sound does not fit, and is not wanted."""
MOST_THROWN_AWAY = 64 * 1024 * 1024

bp = Blueprint("elevenlabs", __name__)
postcalls = Service[PostCalls]("people.postcalls")


class ElevenLabsGuard:
    """Refuses requests not signed by ElevenLabs in the last 30 minutes, with 401. secret None: 404, this is off."""

    def __init__(self, secret: str | None, clock: Callable[[], datetime] = utc_now) -> None:
        self._secret, self._clock = secret, clock

    def __call__(self) -> Response | None:
        """Return None to let the request through, as `before_request` wants it."""
        if not self._secret:
            return refusal(404, "Not configured. Set ELEVENLABS_WEBHOOK_SECRET.")
        header = request.headers.get(SIGNATURE_HEADER, "")
        if header:
            try:
                body = read_body(LARGEST_BODY)
            except RequestEntityTooLarge:
                return _pass_over()
            if verify(self._secret, header, body, self._clock()):
                return None
        log.warning("webhook_refused", path=request.path, signed=bool(header))
        return refusal(401, f"{SIGNATURE_HEADER} is missing, wrong or older than 30 minutes.")


def _pass_over() -> Response:
    """Take a body that is too large, and throw it away: nothing but sound is, and a refusal would count against us."""
    stream = get_input_stream(request.environ, max_content_length=MOST_THROWN_AWAY)
    with suppress(HTTPException):
        while stream.read(64 * 1024):
            pass
    log.info("postcall_passed_over", type="larger than any transcript")
    return jsonify({})


@bp.post(PATH)
def post_call() -> Response:
    """Keep a call held by ElevenLabs' agent."""
    call = read_post_call(read_json_or_none(request.get_data()))
    if call is None:
        log.info("postcall_passed_over", type=None)  # of another kind: a refusal would switch the webhook off
    else:
        postcalls().keep(call)
    return jsonify({})


refuse_in_json(
    bp,
    largest=LARGEST_BODY,
    not_kept=("postcall_not_kept", "The call could not be kept. Send it again."),
)
