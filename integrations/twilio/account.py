"""Connects the clients of Twilio's REST API: time limits, a stand-in's address, and errors.

Values in, frozen values out; whatever goes wrong is one IntegrationError.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.version import Version
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProxyError

from integrations.errors import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_SECURE,
    NOT_UNDERSTOOD,
    IntegrationError,
    is_permanent,
    retry_after_s,
)
from integrations.twilio.error_codes import PASSING_CODES

MOST_CONNECTIONS = 64
"""Kept open for the next request; one above them is closed after its own."""

_T = TypeVar("_T")


class TwilioAccount:
    """One account of Twilio's. Thread-safe.

    api_url: a stand-in's base URL, asked in place of https://api.twilio.com and its sister hosts, and
    never through a proxy. timeout_s: seconds to connect and between two reads. total_s: seconds for a
    whole request, looking up the host name included.

    Every method raises IntegrationError. Its code is Twilio's (21211), or the HTTP status where Twilio
    gave none, or one in letters from integrations.errors; its retry_after_s is Twilio's Retry-After.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        api_url: str | None = None,
        timeout_s: float = 5,
        total_s: float = 10,
    ) -> None:
        http_client = _HttpClient(api_url=api_url, timeout_s=timeout_s, total_s=total_s)
        self._client = Client(account_sid, auth_token, http_client=http_client)
        self._base_url = (api_url or "https://api.twilio.com").rstrip("/")


@contextmanager
def one_error() -> Iterator[None]:
    """Raise whatever goes wrong inside as an IntegrationError."""
    try:
        yield
    except TwilioException as error:
        raise _refusal(error) from error
    except requests.RequestException as error:
        raise _no_answer(error) from error
    except (ValueError, ArithmeticError) as error:  # a 2xx that is no JSON, or not of the shape it should be
        raise IntegrationError(
            "Twilio's answer could not be understood", permanent=False, code=NOT_UNDERSTOOD
        ) from error


class _HttpClient(TwilioHttpClient):
    """Sends Twilio's requests, with an end to every wait, and to a stand-in where there is one.

    The library's own `request` keeps the last response in an attribute and returns it from there, which
    mixes up the answers of two threads; hence one that keeps nothing.
    """

    def __init__(self, *, api_url: str | None, timeout_s: float, total_s: float) -> None:
        super().__init__(pool_connections=False, timeout=timeout_s)
        self._api_url = api_url
        self._total_s = total_s
        self._connections = requests.Session()
        for scheme in ("https://", "http://"):
            self._connections.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
        self._connections.trust_env = not api_url  # trust: HTTPS_PROXY and REQUESTS_CA_BUNDLE count

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        content = "json" if "json" in (headers or {}).get("Content-Type", "") else "data"
        arguments: dict[str, Any] = {
            "params": params,
            content: data,
            "headers": headers,
            "auth": auth,
            "timeout": timeout or self.timeout,
            "allow_redirects": allow_redirects,
        }
        target = self._rerouted(url)
        answer = _within(self._total_s, lambda: self._connections.request(method, target, **arguments))
        if answer.ok and answer.content and not isinstance(json.loads(answer.text), dict):
            raise ValueError("JSON, but no object")  # the library would trip over it, in ways of its own
        response = Response(answer.status_code, answer.text, answer.headers)
        wait_s = None if answer.ok else retry_after_s(answer.headers.get("Retry-After"))
        if wait_s is not None:
            # Here, because no exception of the library's keeps a header.
            refused = Version.exception(method, url, response, "")
            raise _refusal(refused, wait_s) from refused
        return response

    def _rerouted(self, url: str) -> str:
        # Here, not in the library's base_url: TWILIO_EDGE and TWILIO_REGION rewrite that one.
        if not self._api_url:
            return url
        parts = urlsplit(url)
        return f"{self._api_url.rstrip('/')}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _within(total_s: float, work: Callable[[], _T]) -> _T:
    """Run `work` for at most that long; then requests.Timeout, and what it still returns is dropped.

    A thread, because neither a name lookup nor a server that sends a byte now and then knows a deadline.
    """
    outcomes: SimpleQueue[tuple[_T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            outcomes.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcomes.put((None, error))

    threading.Thread(target=run, name="twilio-rest", daemon=True).start()
    try:
        result, error = outcomes.get(timeout=total_s)
    except Empty:
        raise requests.Timeout(f"no whole answer in {total_s:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only where work returns None


def _refusal(error: TwilioException, retry_after_s: float | None = None) -> IntegrationError:
    # Not str(error): that is painted in ANSI colours where stderr is a terminal.
    if isinstance(error, TwilioRestException):
        return _described(error.msg, error.code, error.status, retry_after_s)
    if isinstance(error, TwilioServiceException):
        message = ". ".join(filter(None, (error.title, error.detail)))
        return _described(message, error.code, error.status, retry_after_s)
    if error.args and isinstance(error.args[-1], Response):
        # A page of a list, of whose refusal the library tells neither code nor status.
        return _refusal(Version.exception("GET", "", error.args[-1], ""))
    # What else the library raises once a request was made: an answer that is no page of a list.
    return IntegrationError(_plain(str(error)), permanent=False, code=NOT_UNDERSTOOD)


def _described(message: str, code: Any, status: int, retry_after_s: float | None) -> IntegrationError:
    code = int(code) if str(code).isdecimal() else status
    return IntegrationError(
        _plain(message) or f"HTTP {status}",
        permanent=is_permanent(status) and code not in PASSING_CODES,
        code=code,
        status=status,
        retry_after_s=retry_after_s,
    )


def _plain(message: str) -> str:
    without_colours = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", message)
    without_prefix = re.sub(r"^(Unable to \w+ record)?: ", "", without_colours)
    return " ".join(without_prefix.split())


def _no_answer(error: requests.RequestException) -> IntegrationError:
    # The exception's own text holds the URL and with it the account: only its kind is told.
    kind = type(error).__name__
    return IntegrationError(f"No answer from Twilio ({kind})", permanent=False, code=_failure(error))


def _failure(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return NOT_SECURE
    if isinstance(error, requests.ConnectTimeout):
        return NO_CONNECTION
    if isinstance(error, requests.Timeout):
        return NO_ANSWER_IN_TIME
    cause = error.args[0] if error.args else None
    # A broken protocol is a connection that was there: the request may have been read before it went.
    return CONNECTION_LOST if isinstance(cause, HTTPError) and not _never_sent(cause) else NO_CONNECTION


def _never_sent(cause: HTTPError) -> bool:
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ProxyError)
