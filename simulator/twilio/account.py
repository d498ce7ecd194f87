"""Describes a simulated Twilio account and its number's configuration."""

from dataclasses import dataclass, field

from simulator.twilio.signing import Signer
from simulator.twilio.status_callbacks import StatusConfig
from simulator.twilio.urls import Addresses, origin


@dataclass(frozen=True, slots=True)
class Account:
    """An account's credentials.

    shared_key_id: the SharedKey whose secret auth_token is, for signatures in SHA-256; None: the account's token.
    """

    sid: str
    auth_token: str = field(repr=False)
    shared_key_id: str | None = None

    def signer(self, *, keep_port: bool = False) -> Signer:
        """Return the account's signer. keep_port: as in Signer."""
        return Signer(self.auth_token, self.shared_key_id, keep_port)


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """The configuration of the assistant's number.

    webhook, fallback_url: a path of the server or a URL; a fragment overrides timeouts. number: E.164.
    public_url: the server's public URL, used in signatures; None: the URL of the request. status: the status
    callbacks of calls; a message names its own.
    """

    webhook: str
    fallback_url: str | None = None
    number: str = "+12025550100"
    public_url: str | None = None
    status: StatusConfig = field(default_factory=StatusConfig)

    def addresses(self, base_url: str) -> Addresses:
        """Return the server's addresses, with the origins of the URLs set here. base_url: for requests from here."""
        base = base_url.rstrip("/")
        named = filter(None, (self.webhook, self.fallback_url, self.status.url))
        other_origins = frozenset(origin(url) for url in named if not url.startswith("/"))
        return Addresses(base, (self.public_url or base).rstrip("/"), other_origins)
