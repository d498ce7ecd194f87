"""Compares the webhooks of a number at Twilio with those of this server.

What follows a URL's # are Twilio's connection overrides, such as how a request is repeated and by which edge it comes:
they are no part of the address.
"""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from integrations.twilio.setup import Webhook

TWILIOS_EXAMPLES = frozenset({"demo.twilio.com"})
"""Hosts of the webhook that a new number has."""
TWIML_BINS = frozenset({"handler.twilio.com"})
"""Hosts of documents that Twilio keeps: they answer while this server is down."""


@dataclass(frozen=True, slots=True)
class NumberWebhooks:
    """The three webhooks of a number."""

    voice: Webhook
    fallback: Webhook
    status: Webhook

    @classmethod
    def at(cls, public_url: str, overrides: str) -> "NumberWebhooks":
        """Return this server's. public_url: without a slash at the end. overrides: with their #."""
        paths = ("/voice", "/voice/fallback", "/status")
        return cls(*(posted_to(f"{public_url}{path}{overrides}") for path in paths))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A webhook as it stands, and ours. may_be_bin: a TwiML Bin in its place is as right."""

    stands: Webhook
    ours: Webhook
    may_be_bin: bool = False

    @property
    def is_unset(self) -> bool:
        """Return whether there is none, or Twilio's own example."""
        return not self.stands.url or _parts(self.stands.url).hostname in TWILIOS_EXAMPLES

    @property
    def is_bin(self) -> bool:
        """Return whether it is a TwiML Bin."""
        return _parts(self.stands.url).hostname in TWIML_BINS

    @property
    def is_ours(self) -> bool:
        """Return whether requests come to where this server answers them."""
        return _address(self.stands.url) == _address(self.ours.url)

    @property
    def is_foreign(self) -> bool:
        """Return whether it is somebody else's."""
        return not self.is_unset and _address(self.stands.url)[:2] != _address(self.ours.url)[:2]

    @property
    def is_repeated(self) -> bool:
        """Return whether it says how to repeat a request."""
        return set(_overrides(self.ours.url)) <= set(_overrides(self.stands.url))

    @property
    def is_right(self) -> bool:
        """Return whether there is nothing to change."""
        is_complete = self.is_ours and self.is_repeated and self.stands.method == self.ours.method
        return is_complete or (self.may_be_bin and self.is_bin)

    @property
    def wanted(self) -> Webhook:
        """Return what should stand: ours, with the edge and other overrides that were set for our address."""
        if self.is_right:
            return self.stands
        kept = _overrides(self.stands.url) if self.is_ours else {}
        overrides = kept | _overrides(self.ours.url)
        fragment = "&".join(f"{name}={value}" if value else name for name, value in overrides.items())
        return posted_to(_parts(self.ours.url)._replace(fragment=fragment).geturl())


def posted_to(url: str) -> Webhook:
    """Return a webhook as all of ours are."""
    return Webhook(url, "POST")


def shown(url: str) -> str:
    """Return a URL without the password in it."""
    parts = _parts(url)
    return (
        parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}").geturl()
        if "@" in parts.netloc
        else url
    )


def _address(url: str) -> tuple[str, ...]:
    """Return what a request's address consists of: scheme, host and port, path, query, name and password."""
    parts = _parts(url)
    host, default = (parts.hostname or ""), {"https": 443, "http": 80}.get(parts.scheme)
    try:
        port = parts.port or default
    except ValueError:
        port = None
    return parts.scheme, f"{host}:{port}", parts.path, parts.query, parts.netloc.rpartition("@")[0]


def _overrides(url: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in _parts(url).fragment.split("&") if pair)
    return {name: value for name, _, value in pairs}


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # people can write anything into the console
        return urlsplit("")
