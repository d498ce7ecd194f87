"""Posts events to the CRM's webhook as signed JSON."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.errors import IntegrationError
from integrations.http.json_client import TOO_LARGE, JsonHttp
from translations import lazy_gettext as _

__all__ = ["CrmWebhook", "signature"]


class CrmWebhook:
    """A CRM's webhook. Thread-safe.

    url: the final URL, as redirects are not followed; a name and password in it go as Basic authorization.
    secret: signs each request; None sends no signature.
    total_s: seconds for a whole request.
    Raises ValueError for an invalid url.
    """

    def __init__(self, url: str, secret: str | None, *, total_s: float = 10) -> None:
        self._http = JsonHttp(url, name=_("the CRM"), total_s=total_s)
        self._secret = secret

    def post(self, event: Mapping[str, Any], *, key: str, now: datetime) -> None:
        """Post an event; return once the CRM has accepted it with any 2xx.

        event: the payload of one of integrations.crm.events.
        key: the event's idempotency key, the same in every attempt.
        Raises IntegrationError with JsonHttp's codes; for a redirect too, with its status.
        """
        body = json.dumps(event, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key}
        if self._secret:
            headers["X-Signature"] = signature(self._secret, body, now)
        status = self._posted(body, headers)
        if status >= 300:
            raise IntegrationError(
                _("{name} sends one on to another address (HTTP {status})").format(
                    name=_("the CRM"), status=status
                ),
                permanent=True,
                code=status,
                status=status,
            )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _posted(self, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            return self._http.request("POST", "", content=body, headers=headers).status
        except IntegrationError as error:
            if error.code == TOO_LARGE and error.status is not None:
                return error.status  # the rest of the reply is not read
            raise


def signature(secret: str, raw_body: bytes, now: datetime) -> str:
    """Return `t=<unix seconds>,v1=<hex>`, the HMAC-SHA256 of the seconds, a dot and the raw body.

    The receiver takes t and the raw body, computes the same, compares in constant time, and refuses a t more than some
    minutes old.
    """
    seconds = int(now.timestamp())
    signed = f"{seconds}.".encode() + raw_body
    return f"t={seconds},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
