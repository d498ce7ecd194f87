"""Downloads operators' attachments from the storage behind Chatwoot.

The links come in webhooks, so only their path is trusted: it is requested from the configured Chatwoot, and only if it
belongs to Active Storage. Chatwoot may redirect to its storage (a disk, S3, MinIO). The links are signed, so no token
is sent.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2

from integrations.errors import IntegrationError, is_permanent
from integrations.http.deadline_sockets import CancelScope
from integrations.http.deadline_transport import DeadlineTransport
from integrations.http.downloads import network_errors_of, read_capped

FOREIGN_LINK = "foreign_link"
REDIRECT_REFUSED = "redirect_refused"
FILE_TOO_LARGE = "file_too_large"

_CONNECT_S = 5.0
_CONNECTIONS = 4
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STORE = "/rails/active_storage/"


@dataclass(frozen=True, slots=True)
class File:
    """A downloaded file. content_type: in lower case, without parameters; "" if the storage sends none."""

    content: bytes
    content_type: str


class FileStore:
    """The files of one installation. Thread-safe. total_s: seconds for a whole download."""

    def __init__(self, base_url: str, *, total_s: float = 20) -> None:
        self._base_url = base_url
        self._total_s = total_s
        self._transport = DeadlineTransport(connections=_CONNECTIONS)

    def download(self, link: str, *, most_bytes: int) -> File:
        """Return a file. Raises IntegrationError, whose message never holds the link.

        The error's code is one of this module or json_client, or the HTTP status. A file above most_bytes is refused.
        """
        url = self._own_url(link)
        scope = CancelScope(time.monotonic() + self._total_s)
        for _ in range(1 + _MOST_REDIRECTS):
            with network_errors_of("Chatwoot"), scope.active(), self._opened(url, scope) as response:
                if response.status_code not in _REDIRECTS:
                    return _file(response, most_bytes)
            url = _next(url, response.headers.get("Location", ""))
        raise _refused_redirect("too often")

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _own_url(self, link: str) -> httpx2.URL:
        # Only the path counts: links are made of FRONTEND_URL, and we may reach Chatwoot at another address.
        try:
            url = httpx2.URL(link)
            base = httpx2.URL(self._base_url)
        except httpx2.InvalidURL:
            raise _foreign() from None  # its text quotes the address
        path = url.raw_path.decode("ascii")
        prefix = base.raw_path.decode("ascii").rstrip("/")
        if not path.startswith((_STORE, prefix + _STORE)) or _has_parent_segment(path):
            raise _foreign()
        tail = path if path.startswith(prefix + _STORE) else prefix + path
        return base.copy_with(raw_path=tail.encode("ascii"), username="", password="")

    @contextmanager
    def _opened(self, url: httpx2.URL, scope: CancelScope) -> Iterator[httpx2.Response]:
        # The transport has no cookies, proxies, netrc or redirects. Identity, and raw reading below: a compressed file
        # would be larger than the bytes counted.
        response = self._transport.handle_request(
            httpx2.Request(
                "GET",
                url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                extensions={"timeout": {"connect": _CONNECT_S, "pool": max(0.0, scope.remaining_s)}},
            )
        )
        try:
            yield response
        finally:
            response.close()


def _has_parent_segment(path: str) -> bool:
    plain = path.partition("?")[0].lower().replace("%2e", ".").replace("%2f", "/").replace("\\", "/")
    return ".." in plain.split("/")


def _next(url: httpx2.URL, location: str) -> httpx2.URL:
    try:
        target = url.join(location)
    except httpx2.InvalidURL:
        raise _refused_redirect("to nowhere") from None  # its text quotes the address
    downgraded = url.scheme == "https" and target.scheme != "https"
    if (
        not location
        or target.scheme not in ("http", "https")
        or not target.host
        or target.userinfo
        or downgraded
    ):
        raise _refused_redirect("to where nobody should follow")
    return target


def _file(response: httpx2.Response, most_bytes: int) -> File:
    if response.status_code != 200:
        raise IntegrationError(
            f"Chatwoot has no file to give (HTTP {response.status_code})",
            permanent=is_permanent(response.status_code),
            code=response.status_code,
            status=response.status_code,
        )
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return File(read_capped(response, most_bytes, FILE_TOO_LARGE), kind)


def _foreign() -> IntegrationError:
    return IntegrationError("not a link to a file of Chatwoot's", permanent=True, code=FOREIGN_LINK)


def _refused_redirect(how: str) -> IntegrationError:
    return IntegrationError(f"Chatwoot's file sends one on {how}", permanent=True, code=REDIRECT_REFUSED)
