"""A scripted Chat Completions server on loopback, over real HTTP/1.1 with keep-alive.

    with FakeOpenAI() as fake:
        fake.enqueue(text("Hola. ¿En qué puedo ayudarle?", tokens_per_s=40), error(500))
        ... OpenAI(base_url=fake.base_url) ...
        assert fake.requests[0].body["model"] == "gpt-5.4-mini"

Recordings are written down too, by replies of their own (transcript, or any of the others):

        fake.enqueue_transcripts(transcript("Quería una cita."), rate_limited())
        assert fake.recordings[0].body["file"] == Upload("nota.ogg", "audio/ogg", b"OggS...")

The replies are those of openai_replies, to be had from here too. Pauses watch the socket: when the client
goes away, the reply ends and `Exchange.gone_at` says when.
"""

import io
import json
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from werkzeug.formparser import parse_form_data

from tests.fakes.openai.replies import (
    DONE,
    Drop,
    Hang,
    IfAsked,
    Pause,
    Reply,
    Send,
    call_parts,
    chunk,
    data,
    dripping_comments,
    dropped,
    empty,
    ending,
    error,
    error_in_stream,
    garbage,
    hang_before_headers,
    html,
    invalid_key,
    json_reply,
    out_of_quota,
    rate_limited,
    reasoning,
    stalled,
    text,
    tokens_of,
    tool_call,
    tool_calls,
    unframed,
    unknown_parameter,
    usage_chunk,
)

__all__ = [
    "DONE",
    "ClientGone",
    "Drop",
    "Exchange",
    "FakeOpenAI",
    "Hang",
    "IfAsked",
    "Pause",
    "Replier",
    "Reply",
    "Send",
    "Upload",
    "call_parts",
    "chunk",
    "data",
    "dripping_comments",
    "dropped",
    "empty",
    "ending",
    "error",
    "error_in_stream",
    "garbage",
    "hang_before_headers",
    "html",
    "invalid_key",
    "json_reply",
    "out_of_quota",
    "rate_limited",
    "reasoning",
    "stalled",
    "text",
    "tokens_of",
    "tool_call",
    "tool_calls",
    "transcript",
    "unframed",
    "unknown_parameter",
    "usage_chunk",
]

TRANSCRIPTIONS = "/v1/audio/transcriptions"


def transcript(said: str, *, after_s: float = 0) -> Reply:
    """What was said in a recording, as gpt-transcribe answers, after so many seconds."""
    reply = json_reply({"text": said, "languages": [], "usage": {"type": "duration", "seconds": 2}})
    return replace(reply, before_headers=[Pause(after_s)])


@dataclass(frozen=True)
class Upload:
    """A file as a form brought it."""

    filename: str | None
    content_type: str
    content: bytes


@dataclass
class Exchange:
    """One request, and what became of its reply. Times are time.monotonic().

    body: the JSON; of a form, its fields as text, as an Upload, or as a list where the name ends in [].
    """

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: int
    started_at: float
    tokens_sent: int = 0
    first_token_at: float | None = None
    gone_at: float | None = None
    ended_at: float | None = None

    @property
    def cut_short(self) -> bool:
        """Whether the client went away before the reply was out."""
        return self.gone_at is not None


class ClientGone(Exception):
    """The client closed its side while a reply was under way."""


Replier = Callable[[Any], Reply]


