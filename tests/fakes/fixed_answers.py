"""A server on loopback that answers each path as it was told: whatever program may listen at an address.

with FixedAnswers({"/health": answer({"status": "ok"})}) as server:
    ... server.url ...
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """What is answered: bytes as they are. headers: beside the length."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return Answer(json.dumps(body).encode(), status, {"Content-Type": "application/json", **headers})


HANG = Answer(b"", -1)
"""No answer, until the server is closed."""

Told = Answer | Callable[[dict[str, str]], Answer]
"""An answer, or a function of the query."""


class FixedAnswers:
    """The server. answers: by path; any other path is not found. asked: the paths, in order."""

    def __init__(self, answers: Mapping[str, Told]) -> None:
        self.answers, self.asked, self.closing = dict(answers), list[str](), threading.Event()
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def to(self, target: str) -> Answer:
        parts = urlsplit(target)
        self.asked.append(parts.path)
        told = self.answers.get(parts.path, Answer(b"not found", 404))
        return told if isinstance(told, Answer) else told(dict(parse_qsl(parts.query)))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: FixedAnswers) -> None:
        self.answers = answers
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        told = self.server.answers.to(self.path)
        if told.status < 0:
            self.server.answers.closing.wait()
            self.close_connection = True
            return
        self.send_response_only(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    do_HEAD = do_POST = do_GET
