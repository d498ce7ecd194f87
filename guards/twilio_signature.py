"""Refuses requests that Twilio did not sign.

Source: https://www.twilio.com/docs/usage/security#validating-requests. The signed URL is the public one with
the path and the query exactly as sent: Flask's `request.url` decodes escapes, and behind a proxy it has the
wrong scheme, so the URL is built here from WEBHOOK_URL and the raw request line.
"""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

import structlog
from flask import Request, Response, request
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from werkzeug.exceptions import HTTPException

from guards.loopback import is_loopback

log = structlog.get_logger()

LONGEST_HOST = 253


class TwilioGuard:
    """Refuses requests signed neither by Twilio nor by this installation's simulator, with 403 and an empty body.

    tokens: the account's auth tokens; several during a rotation. With none, only the simulator is admitted.
    public_url: the base of the signed URLs; None: the request's own scheme and host.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        public_url: str | None,
        simulator_sid: str,
        simulator_token: Callable[[], str],
    ) -> None:
        self._validators = [RequestValidator(token) for token in tokens]
        self._public_url = public_url
        self._simulator_sid, self._simulator_token = simulator_sid, simulator_token

    def __call__(self) -> Response | None:
        """Return None to let the request through, as `before_request` wants it."""
        try:
            if self._is_signed(request):
                return None
        except HTTPException as error:  # a body that is too large, or breaks off
            log.warning("webhook_refused", path=request.path, status=error.code)
            return Response(status=error.code)
        log.warning("webhook_refused", path=request.path, **self._what_differs(request))
        return Response(status=403)

    def _what_differs(self, incoming: Request) -> dict[str, object]:
        """Return what the log says of a refusal: for a signature that does not fit, the hosts it may be made for."""
        if SIGNATURE_HEADER not in incoming.headers:
            return {"signed": False}
        ours = urlsplit(self._public_url or "").netloc.rpartition("@")[2] or None
        return {"signed": True, "webhook_url_host": ours, "request_host": incoming.host[:LONGEST_HOST]}

    def _is_signed(self, incoming: Request) -> bool:
        signature = incoming.headers.get(SIGNATURE_HEADER)
        if not signature:
            return False
        try:
            url = signed_url(incoming, self._public_url)
        except ValueError:  # a Host that is none
            return False
        params = _signed_params(incoming, url)
        if params is None:
            return False
        algorithm = get_signature_algorithm(incoming.headers.get(SIGNATURE_SETTINGS_HEADER))
        return any(
            validator.validate(url, params, signature, algorithm=algorithm)
            for validator in self._validators_for(incoming)
        )

    def _validators_for(self, incoming: Request) -> list[RequestValidator]:
        if incoming.values.get("AccountSid") != self._simulator_sid:
            return self._validators
        return [RequestValidator(self._simulator_token())] if is_loopback(incoming) else []


def signed_url(incoming: Request, public_url: str | None) -> str:
    """Return the URL as its sender wrote it: no user, no fragment, nothing decoded. Raises ValueError for no host."""
    raw = incoming.environ.get("RAW_URI") or incoming.environ.get("REQUEST_URI") or incoming.full_path
    path, _, query = str(raw).partition("?")
    if "://" in path:
        path = urlsplit(path).path
    base = public_url or f"{incoming.scheme}://{incoming.host}"
    parts = urlsplit(base)
    base = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return f"{base}{path}?{query}" if query else f"{base}{path}"


class _Form(dict[str, list[str]]):
    """A form as the validator reads it quickest: of a MultiDict it catches an error for each field."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def _signed_params(incoming: Request, url: str) -> object | None:
    """Return the parameters signed with the URL; None if the request cannot have been signed."""
    if incoming.method == "GET":
        return {}
    if incoming.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return _Form(incoming.form.to_dict(flat=False))
    if "bodySHA256" not in parse_qs(urlsplit(url).query):
        return None if incoming.get_data(cache=True) else {}
    return incoming.get_data(cache=True, as_text=True)
