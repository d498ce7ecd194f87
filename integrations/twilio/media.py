"""Downloads the media of messages from Twilio.

A link takes the account's credentials and redirects to a CDN, under an address valid for a while. The links come in
webhooks, so only our own account's media at a host of Twilio's API get the credentials. Follows
https://www.twilio.com/docs/messaging/api/media-resource.
"""

import base64
import ipaddress
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx2

from integrations.errors import IntegrationError, is_permanent
from integrations.http.deadline_sockets import CancelScope
from integrations.http.deadline_transport import DeadlineTransport
from integrations.http.downloads import network_errors_of, read_capped
from integrations.twilio import hosts

__all__ = ["FOREIGN_URL", "NOT_FOUND", "REDIRECT_REFUSED", "TOO_LARGE", "TwilioMedia"]

FOREIGN_URL = "foreign_media_url"
REDIRECT_REFUSED = "media_redirect_refused"
TOO_LARGE = "media_too_large"
NOT_FOUND = "media_not_found"

_CONNECT_S = 5.0
_CONNECTIONS = 20
_MOST_REDIRECTS = 3
_PAUSES_S = (0.3, 0.8, 1.5)
"""Pauses before retries: a file can appear a moment later than its message."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WRONG_CREDENTIALS = 20003

_LOOPBACK = r"http://127\.0\.0\.1:[0-9]{1,5}"
_CDN_DOMAINS = (".twiliocdn.com", ".twilio.com")
_S3_HOSTS = ("s3-external-1.amazonaws.com", "s3.amazonaws.com")
_S3_BUCKET = "/media.twiliocdn.com/"
"""Anybody may have files on Amazon's hosts, so only Twilio's bucket is accepted there."""


class TwilioMedia:
    """The media of one Twilio account. Thread-safe.

    api_url: a stand-in's base URL in place of Twilio's; a loopback one may redirect to other loopback servers.
    region: links are followed there, whichever host of Twilio's API they name; None: at the host that they name.
    loopback: accept links of a simulator on this machine, on any port.
    total_s: seconds for a whole download, retries and name lookups included.
    pauses_s: before each retry, after a missing file or a temporary failure.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        api_url: str | None = None,
        region: hosts.Region | None = None,
        loopback: bool = False,
        total_s: float = 20,
        pauses_s: Sequence[float] = _PAUSES_S,
    ) -> None:
        stand_in = (api_url or "").rstrip("/")
        host = _LOOPBACK if loopback else re.escape(stand_in) or hosts.API_URLS
        account = rf"{host}/2010-04-01/Accounts/{re.escape(account_sid)}"
        self._link = re.compile(rf"{account}/Messages/(MM|SM)[0-9a-fA-F]{{32}}/Media/ME[0-9a-fA-F]{{32}}")
        self._credentials, self._region = _basic(account_sid, auth_token), region
        self._local = loopback or _is_loopback(httpx2.URL(stand_in).host)
        self._total_s = total_s
        self._pauses_s = pauses_s
        self._transport = DeadlineTransport(connections=_CONNECTIONS)

    def download(self, url: str, *, most_bytes: int = 16 * 1024 * 1024) -> bytes:
        """Return a file. Raises IntegrationError, whose message never holds the link.

        The error's code is one of this module or integrations.errors, or the HTTP status. A link to anything but our
        account's media is refused without a request; so is a file above most_bytes.
        """
        if not self._link.fullmatch(url):
            raise IntegrationError("not a link to this account's media", permanent=True, code=FOREIGN_URL)
        link, scope = hosts.in_region(url, self._region), CancelScope(time.monotonic() + self._total_s)
        for pause in self._pauses_s:
            try:
                return self._fetch(link, most_bytes, scope)
            except IntegrationError as error:
                if not _may_pass(error) or pause >= scope.remaining_s:
                    raise
            scope.wait(pause)
        return self._fetch(link, most_bytes, scope)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _fetch(self, link: str, most_bytes: int, scope: CancelScope) -> bytes:
        url, headers = httpx2.URL(link), {"Authorization": self._credentials}
        for _ in range(1 + _MOST_REDIRECTS):
            with network_errors_of("Twilio"), scope.active(), self._opened(url, headers, scope) as response:
                if response.status_code not in _REDIRECTS:
                    return _content(response, most_bytes)
            url, headers = self._next(url, response.headers.get("Location", "")), {}
        raise _refused_redirect("sends one on too often")

    @contextmanager
    def _opened(
        self, url: httpx2.URL, headers: dict[str, str], scope: CancelScope
    ) -> Iterator[httpx2.Response]:
        # The transport has no cookies, proxies, netrc or redirects. Identity, and raw reading below: a compressed file
        # would be larger than the bytes counted.
        response = self._transport.handle_request(
            httpx2.Request(
                "GET",
                url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity", **headers},
                extensions={"timeout": {"connect": _CONNECT_S, "pool": max(0.0, scope.remaining_s)}},
            )
        )
        try:
            yield response
        finally:
            response.close()

    def _next(self, url: httpx2.URL, location: str) -> httpx2.URL:
        try:
            target = url.join(location)
        except httpx2.InvalidURL:
            raise _refused_redirect("sends one on to nowhere") from None  # its text quotes the address
        if not location or target.userinfo or not (self._is_local(target) or _is_twilios(target)):
            raise _refused_redirect("sends one on to somebody else")
        return target

    def _is_local(self, url: httpx2.URL) -> bool:
        return self._local and url.scheme in ("http", "https") and _is_loopback(url.host)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # another name


def _is_twilios(url: httpx2.URL) -> bool:
    if url.scheme != "https" or url.port is not None:
        return False
    host = url.raw_host.decode("ascii").lower()
    return host.endswith(_CDN_DOMAINS) or (host in _S3_HOSTS and url.path.startswith(_S3_BUCKET))


def _content(response: httpx2.Response, most_bytes: int) -> bytes:
    if response.status_code != 200:
        raise _refusal(response.status_code)
    return read_capped(response, most_bytes, TOO_LARGE)


def _may_pass(error: IntegrationError) -> bool:
    return error.code == NOT_FOUND or not error.permanent


def _refusal(status: int) -> IntegrationError:
    if status == 401:
        return IntegrationError(
            "Twilio refuses these credentials for media", permanent=True, code=_WRONG_CREDENTIALS, status=401
        )
    code = NOT_FOUND if status == 404 else status
    return IntegrationError(
        f"Twilio has no file to give (HTTP {status})",
        permanent=is_permanent(status),
        code=code,
        status=status,
    )


def _refused_redirect(what: str) -> IntegrationError:
    return IntegrationError(f"Twilio's media {what}", permanent=True, code=REDIRECT_REFUSED)
