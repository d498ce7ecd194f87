"""360dialog on loopback: real HTTP, Meta's checks and errors, webhooks, and faults on demand.

    with FakeDialog360() as whatsapp:
        whatsapp.webhooks.url = "http://127.0.0.1:5000/webhook/360dialog"
        whatsapp.people.write("+34600000001", "Hola")
        Dialog360(whatsapp.api_key, api_url=whatsapp.url).send_text("+34600000001", "Buenos días")
        whatsapp.webhooks.settle()

Receipts follow each message by themselves, as `messages.script` says.
"""

import hashlib
import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.dialog360.messages import Messages
from tests.fakes.dialog360.people import People
from tests.fakes.dialog360.shapes import MetaError, Reply, Request, own_error
from tests.fakes.dialog360.templates import Templates
from tests.fakes.dialog360.webhooks import Webhooks

API_KEY = "d360-0123456789abcdef"
OUR_NUMBER = "+12025550100"
LINK_S = 300
METAS_HOST = "https://lookaside.fbsbx.com"


@dataclass(frozen=True)
class Refuse:
    """Answer with Meta's error. wrapped: as 360dialog passes some of them on."""

    code: int
    status: int = 400
    title: str = "Refused for the test"
    wrapped: bool = False
    retry_after: str | None = None


