"""Connects the clients of Twilio's REST API: time limits, a stand-in's address, and errors.

Methods take plain values and return frozen ones. Every failure is an IntegrationError.
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
from integrations.twilio import hosts
from integrations.twilio.error_codes import PASSING_CODES
from translations import lazy_gettext as _

MOST_CONNECTIONS = 64
"""Connections kept open for reuse; one above them is closed after its request."""

_T = TypeVar("_T")


class TwilioAccount:
    """One Twilio account. Thread-safe.

    api_url: a stand-in's base URL in place of https://api.twilio.com and its other hosts, never reached through a
    proxy.
    region: where the account's calls and messages are; None: the United States, by the nearest edge.
    timeout_s: seconds to connect and between two reads.
    total_s: seconds for a whole request, including the lookup of the host name.

    Every method raises IntegrationError. Its code is Twilio's (21211), else the HTTP status, else one in letters from
    integrations.errors; its retry_after_s is Twilio's Retry-After.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        api_url: str | None = None,
        region: hosts.Region | None = None,
        timeout_s: float = 5,
        total_s: float = 10,
    ) -> None:
        self._account_sid = account_sid
        name, edge = region or ("", "")
        self._client = Client(
            account_sid,
            auth_token,
            http_client=_HttpClient(api_url=api_url, timeout_s=timeout_s, total_s=total_s),
            # In place of the process's environment, which the library reads otherwise: a region of .env counts too.
            environment={"TWILIO_REGION": name, "TWILIO_EDGE": edge},
        )
        self._base_url = (api_url or hosts.api_url(region)).rstrip("/")


@contextmanager
def one_error() -> Iterator[None]:
    """Convert every failure inside the block to IntegrationError."""
    try:
        yield
    except TwilioException as error:
        raise _refusal(error) from error
    except requests.RequestException as error:
        raise _no_answer(error) from error
    except (ValueError, ArithmeticError) as error:  # a 2xx without JSON, or with an unexpected shape
        raise IntegrationError(
            _("the answer of {name} could not be understood").format(name="Twilio"),
            permanent=False,
            code=NOT_UNDERSTOOD,
        ) from error


class _HttpClient(TwilioHttpClient):
    """Sends Twilio's requests with a limit to every wait, to a stand-in if there is one.

    The library's own `request` returns the last response from an attribute and so mixes up the answers of two threads.
    """

    def __init__(self, *, api_url: str | None, timeout_s: float, total_s: float) -> None:
        super().__init__(pool_connections=False, timeout=timeout_s)
        self._api_url = api_url
        self._total_s = total_s
        self._connections = requests.Session()
        for scheme in ("https://", "http://"):
            self._connections.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
        self._connections.trust_env = not api_url  # with trust, HTTPS_PROXY and REQUESTS_CA_BUNDLE count

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
            raise ValueError("JSON, but no object")  # the library would fail on it with errors of other kinds
        response = Response(answer.status_code, answer.text, answer.headers)
        wait_s = None if answer.ok else retry_after_s(answer.headers.get("Retry-After"))
        if wait_s is not None:
            # Here, because the library's exceptions keep no headers.
            refused = Version.exception(method, url, response, "")
            raise _refusal(refused, wait_s) from refused
        return response

    def _rerouted(self, url: str) -> str:
        # The library's base_url does not do: TWILIO_EDGE and TWILIO_REGION rewrite it.
        if not self._api_url:
            return url
        parts = urlsplit(url)
        return f"{self._api_url.rstrip('/')}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _within(total_s: float, work: Callable[[], _T]) -> _T:
    """Run `work` for at most total_s seconds; then raise requests.Timeout and drop its result.

    It runs in a thread, because a name lookup and a slow trickle of bytes ignore timeouts.
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
    # Not str(error): it has ANSI colours when stderr is a terminal.
    if isinstance(error, TwilioRestException):
        return _described(error.msg, error.code, error.status, retry_after_s)
    if isinstance(error, TwilioServiceException):
        message = ". ".join(filter(None, (error.title, error.detail)))
        return _described(message, error.code, error.status, retry_after_s)
    if error.args and isinstance(error.args[-1], Response):
        # The library gives neither code nor status for the refusal of a list's page.
        return _refusal(Version.exception("GET", "", error.args[-1], ""))
    # The library's remaining error after a request: an answer that is no page of a list.
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
    return IntegrationError(
        _("No answer from {name} ({code})").format(name="Twilio", code=kind),
        permanent=False,
        code=_failure(error),
    )


def _failure(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return NOT_SECURE
    if isinstance(error, requests.ConnectTimeout):
        return NO_CONNECTION
    if isinstance(error, requests.Timeout):
        return NO_ANSWER_IN_TIME
    cause = error.args[0] if error.args else None
    # A broken protocol means that there was a connection: the request may have been read before it broke.
    return CONNECTION_LOST if isinstance(cause, HTTPError) and not _never_sent(cause) else NO_CONNECTION


def _never_sent(cause: HTTPError) -> bool:
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ProxyError)
