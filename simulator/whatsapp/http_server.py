"""Serves HTTP on loopback: passes each request to a function, and sends its reply."""

import base64
import binascii
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulator.closable import Closable

MAX_FORM_BYTES = 1024 * 1024
BLOCK = b"\0" * 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request. credentials: user and password; None: none."""

    method: str
    path: str
    query: dict[str, str]
    form: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    credentials: tuple[str, str] | None

    def value(self, name: str) -> str | None:
        """Return a field's last value; an empty one counts as missing, as with Twilio."""
        return dict(self.form).get(name) or None

    def values(self, name: str) -> tuple[str, ...]:
        """Return all values of a field, except empty ones."""
        return tuple(value for field_name, value in self.form if field_name == name and value)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response.

    padding_bytes: zeros sent after the body. length: a false Content-Length. chunked: sends no Content-Length.
    lost: breaks the connection instead. then: called after the reply was sent.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    padding_bytes: int = 0
    length: int | None = None
    chunked: bool = False
    lost: bool = False
    then: Callable[[], None] | None = None

    @classmethod
    def of_json(cls, status: int, body: Mapping[str, Any], **more: Any) -> "Reply":
        """Return a reply of Twilio's REST API."""
        return cls(status, json.dumps(body).encode(), **more)


class LoopbackServer(Closable):
    """A server on 127.0.0.1 with a thread for each request. Close it, or use `with`.

    port: 0: any free port. Raises OSError if the port is taken.
    """

    def __init__(self, answer: Callable[[Request], Reply], port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.answer = answer
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # 0.02: the seconds between two checks for the end, which `close` waits for
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    answer: Callable[[Request], Reply]

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing about clients that closed the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms each without
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal shows the conversation."""

    def _handle(self) -> None:
        reply = self.server.answer(self._read())
        try:
            self._send(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a client that stopped reading, for instance a huge file
        if reply.then is not None:
            reply.then()

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = min(int(self.headers.get("Content-Length") or 0), MAX_FORM_BYTES)
        body = self.rfile.read(length).decode(errors="replace")
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            form=tuple(parse_qsl(body, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            credentials=_basic(self.headers.get("Authorization")),
        )

    def _send(self, reply: Reply) -> None:
        if reply.lost:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        true_length = len(reply.body) + reply.padding_bytes
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(true_length if reply.length is None else reply.length))
        if reply.length not in (None, true_length):
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self._send_body(reply)

    def _send_body(self, reply: Reply) -> None:
        self._write(reply.body, reply.chunked)
        left = reply.padding_bytes
        while left > 0:
            self._write(BLOCK[:left], reply.chunked)
            left -= len(BLOCK)
        if reply.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes, chunked: bool) -> None:
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)


def _basic(header: str | None) -> tuple[str, str] | None:
    if not header or not header.lower().startswith("basic "):
        return None
    try:
        user, _, password = base64.b64decode(header[6:]).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password
