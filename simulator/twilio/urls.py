"""Resolves the URLs of webhooks, and their public URLs for the signature."""

from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx2

from simulator.twilio.errors import WebhookError
from translations import lazy_gettext as _

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """The server's URLs, without a trailing slash.

    base_url: for requests from this machine. public_url: for Twilio. other_origins: other permitted origins.
    """

    base_url: str
    public_url: str
    other_origins: frozenset[str] = frozenset()

    def absolute(self, reference: str, document_url: str) -> str:
        """Return the public URL, with its fragment, of a reference in TwiML or in a Location header.

        An empty reference means the document itself. Raises WebhookError 11100 for anything but an HTTP URL.
        """
        url = urljoin(document_url, reference.strip()) if reference.strip() else document_url
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            no_url = _("{reference!r} is not a URL that can be asked")
            raise WebhookError(11100, no_url.format(reference=reference), url)
        try:
            return self._public(str(httpx2.URL(url)))
        except httpx2.InvalidURL as error:
            no_url = _("{reference!r} is not a URL: {error}")
            raise WebhookError(11100, no_url.format(reference=reference, error=str(error)), url) from error

    def own(self, target: str) -> str:
        """Return the public URL of a path of this server ("/voice") or of a URL. Raises as `absolute` does."""
        return self.absolute(self.public_url + target if target.startswith("/") else target, self.public_url)

    def connect_to(self, url: str) -> str:
        """Return the URL for a request to a public URL, without its fragment.

        Raises WebhookError 11205 for other servers: simulated calls must not reach them.
        """
        bare = urldefrag(url).url
        if is_below(bare, self.public_url):
            return self.base_url + bare[len(self.public_url) :]
        if urlsplit(bare).hostname in LOOPBACK or origin(bare) in self.other_origins:
            return bare
        raise WebhookError(11205, _("the simulated phone only connects to this server"), url)

    def _public(self, url: str) -> str:
        return self.public_url + url[len(self.base_url) :] if is_below(url, self.base_url) else url


def is_below(url: str, base: str) -> bool:
    """Return True if a URL is the base or below it ("http://h:50001" is not below "http://h:5000")."""
    return url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?", "#")


def origin(url: str) -> str:
    """Return a URL's scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
