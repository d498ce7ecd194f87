"""Sends signed requests as Twilio's HTTP client does, with its timeouts, retries and limits."""

import socket
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urldefrag, urlencode, urlsplit

import httpx2

from simulator.twilio.connection_overrides import Overrides, parse_overrides
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.signing import Params, Signer
from simulator.twilio.urls import Addresses
from translations import Message
from translations import lazy_gettext as _

MAX_REDIRECTS = 10
MAX_DOCUMENT_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    connect_url: str
    params: Params
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of one attempt. failure: its name in the retry policy; "": nothing to retry."""

    failure: str = ""
    error: int | None = None
    message: Message | str = ""
    status: int | None = None
    content_type: str | None = None
    location: str | None = None
    text: str = ""


@dataclass
class Transport:
    """One call's HTTP client, with cookies.

    record: receives every exchange of `fetch`. warn: receives a sentence for each invalid part of a URL's fragment.
    """

    addresses: Addresses
    signer: Signer
    record: Callable[[Step], None]
    warn: Callable[[Message], None]
    _client: httpx2.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Every request has a connection of its own: Twilio's come from many machines.
        self._client = httpx2.Client(
            verify=_tls(),
            trust_env=False,
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"},
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def fetch(
        self,
        method: str,
        url: str,
        params: Params,
        headers: dict[str, str] | None = None,
        record: Callable[[Step], None] | None = None,
    ) -> Step:
        """Send a request, follow redirects, and return the last exchange. Raises WebhookError with Twilio's code.

        url: a public one; its fragment overrides timeouts and retries. headers: override the default ones. record:
        receives these exchanges instead of the transport's `record`.
        """
        overrides, problems = parse_overrides(urlsplit(url).fragment)
        for problem in problems:
            self.warn(problem)
        deadline = time.monotonic() + overrides.total_s
        for _attempt in range(MAX_REDIRECTS + 1):
            step = self._exchange(self._request(method, url, params, headers), overrides, deadline)
            (record or self.record)(step)
            if step.error is not None:
                raise WebhookError(step.error, step.message, step.url)
            if step.location is None:
                return step
            # As browsers do: the form is not sent again.
            method, url, params = "GET", self.addresses.absolute(step.location, step.url), ()
        raise WebhookError(11215, _("more than {limit} redirects").format(limit=MAX_REDIRECTS), url)

    def send(self, method: str, url: str, params: Params, headers: dict[str, str] | None = None) -> Step:
        """Send one request and return its exchange, unrecorded, whatever its status. Follow no redirects.

        headers: override the default ones. Raises WebhookError if the URL may not be requested.
        """
        overrides, _problems = parse_overrides(urlsplit(url).fragment)
        request = self._request(method, url, params, headers)
        return self._exchange(request, overrides, time.monotonic() + overrides.total_s)

    def replay(self, step: Step) -> Step:
        """Send a request again, byte for byte, with the same signature and idempotency token."""
        once = Overrides(retries=0)
        request = _Request(step.method, step.url, step.connect_url, step.params, step.headers, step.body)
        return self._exchange(request, once, time.monotonic() + once.total_s)

    def _request(
        self, method: str, url: str, params: Params, headers: dict[str, str] | None = None
    ) -> _Request:
        url = urldefrag(url).url
        if method == "GET" and params:
            url, params = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}", ()
        sent = {
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            **self.signer.headers(url, params),
            **({"Content-Type": FORM} if method == "POST" else {}),
            **(headers or {}),
        }
        body = urlencode(params).encode() if method == "POST" else b""
        return _Request(method, url, self.addresses.connect_to(url), params, sent, body)

    def _exchange(self, request: _Request, overrides: Overrides, deadline: float) -> Step:
        started, tries = time.monotonic(), 0
        result = _Result(error=11200, message=_("no time was left"), failure="rt")
        while tries <= overrides.retries and time.monotonic() < deadline:
            result = self._try(request, overrides, deadline)
            tries += 1
            if not overrides.retries_after(result.failure):
                break
        return _step(request, result, time.monotonic() - started, max(0, tries - 1))

    def _try(self, request: _Request, overrides: Overrides, deadline: float) -> _Result:
        left = max(0.001, deadline - time.monotonic())
        read_s = min(overrides.read_s, left)
        timeout = httpx2.Timeout(read_s, connect=min(overrides.connect_s, left))
        try:
            with self._client.stream(
                request.method,
                request.connect_url,
                content=request.body or None,
                headers=request.headers,
                timeout=timeout,
            ) as response:
                return _judge(response, _read(response, deadline))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            unreached = _("no connection to {url}: {error}").format(url=request.connect_url, error=str(error))
            return _Result("ct", _connect_code(error), unreached)
        except httpx2.TimeoutException:
            return _Result("rt", 11200, _("no answer in time"))
        except httpx2.NetworkError as error:  # a worker that died, for instance
            return _Result("rt", 11200, _("the connection was lost: {error}").format(error=str(error)))
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return _Result("rt", 11206, _("not HTTP, or cut off: {error}").format(error=str(error)))


def _read(response: httpx2.Response, deadline: float) -> bytes:
    """Read the body, a little beyond the limit at most. The client's timeout is per packet; this one is for all."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            break
        if time.monotonic() > deadline:
            raise httpx2.ReadTimeout("the whole took too long")
    return bytes(body)


def _judge(response: httpx2.Response, body: bytes) -> _Result:
    status = response.status_code
    failure, error, message = "", None, Message("")
    if status >= 400:
        failure, error = f"{status // 100}xx", 11200
        message = _("the server answered {status}").format(status=status)
    elif len(body) > MAX_DOCUMENT_BYTES:
        error, message = 11750, _("the document is longer than 64 KB")
    return _Result(
        failure=failure,
        error=error,
        message=message,
        status=status,
        content_type=response.headers.get("Content-Type"),
        location=response.headers.get("Location") if 300 <= status < 400 else None,
        text=body.decode(response.charset_encoding or "utf-8", errors="replace"),
    )


def _step(request: _Request, result: _Result, seconds: float, retries: int) -> Step:
    return Step(
        method=request.method,
        url=request.url,
        params=request.params,
        connect_url=request.connect_url,
        headers=request.headers,
        body=request.body,
        seconds=seconds,
        retries=retries,
        status=result.status,
        content_type=result.content_type,
        twiml=result.text,
        location=result.location,
        error=result.error,
        message=result.message,
    )


def _connect_code(error: httpx2.TransportError) -> int:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return 11210
        if isinstance(cause, ssl.SSLError):
            return 11220
    return 11205


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@cache
def _tls() -> ssl.SSLContext:
    """Return the TLS context, made once: it reads every certificate, and a machine may run hundreds of phones."""
    return ssl.create_default_context()
