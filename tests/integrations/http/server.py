"""A server on loopback, and requests to it that are refused."""

import json
import socket
import threading
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.errors import IntegrationError
from integrations.http.json_client import JsonHttp

SECRET = "sk-secret-token"


@dataclass
class Asked:
    command: str
    path: str
    headers: Message
    body: bytes
    client_address: tuple[str, int]


class Server(ThreadingHTTPServer):
    """Answers each request with what `answer(handler)` does. What came is in `asked`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.closing = threading.Event()
        self.answer = lambda handler: handler.say(200, {})
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Clients that go away are what some of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format, *args):
        pass

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, self.headers, body, self.client_address)
        self.server.asked.append(asked)
        self.server.answer(self)

    do_GET = do_POST = do_PATCH = do_DELETE = do

    def say(self, status, body=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(status, {"Content-Length": str(len(content)), **headers})
        self.wfile.write(content)

    def begin(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drip(self, status, pause_s=0.02):
        self.begin(status, {"Content-Length": "100000"})
        while not self.server.closing.wait(pause_s):
            self.wfile.write(b" ")

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


def make(url, **options):
    return JsonHttp(url, name="Acme", headers={"api_access_token": SECRET}, **options)


def refused(api, method="POST", path=f"/inboxes/{SECRET}", **request):
    with pytest.raises(IntegrationError) as raised:
        api.request(method, path, **request)
    seen = f"{raised.value} {raised.value!r} {raised.value.__cause__}"
    assert SECRET not in seen
    assert "127.0.0.1" not in seen
    assert "Acme" in seen
    return raised.value
