"""Signs webhooks with X-Twilio-Signature, as in Twilio's "Webhooks Security"."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

Params = tuple[tuple[str, str], ...]
"""A form's fields, in the order of sending; a name may appear more than once."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs webhooks with an account's auth token, or with the secret of a SharedKey.

    keep_port: keeps the port of an https URL, as Twilio's messaging does; Twilio's voice drops it.
    """

    secret: str = field(repr=False)
    shared_key_id: str | None = None
    keep_port: bool = False

    def headers(self, url: str, params: Params) -> dict[str, str]:
        """Return a webhook's signature headers. The parameters of a GET are in its URL."""
        if self.shared_key_id is None:
            return {"X-Twilio-Signature": signature(self.secret, url, params, keep_port=self.keep_port)}
        return {
            "X-Twilio-Signature": signature(self.secret, url, params, "sha256", keep_port=self.keep_port),
            "X-Twilio-Webhooks-Signature-Settings": f"key={self.shared_key_id},algorithm=HMAC_SHA256",
        }


def signature(
    secret: str,
    url: str,
    params: Iterable[tuple[str, str]],
    digest: str = "sha1",
    *,
    keep_port: bool = False,
) -> str:
    """Return the base64 HMAC of the URL and the sorted fields; equal fields count once."""
    signed = signed_url(url, keep_port=keep_port) + "".join(
        name + value for name, value in sorted(set(params))
    )
    mac = hmac.new(secret.encode(), signed.encode(), getattr(hashlib, digest))
    return base64.b64encode(mac.digest()).decode()


def signed_url(url: str, *, keep_port: bool = False) -> str:
    """Return the URL as Twilio signs it: no fragment, no user, and without keep_port no port of https."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None and not keep_port:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
