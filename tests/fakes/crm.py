"""A CRM's end of the hook, on loopback: checks what comes as its documentation says, and takes each event once.

    with FakeCrm("secret") as crm:
        CrmWebhook(crm.url, "secret").post(event, key="k-1", now=now)
        assert crm.events == [event]

What it answers wrongly is asked for beforehand: `crm.plan(Refuse(503), times=2)`.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.waiting import wait_until

OLDEST_S = 300


@dataclass(frozen=True)
class Posted:
    """A request as it came."""

    headers: dict[str, str]
    body: bytes
    problem: tuple[int, str] | None
    """What it was refused with, and why; None: nothing was wrong with it."""

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True)
class Refuse:
    """Answer so. headers: Retry-After or Location, for instance."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """Answer nothing, until the fake is closed."""


@dataclass(frozen=True)
class LoseAnswer:
    """Take the event, and close the connection in place of an answer."""


@dataclass(frozen=True)
class Ramble:
    """Take the event, and answer with far more than anybody reads."""

    length: int


Fault = Refuse | Hang | LoseAnswer | Ramble


class FakeCrm:
    """The server. `posted`: all that came; `events`: what was taken, in order, each key once.

    clock: seconds since 1970, by which signatures grow old.
    """

    def __init__(self, secret: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self.posted: list[Posted] = []
        self.events: list[Any] = []
        self.closing = threading.Event()
        self._secret, self._clock = secret, clock
        self._keys: set[str] = set()
        self._plan: list[Fault] = []
        self._lock = threading.Lock()
        self._server = _Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hooks/assistant/"

    def plan(self, fault: Fault, *, times: int = 1) -> None:
        """Treat the next requests so, after those that were planned before."""
        with self._lock:
            self._plan += [fault] * times

    def wait_for(self, true: Callable[[], Any]) -> bool:
        """Wait until a condition on this server holds."""
        return bool(wait_until(true))

    def receive(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Fault | tuple[int, str]:
        """Take a request, or not; return how it is answered."""
        problem = self._problem(method, path, headers, body)
        with self._lock:
            posted = Posted(headers, body, problem)
            self.posted.append(posted)
            fault = self._plan.pop(0) if self._plan else None
            if problem is None and (fault is None or isinstance(fault, LoseAnswer | Ramble)):
                self._take(posted)
        return fault or problem or (202, "taken")

    def _take(self, posted: Posted) -> None:
        if posted.key not in self._keys:
            self._keys.add(posted.key)
            self.events.append(json.loads(posted.body))

    def _problem(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str] | None:
        if (method, path) != ("POST", "/hooks/assistant/"):
            return 404, "no such hook"
        if headers.get("content-type") != "application/json; charset=utf-8":
            return 415, "not JSON in UTF-8"
        if not headers.get("idempotency-key"):
            return 400, "no key"
        if not self._is_signed(headers.get("x-signature"), body):
            return 401, "not signed"
        return None

    def _is_signed(self, header: str | None, body: bytes) -> bool:
        if self._secret is None:
            return header is None
        moment, _, digest = (header or "").removeprefix("t=").partition(",v1=")
        if not moment.isdecimal() or abs(self._clock() - int(moment)) > OLDEST_S:
            return False
        expected = hmac.digest(self._secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()
        return hmac.compare_digest(expected, digest)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeCrm) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        answer = self.server.fake.receive(self.command, self.path, headers, body)
        if isinstance(answer, Hang):
            self.server.fake.closing.wait()
        if isinstance(answer, Hang | LoseAnswer):
            self.close_connection = True
        elif isinstance(answer, Refuse):
            self._say(answer.status, "as planned", answer.headers)
        elif isinstance(answer, Ramble):
            self._say(200, "x" * answer.length, {})
        else:
            self._say(*answer, {})

    do_GET = do_POST = do_PUT = do

    def _say(self, status: int, message: str, headers: dict[str, str]) -> None:
        content = json.dumps({"message": message}).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
