"""Where the fake Chatwoot's files are: another origin, like S3, under addresses that are signed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.chatwoot.routes import Reply


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    gone: bool = False


class FileStore:
    """redirect_to: a Location in place of the store's own address. redirect_status: 301 or 302. hops: by way of so
    many more of its addresses. leaks: requests that brought a token or a password which is none of its business.
    status: what it answers. length: what Content-Length says, where that is not the truth. chunked: it says none.
    hang: it answers nothing. content_type: in place of the file's own.
    """

    def __init__(self, find: Callable[[str], tuple[bytes, str] | None]) -> None:
        self.asked: list[Asked] = []
        self.redirect_to: str | None = None
        self.redirect_status = 302
        self.hops = 0
        self.status = 200
        self.length: int | None = None
        self.chunked = False
        self.hang = False
        self.content_type: str | None = None
        self.closing = threading.Event()
        self.find = find
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def leaks(self) -> list[Asked]:
        secrets = ("authorization", "api_access_token", "cookie")
        return [asked for asked in self.asked if any(name in asked.headers for name in secrets)]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def redirect(self, key: str) -> Reply:
        """What Chatwoot answers to a link."""
        if self.find(key) is None:
            return Reply(404, {"status": 404, "error": "Not Found"})
        location = self.redirect_to
        if location is None:
            location = f"{self.url}/{self.hops}/{key}?X-Amz-Signature=1"
        return Reply(self.redirect_status, None, {"Location": location})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, store: FileStore) -> None:
        self.store = store
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.server.store.asked.append(asked)
        try:
            self._answer(self.server.store)
        except OSError:
            asked.gone = True
            self.close_connection = True

    def _answer(self, store: FileStore) -> None:
        _, hops, key = self.path.partition("?")[0].split("/")
        found = store.find(key)
        if store.hang:
            store.closing.wait()
            self.close_connection = True
        elif int(hops):
            self._say(307, {"Location": f"/{int(hops) - 1}/{key}", "Content-Length": "0"})
        elif found is None:
            self._say(403, {"Content-Length": "0"})
        else:
            self._serve(store, found[0], store.content_type or found[1])

    def _serve(self, store: FileStore, content: bytes, content_type: str) -> None:
        size = len(content) if store.length is None else store.length
        framing = {"Transfer-Encoding": "chunked"} if store.chunked else {"Content-Length": str(size)}
        self._say(store.status, {"Content-Type": content_type, **framing})
        if store.chunked:
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content))
        else:
            self.wfile.write(content)
            self.close_connection = store.length is not None

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
