"""Sends requests to a provider's JSON API, and returns replies or raises IntegrationError.

Every request has a deadline, no setting comes from the environment, and errors hold no secrets.
"""

import base64
import json as json_format
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from integrations.errors import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_SECURE,
    IntegrationError,
    is_permanent,
    retry_after_s,
)
from integrations.http.deadline_sockets import CancelScope
from integrations.http.deadline_transport import DeadlineTransport
from translations import Message
from translations import lazy_gettext as _

TOO_LARGE = "too_large"
NOT_SENDABLE = "not_sendable"

MOST_REPLY_BYTES = 4 * 1024 * 1024

_CONNECT_S = 5.0
"""Longest time to connect, and to wait for a free connection."""

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # a compressed reply would be larger than what was counted
    "User-Agent": "phone-and-whatsapp-assistant",
}
_HEADER_VALUE = re.compile(r"([!-~]([ -~\t]*[!-~])?)?")

Files = Sequence[tuple[str, tuple[str, bytes, str]]]
"""Each file's form field, name, content and media type."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. body: the JSON; None if it is missing or invalid. headers: case-insensitive."""

    status: int
    body: Any
    headers: Mapping[str, str]


class JsonHttp:
    """One provider's HTTP API. Thread-safe.

    base_url: http or https; paths are added to it. A name and password in it go as Basic authorization.
    name: the provider's name in error messages.
    headers: sent with each request.
    total_s: seconds for a whole request, including the lookup of the host name.
    connections: the most requests at once; another one waits for a free connection.
    Raises ValueError for an invalid base_url or header, without quoting it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str | Message,
        headers: Mapping[str, str] = {},
        total_s: float = 10,
        connections: int = 10,
    ) -> None:
        self._base_url = base_url
        self._name = name
        self._headers = httpx2.Headers({**_HEADERS, **_basic(_checked_url(base_url, name))})
        self._headers.update(_checked_headers(headers))
        self._total_s = total_s
        # Less than the total: a request with a connection at the last moment would be sent, and not answered in time.
        connect_s = min(_CONNECT_S, total_s / 2)
        self._timeouts = {"connect": connect_s, "pool": connect_s}
        self._transport = DeadlineTransport(connections=connections)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        files: Files = (),
        data: Mapping[str, str] = {},
        params: Mapping[str, str] = {},
        headers: Mapping[str, str] = {},
    ) -> Reply:
        """Send a request and return its reply. Redirects are not followed: they are replies too.

        Takes json, content, files with data (multipart), or data alone (a form).
        path: begins with a slash, its parts quoted by the caller; "" is base_url unchanged.
        Raises IntegrationError, whose message holds no address, header or body. Its code:

        - the HTTP status, from 400 on; with status, body and retry_after_s;
        - NO_CONNECTION, NOT_SECURE, NOT_SENDABLE: the provider received nothing;
        - NO_ANSWER_IN_TIME, CONNECTION_LOST: the provider may have acted on the request;
        - TOO_LARGE: it has, and its reply is longer than MOST_REPLY_BYTES.
        """
        scope = CancelScope(time.monotonic() + self._total_s)
        with self._only_sendable():
            request = httpx2.Request(
                method,
                self._base_url.rstrip("/") + path if path else self._base_url,
                json=json,
                content=content,
                files=list(files) or None,
                data=dict(data) or None,
                params=dict(params) or None,  # an empty mapping would remove the path's query
                headers=self._with(headers),
                extensions={"timeout": self._timeouts},
            )
        with self._one_error(), scope.active(), self._sent(request) as response:
            if response.status_code >= 400:
                raise self._refusal(response)
            return Reply(response.status_code, _parsed(self._read(response)), response.headers)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _with(self, headers: Mapping[str, str]) -> httpx2.Headers:
        merged = httpx2.Headers(self._headers)
        merged.update(_checked_headers(headers))
        return merged

    @contextmanager
    def _sent(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        # The transport has no cookies, proxies, netrc or redirects.
        response = self._transport.handle_request(request)
        try:
            yield response
        finally:
            response.close()

    def _read(self, response: httpx2.Response) -> bytes:
        content = bytearray()
        for piece in response.iter_raw():
            content += piece
            if len(content) > MOST_REPLY_BYTES:
                raise IntegrationError(
                    _("{name} answers with more than {bytes} bytes").format(
                        name=self._name, bytes=MOST_REPLY_BYTES
                    ),
                    permanent=True,
                    code=TOO_LARGE,
                    status=response.status_code,
                )
        return bytes(content)

    def _refusal(self, response: httpx2.Response) -> IntegrationError:
        status = response.status_code
        try:
            body = _parsed(self._read(response))
        except (httpx2.HTTPError, IntegrationError):
            body = None  # the refusal counts without its body
        return IntegrationError(
            _("{name} answered HTTP {status}").format(name=self._name, status=status),
            permanent=is_permanent(status),
            code=status,
            status=status,
            retry_after_s=retry_after_s(response.headers.get("Retry-After")),
            body=body,
        )

    @contextmanager
    def _only_sendable(self) -> Iterator[None]:
        try:
            yield
        except (httpx2.InvalidURL, ValueError):
            raise IntegrationError(
                _("{name} cannot be sent this").format(name=self._name), permanent=True, code=NOT_SENDABLE
            ) from None  # its text quotes the request

    @contextmanager
    def _one_error(self) -> Iterator[None]:
        try:
            yield
        except httpx2.HTTPError as error:
            code = _failure(error)
            raise IntegrationError(
                _("No answer from {name} ({code})").format(name=self._name, code=code),
                permanent=False,
                code=code,
            ) from error


def _checked_url(base_url: str, name: str | Message) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        raise ValueError(f"the address of {name} is not valid") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"the address of {name} must begin with http:// or https:// and name a host")
    return url


def _basic(url: httpx2.URL) -> dict[str, str]:
    if not url.userinfo:
        return {}
    credentials = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


def _checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    # Checked here, because a later refusal would quote them: keys and tokens.
    for name, value in headers.items():
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the header {name} cannot have this value")
    return headers


def _parsed(content: bytes) -> Any:
    try:
        return json_format.loads(content)
    except (ValueError, RecursionError):
        return None


def _failure(error: httpx2.HTTPError) -> str:
    cause = error.__cause__
    # A ConnectError's context: the pool raises it `from None`, which removes its cause.
    if isinstance(cause, httpcore2.ConnectError) and isinstance(cause.__context__, ssl.SSLError):
        return NOT_SECURE
    if isinstance(cause, httpcore2.ConnectError | httpcore2.ConnectTimeout | httpcore2.PoolTimeout):
        return NO_CONNECTION
    return NO_ANSWER_IN_TIME if isinstance(error, httpx2.TimeoutException) else CONNECTION_LOST
