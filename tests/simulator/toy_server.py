"""A server on loopback that answers what the test tells it to, and remembers what it was asked."""

import socket
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.waiting import PATIENCE_S

XML = "text/xml; charset=utf-8"


def response(*verbs):
    return f"<Response>{''.join(verbs)}</Response>"


@dataclass
class Reply:
    body: str | bytes = response()
    status: int = 200
    content_type: str | None = XML
    headers: dict = field(default_factory=dict)
    hangs: bool = False
    dies: bool = False
    drips: bool = False
    waits_for: threading.Event | None = None


@dataclass
class Asked:
    method: str
    target: str
    headers: dict
    pairs: list

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def form(self):
        return dict(self.pairs)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # the standard 5 resets connections when many phones ring at once


class ToyServer:
    def __init__(self):
        self.asked = []
        self.over = threading.Event()
        self._replies = defaultdict(deque)
        self._http = _Http(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_port}"

    def on(self, path, *replies):
        """The replies to a path, one after the other; the last one stays."""
        self._replies[path] = deque(reply if isinstance(reply, Reply) else Reply(reply) for reply in replies)

    def asked_for(self, path):
        return [asked for asked in self.asked if asked.path == path]

    def close(self):
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _reply(self, path):
        queue = self._replies.get(path)
        if not queue:
            return Reply(status=404)
        return queue.popleft() if len(queue) > 1 else queue[0]

    def _handler(server):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer([])

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                self.answer(parse_qsl(body, keep_blank_values=True))

            def answer(self, pairs):
                asked = Asked(self.command, self.path, dict(self.headers), pairs)
                server.asked.append(asked)
                reply = server._reply(asked.path)
                if reply.waits_for:
                    reply.waits_for.wait(PATIENCE_S)
                if reply.hangs:
                    server.over.wait(PATIENCE_S)
                elif reply.dies:
                    self.connection.shutdown(socket.SHUT_RDWR)
                elif reply.drips:
                    self.drip()
                else:
                    self.send(reply)

            def send(self, reply):
                body = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.content_type is not None:
                    self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def drip(self):
                self.send_response(200)
                self.send_header("Content-Type", XML)
                self.end_headers()
                try:
                    while not server.over.wait(0.02):
                        self.wfile.write(b" ")
                except OSError:
                    return

            def log_message(self, *args):
                pass

        return Handler
