"""An account of Twilio's, and a number of it as it is set up there."""

from dataclasses import dataclass, field

from simulator.twilio.signing import Signer
from simulator.twilio.status_callbacks import StatusWishes
from simulator.twilio.urls import Addresses, origin


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials, with which webhooks are signed.

    shared_key_id: signs with auth_token as that SharedKey's secret, in SHA-256.
    """

    sid: str
    auth_token: str = field(repr=False)
    shared_key_id: str | None = None

    def signer(self, *, keep_port: bool = False) -> Signer:
        """Return what signs for the account. keep_port: as Signer takes it."""
        return Signer(self.auth_token, self.shared_key_id, keep_port)


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """The assistant's number. webhook, fallback_url: a path of the server, or a URL; a fragment overrides times.

    number: E.164. public_url: where Twilio would reach the server; webhooks are signed as going there (None: where
    it is reached). status: of calls; messages say it for themselves.
    """

    webhook: str
    fallback_url: str | None = None
    number: str = "+12025550100"
    public_url: str | None = None
    status: StatusWishes = field(default_factory=StatusWishes)

    def addresses(self, base_url: str) -> Addresses:
        """Return the server's addresses. base_url: where it is reached. What is set here by URL may be asked too."""
        base = base_url.rstrip("/")
        named = filter(None, (self.webhook, self.fallback_url, self.status.url))
        friends = frozenset(origin(url) for url in named if not url.startswith("/"))
        return Addresses(base, (self.public_url or base).rstrip("/"), friends)
