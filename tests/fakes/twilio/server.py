"""A Twilio REST API on loopback: real HTTP, Twilio's checks and bodies, and faults on demand.

    with FakeTwilio() as twilio:
        TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url).place_call(...)

A resource (Calls, Messages, Setup) is an object with `routes`; here is what they share: credentials,
errors, faults, the record of requests, and the signed webhooks that go out.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.quiet_server import QuietHandler, QuietServer
from tests.fakes.twilio.calls import Calls
from tests.fakes.twilio.content import Content
from tests.fakes.twilio.messages import Messages
from tests.fakes.twilio.setup import Setup
from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route
from tests.fakes.twilio.webhooks import Webhooks
from tests.waiting import wait_until

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "0f" * 16


@dataclass(frozen=True)
class Refuse:
    """Answer with Twilio's error body. problem: the newer body of RFC 9457. retry_after: that header."""

    status: int
    code: int
    message: str = "Refused for the test"
    problem: bool = False
    retry_after: str | None = None

    def play(self, handler: "_Handler") -> None:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        body = self._problem() if self.problem else ApiError(self.status, self.code, self.message).body
        handler.send_json(Reply(self.status, body, headers))

    def _problem(self) -> dict[str, Any]:
        return {
            "type": f"https://www.twilio.com/docs/errors/{self.code}",
            "title": self.message,
            "status": self.status,
            "code": self.code,
        }


@dataclass(frozen=True)
class Page:
    """Answer with a page, as a proxy in between does."""

    status: int = 500
    html: str = "<html><body><h1>Internal Server Error</h1></body></html>"

    def play(self, handler: "_Handler") -> None:
        handler.send_body(self.status, self.html.encode(), "text/html")


@dataclass(frozen=True)
class Hang:
    """Answer nothing, until the fake is closed."""

    def play(self, handler: "_Handler") -> None:
        handler.fake.closing.wait()
        handler.close_connection = True


@dataclass(frozen=True)
class Drip:
    """Answer a byte at a time, never wholly: no single read takes longer than interval_s."""

    interval_s: float = 0.05

    def play(self, handler: "_Handler") -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not handler.fake.closing.wait(self.interval_s):
            handler.wfile.write(b" ")
        handler.close_connection = True


@dataclass(frozen=True)
class Close:
    """Close the connection with no answer. after: what was asked is done, and only the answer is lost."""

    after: bool = False

    def play(self, handler: "_Handler") -> None:
        handler.close_connection = True


Fault = Refuse | Page | Hang | Drip | Close


@dataclass
class _Planned:
    fault: Fault
    method: str | None
    path: str
    left: int


@dataclass
class FakeTwilio:
    """The server. Everything it was asked is in `requests`; its resources are attributes (`calls`...).

    other_token: accepted beside auth_token, as while one is changed.

    clock: seconds (since 1970, where dates matter); given, what was scripted comes by it, otherwise by one
    step each time it is fetched.
    webhooks: send signed status callbacks and fetch the calls' URLs, as Twilio would (see `webhooks.sent`).
    """

    account_sid: str = ACCOUNT_SID
    auth_token: str = AUTH_TOKEN
    clock: Callable[[], float] | None = None
    send_webhooks: bool = False
    other_token: str | None = None
    requests: list[Request] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.auth_token, enabled=self.send_webhooks)
        self.calls = Calls(self.account_sid, self.webhooks, self.clock)
        self.messages = Messages(self.account_sid, self.webhooks, self.clock)
        self.setup = Setup(self.account_sid)
        self.content = Content(self.messages.rules.templates, self.setup.templates)
        parts = (self.calls, self.messages, self.setup, self.content)
        self._routes: list[Route] = [route for part in parts for route in part.routes]
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "FakeTwilio":
        self._server = QuietServer(("127.0.0.1", 0), _Handler)
        self._server.fake = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.webhooks.close()

    def fail(self, fault: Fault, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Let the next `times` requests (of that method, with that in their path) end so; in the order planned."""
        with self._lock:
            self._planned.append(_Planned(fault, method, path, times))

    def forgive(self) -> None:
        """Let nothing more fail that was planned."""
        with self._lock:
            self._planned.clear()

    def posted(self) -> list[Request]:
        """What was asked to be made or changed, in order."""
        return [request for request in self.requests if request.method == "POST"]

    def wait_for(self, seen: Callable[["FakeTwilio"], bool]) -> None:
        """Wait until `seen(self)`; for stories in which another process does the asking."""
        wait_until(lambda: seen(self))

    def wait_until_quiet(self) -> None:
        """Wait until all is answered that was asked, by a process that was killed too."""
        self._server.wait_until_quiet()

    @contextmanager
    def answers_held(self) -> Iterator[None]:
        """While this lasts, nothing that is asked is answered."""
        with self._lock:
            yield

    def take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            for planned in self._planned:
                if planned.left and planned.method in (None, request.method) and planned.path in request.path:
                    planned.left -= 1
                    return planned.fault
        return None

    def answer(self, request: Request) -> Reply:
        try:
            self._check_credentials(request)
            route, names = self._route(request)
            with self._lock:
                return route.answer(request, **names)
        except ApiError as error:
            return error.reply()

    def _check_credentials(self, request: Request) -> None:
        if request.user is None:
            raise ApiError(401, 20003, "Authentication Error - No credentials provided", detail=_WHO)
        if request.user != self.account_sid or request.password not in {self.auth_token, self.other_token}:
            raise ApiError(401, 20003, "Authentication Error - invalid username", detail=_WHO)

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            match = re.fullmatch(route.pattern, request.path)
            if match and route.method == request.method:
                return route, match.groupdict()
        raise ApiError(404, 20404, f"The requested resource {request.path} was not found")


_WHO = "Your AccountSid or AuthToken was incorrect."


class _Handler(QuietHandler):
    @property
    def fake(self) -> FakeTwilio:
        return self.server.fake  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, *_: object) -> None:
        pass

    def send_json(self, reply: Reply) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_body(reply.status, body, "application/json", reply.headers)

    def send_body(
        self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        request = self._read()
        self.fake.requests.append(request)
        self.fake.connections.add(self.client_address)
        fault = self.fake.take_fault(request)
        try:
            if isinstance(fault, Close) and fault.after:
                self.fake.answer(request)
            if fault is not None:
                fault.play(self)
            else:
                self.send_json(self.fake.answer(request))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a client that gave up: what the fault was for

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        user, password = _basic(self.headers.get("Authorization"))
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(_pairs(parts.query)),
            form=parse_qs(body, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            user=user,
            password=password,
            body=body,
        )


def _basic(header: str | None) -> tuple[str | None, str | None]:
    if not header or not header.startswith("Basic "):
        return None, None
    user, _, password = base64.b64decode(header[6:]).decode().partition(":")
    return user, password


def _pairs(query: str) -> Iterator[tuple[str, Any]]:
    for name, values in parse_qs(query, keep_blank_values=True).items():
        yield name, values[-1]
