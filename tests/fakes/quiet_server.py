"""A server of HTTP that knows when nothing is left to be answered, such as requests of a process that was killed."""

import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.waiting import wait_until

_LOOK_AGAIN_S = 0.01
"""Between two looks: in between, a request that was read is seen to be answered."""


class QuietServer(ThreadingHTTPServer):
    """The server. Its handlers are QuietHandlers."""

    daemon_threads = True
    request_queue_size = 128  # a rush of connections is none of the faults

    def __init__(self, *arguments: Any) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._answering = 0
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def count_answering(self, change: int) -> None:
        """Count a request that is being answered (1), or no longer is (-1)."""
        with self._lock:
            self._answering += change

    def wait_until_quiet(self) -> None:
        """Wait until nothing is being answered, and nothing waits to be read."""
        wait_until(lambda: self._is_quiet() and not time.sleep(_LOOK_AGAIN_S) and self._is_quiet())

    def _is_quiet(self) -> bool:
        with self._lock:
            # A connection is readable too where its client is gone: what it asked may not have been answered yet
            return not self._answering and not select.select([self.socket, *self._open], [], [], 0)[0]


class QuietHandler(BaseHTTPRequestHandler):
    """Answers the requests of a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms each without
    server: QuietServer

    def parse_request(self) -> bool:
        """Read the headers of a request whose first line has come."""
        self._is_answering = True
        self.server.count_answering(1)
        return super().parse_request()

    def handle_one_request(self) -> None:
        self._is_answering = False
        try:
            super().handle_one_request()
        finally:
            if self._is_answering:
                self.server.count_answering(-1)
