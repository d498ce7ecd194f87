"""Places, reads and ends calls through Twilio's REST API; its other clients share the connection.

Values in, frozen values out; whatever goes wrong is one IntegrationError. Follows
https://www.twilio.com/docs/voice/api/call-resource.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
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
from integrations.twilio.error_codes import PASSING_CODES, what_to_do

__all__ = ["CallState", "TwilioRest", "connect", "may_have_been_done", "one_error", "what_to_do"]

CALL_IS_OVER = 21220
MOST_CONNECTIONS = 64
"""Kept open for the next request; one above them is closed after its own."""
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
# Nobody is kept in silence longer than this, in seconds, while Twilio makes up its mind (its own limit: 30).
_MACHINE_OPTIONS = {"machine_detection": "Enable", "machine_detection_timeout": 5}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CallState:
    """A call as Twilio last described it.

    status: queued, ringing, in-progress, completed, busy, failed, no-answer or canceled.
    duration_s: None until it is over. price: what it cost, positive; None until Twilio has billed it,
    which can take minutes. answered_by: human, machine_start, fax or unknown, where detection was asked for.
    """

    sid: str
    status: str
    to: str
    sender: str
    duration_s: int | None
    price: Decimal | None
    price_unit: str | None
    answered_by: str | None

    @property
    def is_over(self) -> bool:
        """Return whether the call is over; only its price may still change."""
        return self.status in OVER


class TwilioRest:
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
        self._client = connect(account_sid, auth_token, api_url=api_url, timeout_s=timeout_s, total_s=total_s)

    def place_call(
        self,
        *,
        to: str,
        sender: str,
        url: str | None = None,
        twiml: str | None = None,
        fallback_url: str | None = None,
        status_callback: str | None = None,
        ring_s: int | None = None,
        detect_machine: bool = False,
    ) -> CallState:
        """Place a call and return it as it was queued. Not repeated here: a repeated call rings twice.

        to, sender: E.164. url: where Twilio fetches the TwiML when somebody answers; twiml: the TwiML
        itself, at most 4000 characters; exactly one of the two. ring_s: 1 to 600, Twilio's default is 60.
        detect_machine: find out first whether a person or a machine answered; the request for the TwiML
        then carries AnsweredBy.
        """
        options = {
            "url": url,
            "twiml": twiml,
            "fallback_url": fallback_url,
            "timeout": ring_s,
            **(_status_options(status_callback) if status_callback else {}),
            **(_MACHINE_OPTIONS if detect_machine else {}),
        }
        with one_error():
            call = self._client.calls.create(to=to, from_=sender, **_without_none(options))
            return _state(call)

    def fetch_call(self, sid: str) -> CallState:
        """Return the call as it is now."""
        with one_error():
            return _state(self._client.calls(sid).fetch())

    def end_call(self, sid: str) -> CallState:
        """Hang up, or cancel what has not been answered yet; a call that is over is left as it is."""
        try:
            with one_error():
                return _state(self._client.calls(sid).update(status="completed"))
        except IntegrationError as error:
            if error.code != CALL_IS_OVER:
                raise
        return self.fetch_call(sid)

    def redirect_call(self, sid: str, twiml: str) -> CallState:
        """Have a call that is going on leave what it does and go on with this TwiML, at most 4000 characters."""
        with one_error():
            return _state(self._client.calls(sid).update(twiml=twiml))


def connect(
    account_sid: str, auth_token: str, *, api_url: str | None, timeout_s: float, total_s: float
) -> Client:
    """Return Twilio's own client, with the limits and the stand-in that TwilioRest describes.

    What is asked of Twilio through it is wrapped in `one_error`.
    """
    http_client = _HttpClient(api_url=api_url, timeout_s=timeout_s, total_s=total_s)
    return Client(account_sid, auth_token, http_client=http_client)


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


def may_have_been_done(error: IntegrationError) -> bool:
    """Say whether Twilio may have done what was asked all the same: it was asked, but did not say no."""
    in_the_open = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD)
    return error.code in in_the_open or (error.status or 0) >= 500


def _status_options(status_callback: str) -> dict[str, Any]:
    return {"status_callback": status_callback, "status_callback_event": list(CALL_EVENTS)}


def _without_none(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _state(call: Any) -> CallState:
    if not call.sid or not call.status:
        raise ValueError("no sid or status in Twilio's answer")
    return CallState(
        sid=call.sid,
        status=call.status,
        to=call.to or "",
        sender=call._from or "",
        duration_s=None if call.duration is None else int(call.duration),
        price=None if call.price is None else abs(Decimal(str(call.price))),
        price_unit=call.price_unit,
        answered_by=call.answered_by,
    )


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