class FakeOpenAI:
    """The server. default: what is answered once the queue is empty (a Reply, or a function of the body)."""

    def __init__(self, default: Reply | Replier | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.default = default or text("Claro. Abrimos de nueve a dos.")
        self.requests: list[Exchange] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._queue: deque[Reply] = deque()
        self._transcripts: deque[Reply] = deque()
        self._lock = threading.Lock()
        self._scheme = "https" if tls else "http"
        self._server = _Server(self, tls)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def chats(self) -> list[Exchange]:
        """The requests for completions alone."""
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    @property
    def recordings(self) -> list[Exchange]:
        """The requests for transcripts alone."""
        return [request for request in self.requests if request.path == TRANSCRIPTIONS]

    def enqueue(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order."""
        with self._lock:
            self._queue.extend(replies)

    def enqueue_transcripts(self, *replies: Reply) -> None:
        """Answer the next recordings with these, in order; afterwards with a sentence of the fake's own."""
        with self._lock:
            self._transcripts.extend(replies)

    def wait_for(self, true: Callable[[], Any], timeout_s: float = 5.0) -> bool:
        """Wait until a condition on this server holds; say whether it came to."""
        deadline = time.monotonic() + timeout_s
        while not true():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def connected(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def reply_to(self, exchange: Exchange) -> Reply:
        with self._lock:
            self.requests.append(exchange)
            if exchange.path == TRANSCRIPTIONS:
                return self._transcripts.popleft() if self._transcripts else transcript("Quería pedir cita.")
            if exchange.path != "/v1/chat/completions":
                return json_reply({"id": "fake-model", "object": "model"})
            if self._queue:
                return self._queue.popleft()
        return self.default(exchange.body) if callable(self.default) else self.default


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, fake: FakeOpenAI, tls: ssl.SSLContext | None) -> None:
        self.fake = fake
        self.tls = tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, not in the accepting one."""
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = self.server.fake.connected()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def _exchange(self) -> None:
        written = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = _read(written, self.headers.get("Content-Type", ""))
        exchange = Exchange(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            body,
            self.number,
            time.monotonic(),
        )
        reply = self.server.fake.reply_to(exchange)
        try:
            _Actor(self, exchange, reply).act()
        except (ClientGone, OSError):
            exchange.gone_at = time.monotonic()
            self.close_connection = True
        exchange.ended_at = time.monotonic()


def _read(written: bytes, content_type: str) -> Any:
    if not content_type.startswith("multipart/form-data"):
        return json.loads(written) if written else None
    length = str(len(written))
    environ = {"wsgi.input": io.BytesIO(written), "CONTENT_LENGTH": length, "CONTENT_TYPE": content_type}
    _, fields, files = parse_form_data(environ)
    lists = {name: values for name, values in fields.lists() if name.endswith("[]")}
    uploads = {
        name: Upload(file.filename, file.content_type or "", file.read()) for name, file in files.items()
    }
    return {**fields.to_dict(), **lists, **uploads}


class _Actor:
    """Acts out one reply."""

    def __init__(self, handler: _Handler, exchange: Exchange, reply: Reply) -> None:
        self._handler = handler
        self._exchange = exchange
        self._reply = reply
        self._clock = exchange.started_at

    def act(self) -> None:
        if not self._play(self._reply.before_headers, raw=True):
            return
        self._send_headers()
        if self._play(self._reply.steps, raw=not self._reply.chunked) and self._reply.chunked:
            self._handler.wfile.write(b"0\r\n\r\n")

    def _send_headers(self) -> None:
        self._handler.send_response(self._reply.status)
        for name, value in self._reply.headers.items():
            self._handler.send_header(name, value)
        framing = ("Transfer-Encoding", "chunked") if self._reply.chunked else ("Connection", "close")
        self._handler.send_header(*framing)
        self._handler.end_headers()

    def _play(self, steps: Iterable[Any], *, raw: bool) -> bool:
        """Act out steps; False where the connection was dropped."""
        for step in steps:
            if isinstance(step, IfAsked):
                if not _asks_usage(self._exchange.body):
                    continue
                step = step.send
            if isinstance(step, Drop):
                self._drop()
                return False
            if isinstance(step, Hang):
                self._pause(float("inf"))
            elif isinstance(step, Pause):
                self._pause(step.seconds)
            else:
                self._send(step, raw)
        return True

    def _send(self, step: Send, raw: bool) -> None:
        self._handler.wfile.write(step.data if raw else b"%x\r\n%b\r\n" % (len(step.data), step.data))
        self._exchange.tokens_sent += step.tokens
        if step.tokens and self._exchange.first_token_at is None:
            self._exchange.first_token_at = time.monotonic()

    def _pause(self, seconds: float) -> None:
        # Counted from the last pause's end, so that a slow write does not make the whole stream later.
        self._clock = max(self._clock + seconds, time.monotonic() - 0.05)
        while not self._handler.server.fake.stopping.is_set():
            left = self._clock - time.monotonic()
            if left <= 0:
                return
            self._watch(min(left, 0.1))
        raise ClientGone

    def _watch(self, seconds: float) -> None:
        connection = self._handler.connection
        poller = select.poll()
        poller.register(connection, select.POLLIN)
        if poller.poll(seconds * 1000) and self._is_closed(connection):
            raise ClientGone

    @staticmethod
    def _is_closed(connection: socket.socket) -> bool:
        # Under TLS what comes unasked is a close_notify or the end: nobody pipelines here.
        return isinstance(connection, ssl.SSLSocket) or connection.recv(1, socket.MSG_PEEK) == b""

    def _drop(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


def _asks_usage(body: Any) -> bool:
    return isinstance(body, dict) and bool((body.get("stream_options") or {}).get("include_usage"))
