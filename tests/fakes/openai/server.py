"""A scripted server of Chat Completions and of the Responses API on loopback, over real HTTP/1.1 with keep-alive.

    with FakeOpenAI() as fake:
        fake.enqueue(text("Hola. ¿En qué puedo ayudarle?", tokens_per_s=40), error(500))
        ... OpenAI(base_url=fake.base_url) ...
        assert fake.requests[0].body["model"] == "gpt-5.4-mini"

Recordings are written down too, by replies of their own (transcript, or any of the others):

        fake.enqueue_transcripts(transcript("Quería una cita."), rate_limited())
        assert fake.recordings[0].body["file"] == Upload("nota.ogg", "audio/ogg", b"OggS...")

The replies are in replies.py, and those of the Responses API in responses.py. Pauses watch the socket: when the client
goes away, the reply ends and `Exchange.gone_at` says when.
"""

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.fakes.openai import responses
from tests.fakes.openai.exchange import Exchange, read_body
from tests.fakes.openai.player import ClientGone, Player
from tests.fakes.openai.replies import Replier, Reply, json_reply, text, transcript
from tests.waiting import wait_until

TRANSCRIPTIONS = "/v1/audio/transcriptions"
CHAT, RESPONSES = "/chat/completions", "/responses"
LEARNING_TOKENS = 300
"""The limit of the answer that a model is asked for only to know how its answers begin."""


class FakeOpenAI:
    """The server. default: what is answered once the queue is empty (a Reply, or a function of the body)."""

    def __init__(self, default: Reply | Replier | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.default = default or text("Claro. Abrimos de nueve a dos.")
        self.models = json_reply({"object": "list", "data": []})
        """What is answered to who asks for all models."""
        self.requests: list[Exchange] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.warming: Reply = text("x")
        """What a request for a single token is answered with, which a server's cache is warmed by."""
        self.learning: Reply = text("Hola.")
        """What is answered to who asks only to know how the model's answers begin."""
        self._warmings: deque[Reply] = deque()
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
    def root_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    @property
    def chats(self) -> list[Exchange]:
        """The requests for completions alone, but for those that prepare a server."""
        asked = [request for request in self.requests if request.path == "/v1/chat/completions"]
        return [request for request in asked if not warms(request) and not learns(request)]

    @property
    def warmings(self) -> list[Exchange]:
        """The requests for a single token."""
        return [request for request in self.requests if warms(request)]

    @property
    def learnings(self) -> list[Exchange]:
        """The requests of who asks only to know how the model's answers begin."""
        return [request for request in self.requests if learns(request)]

    @property
    def recordings(self) -> list[Exchange]:
        """The requests for transcripts alone."""
        return [request for request in self.requests if request.path == TRANSCRIPTIONS]

    def enqueue(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order."""
        with self._lock:
            self._queue.extend(replies)

    def enqueue_warmings(self, *replies: Reply) -> None:
        """Answer the next requests for a single token with these, in order."""
        with self._lock:
            self._warmings.extend(replies)

    def enqueue_transcripts(self, *replies: Reply) -> None:
        """Answer the next recordings with these, in order; afterwards with a sentence of the fake's own."""
        with self._lock:
            self._transcripts.extend(replies)

    def wait_for(self, true: Callable[[], Any]) -> bool:
        """Wait until a condition on this server holds."""
        return bool(wait_until(true))

    def connected(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def reply_to(self, exchange: Exchange) -> Reply:
        with self._lock:
            self.requests.append(exchange)
            path = exchange.path.partition("?")[0]
            if path == TRANSCRIPTIONS:
                return self._transcripts.popleft() if self._transcripts else transcript("Quería pedir cita.")
            if path == "/v1/models":
                return self.models
            if not path.endswith((CHAT, RESPONSES)):
                return json_reply({"id": "fake-model", "object": "model"})
            if warms(exchange):
                return self._warmings.popleft() if self._warmings else self.warming
            if learns(exchange):
                return self.learning
            if self._queue:
                return self._queue.popleft()
            if path.endswith(RESPONSES):
                return responses.text("Claro. Abrimos de nueve a dos.")
        return self.default(exchange.body) if callable(self.default) else self.default


def warms(exchange: Exchange) -> bool:
    return _limit(exchange) == 1


def learns(exchange: Exchange) -> bool:
    return _limit(exchange) == LEARNING_TOKENS


def _limit(exchange: Exchange) -> Any:
    if not isinstance(exchange.body, dict):
        return None
    return exchange.body.get("max_tokens") or exchange.body.get("max_completion_tokens")


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
        body = read_body(written, self.headers.get("Content-Type", ""))
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
            Player(self, exchange, reply, self.server.fake.stopping).play()
        except (ClientGone, OSError):
            exchange.gone_at = time.monotonic()
            self.close_connection = True
        exchange.ended_at = time.monotonic()
