"""Twilio's media on loopback: an API behind credentials, and the CDN that it sends one on to.

    with FakeTwilioMedia() as twilio:
        link = twilio.put(b"OggS...", missing_times=1)
        TwilioMedia(twilio.account_sid, twilio.auth_token, api_url=twilio.url).download(link)
        assert twilio.leaks == []

The CDN is another origin. Like S3, it refuses whoever brings an Authorization header; who did is in `leaks`.
"""

import base64
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.waiting import wait_until

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "0f" * 16
MESSAGE_SID = "MM" + "a" * 32


@dataclass
class Asked:
    """A request as it came. gone: whether the client went away before it had the whole answer."""

    path: str
    headers: dict[str, str]
    gone: bool = False


@dataclass
class Served:
    """A file, and how it is served.

    missing_times: how often the API says 404 first. failures: the API's answers before that, by status.
    redirect_to: where the API sends one (a whole Location) in place of the CDN; hops: by way of so many more
    addresses of the CDN. cdn_status: what the CDN answers. length: what its Content-Length says, where that is
    not the truth; chunked: it says none. hang: it answers nothing. drip_s: a byte at a time, with such a pause.
    """

    content: bytes
    content_type: str = "application/octet-stream"
    missing_times: int = 0
    failures: list[int] = field(default_factory=list)
    redirect_to: str | None = None
    redirect_status: int = 307
    hops: int = 0
    cdn_status: int = 200
    length: int | None = None
    chunked: bool = False
    hang: bool = False
    drip_s: float | None = None


class FakeTwilioMedia:
    """The two servers. What they were asked is in `api_asked` and `cdn_asked`, in order."""

    def __init__(self, account_sid: str = ACCOUNT_SID, auth_token: str = AUTH_TOKEN) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.api_asked: list[Asked] = []
        self.cdn_asked: list[Asked] = []
        self.closing = threading.Event()
        self._files: dict[str, Served] = {}
        self._numbers = itertools.count(1)
        self._api = _Server(self, self._at_api)
        self._cdn = _Server(self, self._at_cdn)

    def __enter__(self) -> Self:
        for server in (self._api, self._cdn):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        for server in (self._api, self._cdn):
            server.shutdown()
            server.server_close()

    @property
    def url(self) -> str:
        return self._api.url

    @property
    def cdn_url(self) -> str:
        return self._cdn.url

    @property
    def leaks(self) -> list[Asked]:
        """The requests that brought the CDN credentials which are none of its business."""
        return [asked for asked in self.cdn_asked if "authorization" in asked.headers]

    def put(self, content: bytes, content_type: str = "application/octet-stream", **how: Any) -> str:
        """Keep a file and return its link, as a webhook brings it. how: as Served has it."""
        sid = f"ME{next(self._numbers):032x}"
        self._files[sid] = Served(content, content_type, **how)
        return f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/{MESSAGE_SID}/Media/{sid}"

    def wait_for(self, true: Callable[[], Any]) -> bool:
        """Wait until a condition on this server holds."""
        return bool(wait_until(true))

    def _at_api(self, handler: "_Handler", asked: Asked) -> None:
        self.api_asked.append(asked)
        known = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return handler.say(401, b'{"code": 20003, "status": 401}', {"WWW-Authenticate": "Basic"})
        sid = asked.path.rpartition("/")[2]
        served = self._files.get(sid)
        if served is not None and served.failures:
            return handler.say(served.failures.pop(0))
        if served is None or served.missing_times:
            if served is not None:
                served.missing_times -= 1
            return handler.say(404, b'{"code": 20404, "status": 404}')
        location = served.redirect_to
        if location is None:
            location = f"{self.cdn_url}/{served.hops}/{sid}?signed=1"
        return handler.say(served.redirect_status, b"<Found/>", {"Location": location})

    def _at_cdn(self, handler: "_Handler", asked: Asked) -> None:
        self.cdn_asked.append(asked)
        if "authorization" in asked.headers:
            return handler.say(400, b"<Error><Message>Only one auth mechanism allowed</Message></Error>")
        hops, _, sid = asked.path.partition("?")[0].strip("/").rpartition("/")
        served = self._files.get(sid)
        if served is None:
            return handler.say(403, b"<Error><Code>AccessDenied</Code></Error>")
        if int(hops or 0):
            return handler.say(302, headers={"Location": f"/{int(hops) - 1}/{sid}"})
        return handler.serve(served)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeTwilioMedia, answer: Callable[["_Handler", Asked], None]) -> None:
        self.fake = fake
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"

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
        try:
            self.server.answer(self, asked)
        except OSError:
            asked.gone = True
            self.close_connection = True

    def say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self._begin(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def serve(self, served: Served) -> None:
        if served.hang:
            self.server.fake.closing.wait()
            self.close_connection = True
            return
        size = len(served.content) if served.length is None else served.length
        framing = {"Transfer-Encoding": "chunked"} if served.chunked else {"Content-Length": str(size)}
        self._begin(served.cdn_status, {"Content-Type": served.content_type, **framing})
        if served.drip_s is not None:
            self._drip(served)
        elif served.chunked:
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(served.content), served.content))
        else:
            self.wfile.write(served.content)
            self.close_connection = served.length is not None

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self, served: Served) -> None:
        for position in range(len(served.content)):
            if self.server.fake.closing.wait(served.drip_s):
                break
            self.wfile.write(served.content[position : position + 1])
        self.close_connection = True
