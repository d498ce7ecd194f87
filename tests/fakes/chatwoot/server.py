"""The fake Chatwoot's HTTP: requests read as Rails reads them, faults on demand, and going down and coming up again."""

import io
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.formparser import parse_form_data

from tests.fakes.chatwoot.backend import Upload
from tests.fakes.chatwoot.routes import Reply, Request


@dataclass(frozen=True)
class Status:
    """Answer with this, and do nothing; after: it is done all the same."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False


@dataclass(frozen=True)
class Page:
    """Answer with a page, as a proxy in between does, and as Rack::Attack does: Page(429, "Retry later")."""

    status: int = 502
    html: str = "<html><body><h1>Bad Gateway</h1></body></html>"
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False


@dataclass(frozen=True)
class Hang:
    """Answer nothing, for as long as it is up. after: what was asked is done: a time-out that lies."""

    after: bool = False


@dataclass(frozen=True)
class Drip:
    """Answer a byte at a time, and never wholly."""

    interval_s: float = 0.05
    after: bool = False


@dataclass(frozen=True)
class Close:
    """Close the connection with no answer. after: what was asked is done, and only the answer is lost."""

    after: bool = False


@dataclass(frozen=True)
class Meanwhile:
    """Answer as ever, once this has happened."""

    happens: Callable[[], object]


Fault = Status | Page | Hang | Drip | Close | Meanwhile


@dataclass
class _Planned:
    fault: Fault
    method: str | None
    path: str
    left: int


Answerer = Callable[[Request], tuple[Reply, Callable[[], None]]]


class Server:
    """Starts and stops, at one address. answer: gives the reply, and what is to be done once it is out."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self.hanging = 0
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._port = taken.getsockname()[1]
        self._server: _HttpServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self.stopping.clear()
        self._server = _HttpServer(self, self._port)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Harmless where it has stopped."""
        self.stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        with self._lock:
            for connection in self._connections:
                _drop(connection)

    def plan(self, fault: Fault, method: str | None, path: str, times: int) -> None:
        with self._lock:
            self._planned.append(_Planned(fault, method, path, times))

    def take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            for planned in self._planned:
                if planned.left and planned.method in (None, request.method) and planned.path in request.path:
                    planned.left -= 1
                    return planned.fault
        return None

    def connected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, server: Server, port: int) -> None:
        self.owner = server
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def setup(self) -> None:
        super().setup()
        self.server.owner.connected(self.connection)

    def finish(self) -> None:
        self.server.owner.disconnected(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def _handle(self) -> None:
        owner = self.server.owner
        request = self._read()
        fault = owner.take_fault(request)
        if isinstance(fault, Meanwhile):
            fault.happens()
        if fault is None or isinstance(fault, Meanwhile):
            reply, afterwards = owner.answer(request)
            try:
                self._say(reply.status, _written(reply.body), reply.headers)
            finally:
                afterwards()
            return
        if fault.after:
            owner.answer(request)[1]()
        self._play(fault)

    def _play(self, fault: Status | Page | Hang | Drip | Close) -> None:
        match fault:
            case Status(status, body, headers):
                self._say(status, _written(body), headers)
            case Page(status, html, headers):
                self._say(status, html.encode(), {"Content-Type": "text/html", **headers})
            case Hang():
                self.server.owner.hanging += 1
                self.server.owner.stopping.wait()
                _drop(self.connection)
            case Drip(interval_s):
                self._drip(interval_s)
            case Close():
                _drop(self.connection)
        self.close_connection = self.close_connection or isinstance(fault, Hang | Drip | Close)

    def _drip(self, interval_s: float) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.owner.stopping.wait(interval_s):
            self.wfile.write(b" ")

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params, files = _params(content, self.headers.get("Content-Type", ""))
        return Request(
            method=self.command,
            path=unquote(parts.path),
            headers={name.lower(): value for name, value in self.headers.items()},
            params={**dict(parse_qsl(parts.query)), **params},
            files=files,
        )


def _params(content: bytes, content_type: str) -> tuple[dict[str, Any], list[Upload]]:
    if content_type.startswith("application/json"):
        found = json.loads(content or b"{}")
        return (found if isinstance(found, dict) else {}), []
    environ = {
        "wsgi.input": io.BytesIO(content),
        "CONTENT_LENGTH": str(len(content)),
        "CONTENT_TYPE": content_type,
    }
    _, fields, files = parse_form_data(environ)
    attached = [
        (file.filename or "", file.read(), file.content_type or "") for file in files.getlist("attachments[]")
    ]
    return fields.to_dict(), attached


def _written(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


def _drop(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # gone already