@dataclass(frozen=True)
class Answer:
    """Answer just this. A body of bytes goes out as it is."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """Answer nothing, until the fake is closed."""


@dataclass(frozen=True)
class Close:
    """Close the connection with no answer. after: what was asked is done, and only the answer is lost."""

    after: bool = False


Fault = Refuse | Answer | Hang | Close


@dataclass
class File:
    """A file that somebody sent. said_size: what is told of its size, where that is not the truth.

    link: where the first answer says it is, in place of Meta's host. chunked: it comes with no length.
    """

    content: bytes
    mime_type: str
    said_size: int | None = None
    link: str | None = None
    chunked: bool = False
    expires_at: float = 0


class FakeDialog360:
    """The server. What it was asked is in `requests`, in order. clock: seconds since 1970."""

    def __init__(
        self, api_key: str = API_KEY, *, our_number: str = OUR_NUMBER, clock: Callable[[], float] = time.time
    ) -> None:
        self.api_key = api_key
        self.our_number = our_number
        self.clock = clock
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.contact_book: set[str] = set()
        self.webhooks = Webhooks(our_number)
        self.templates = Templates()
        self.messages = Messages(self.webhooks, clock)
        self.people = People(
            self.webhooks, make_wamid=self.messages.make_wamid, now=clock, hears=self.messages.hears
        )
        self._files: dict[str, File] = {}
        self._numbers = itertools.count(1037543291543636)
        self._faults: list[tuple[Fault, str]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = _Server(self)
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

    def fail(self, fault: Fault, *, path: str = "", times: int = 1) -> None:
        """Let the next `times` requests with that in their path end so, in the order planned."""
        with self._lock:
            self._faults += [(fault, path)] * times

    def put(self, content: bytes, mime_type: str = "image/jpeg", **how: Any) -> str:
        """Keep a file and return its media id. how: as File has it."""
        media_id = str(next(self._numbers))
        self._files[media_id] = File(content, mime_type, **how)
        return media_id

    def take_fault(self, request: Request) -> Fault | None:
        with self._lock:
            for planned in self._faults:
                if planned[1] in request.path:
                    self._faults.remove(planned)
                    return planned[0]
        return None

    def answer(self, request: Request) -> Reply:
        if request.headers.get("d360-api-key") != self.api_key:
            return own_error(401, "Invalid api_key")
        try:
            with self._lock:
                return self._answer(request)
        except MetaError as error:
            return error.reply()

    def _answer(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/messages"):
            return self.messages.post(request.body)
        if request.method == "GET" and request.path == "/whatsapp_business/attachments/":
            return self._file(request)
        if (request.method, request.path) == ("DELETE", "/contact_book"):
            return self._forget(request.query.get("bsuid", ""))
        if request.path == "/v1/configs/webhook":
            return self._webhook(request)
        if (request.method, request.path) == ("GET", "/v1/configs/templates"):
            return self.templates.page(request)
        if request.method == "GET" and re.fullmatch(r"/[0-9]+", request.path):
            return self._where(request.path[1:])
        return own_error(404, "Not Found")

    def _webhook(self, request: Request) -> Reply:
        if request.method == "POST":
            self.webhooks.url, self.webhooks.headers = request.body["url"], request.body.get("headers", {})
        return Reply(200, {"url": self.webhooks.url or "", "headers": self.webhooks.headers})

    def _forget(self, user_id: str) -> Reply:
        if user_id not in self.contact_book:
            return Reply(400, {"messaging_product": "whatsapp", "success": False, "deleted": 0})
        self.contact_book.discard(user_id)
        return Reply(200, {"messaging_product": "whatsapp", "success": True, "deleted": 1})

    def _where(self, media_id: str) -> Reply:
        file = self._files.get(media_id)
        if file is None:
            details = f"Unsupported get request. Object with ID '{media_id}' does not exist"
            raise MetaError(100, details, status=404)
        file.expires_at = self.clock() + LINK_S
        query = urlencode({"mid": media_id, "ext": int(file.expires_at), "hash": _hash(media_id)})
        told = {
            "messaging_product": "whatsapp",
            "url": file.link or f"{METAS_HOST}/whatsapp_business/attachments/?{query}",
            "mime_type": file.mime_type,
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "file_size": len(file.content) if file.said_size is None else file.said_size,
            "id": media_id,
        }
        return Reply(200, told)

    def _file(self, request: Request) -> Reply:
        media_id = request.query.get("mid", "")
        file = self._files.get(media_id)
        if file is None or request.query.get("hash") != _hash(media_id) or self.clock() > file.expires_at:
            return own_error(404, "Not Found")
        headers = {"Content-Type": file.mime_type}
        return Reply(200, file.content, headers | ({"Transfer-Encoding": "chunked"} if file.chunked else {}))


def _hash(media_id: str) -> str:
    return f"ARs{hashlib.sha256(media_id.encode()).hexdigest()[:20]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeDialog360) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough is what some tests are about; whatever else fails here is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def fake(self) -> FakeDialog360:
        assert isinstance(self.server, _Server)
        return self.server.fake

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        request = self._read()
        fault = self.fake.take_fault(request)
        self.fake.requests.append(request)
        try:
            if fault is None:
                self._reply(self.fake.answer(request))
            else:
                self._play(fault, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a client that gave up

    def _play(self, fault: Fault, request: Request) -> None:
        if isinstance(fault, Refuse):
            refused = MetaError(fault.code, fault.title, status=fault.status, wrapped=fault.wrapped).reply()
            headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            return self._send(Reply(refused.status, refused.body, headers))
        if isinstance(fault, Answer):
            return self._send(Reply(fault.status, fault.body, fault.headers))
        if isinstance(fault, Hang):
            self.fake.closing.wait()
        elif fault.after:
            self._tell(self.fake.answer(request))
        self.close_connection = True
        return None

    def _reply(self, reply: Reply) -> None:
        answered = threading.Event()
        self._tell(reply, after=None if self.fake.messages.receipts_first else answered)
        if self.fake.messages.receipts_first:
            self.fake.webhooks.settle()
        try:
            self._send(reply)
        finally:
            answered.set()

    def _tell(self, reply: Reply, after: threading.Event | None = None) -> None:
        for value in reply.then:
            self.fake.webhooks.deliver(value, after=after)

    def _send(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        chunked = "Transfer-Encoding" in reply.headers
        framing = {} if chunked else {"Content-Length": str(len(body))}
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **framing, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(
            self.command, parts.path, dict(parse_qsl(parts.query)), headers, json.loads(body or b"{}")
        )
