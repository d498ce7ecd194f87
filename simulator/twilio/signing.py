"""X-Twilio-Signature, as Twilio's "Webhooks Security" page describes it."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

Params = tuple[tuple[str, str], ...]
"""A form's fields in the order in which they are sent; a name may come more than once."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs webhooks with the account's auth token or, where an id is given, with a SharedKey's secret.

    keep_port: as messaging does over https; voice leaves the port out.
    """

    secret: str = field(repr=False)
    shared_key_id: str | None = None
    keep_port: bool = False

    def headers(self, url: str, params: Params) -> dict[str, str]:
        """Return the headers that prove where a webhook comes from. A GET's parameters are in its URL."""
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
    """Return the base64 HMAC over the URL and the sorted fields; equal fields count once."""
    signed = signed_url(url, keep_port=keep_port) + "".join(
        name + value for name, value in sorted(set(params))
    )
    mac = hmac.new(secret.encode(), signed.encode(), getattr(hashlib, digest))
    return base64.b64encode(mac.digest()).decode()


def signed_url(url: str, *, keep_port: bool = False) -> str:
    """Return the URL as Twilio signs it: no fragment, no user, and for https no port (voice drops it)."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None and not keep_port:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
