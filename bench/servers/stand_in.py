"""Serves a stand-in for an external API on loopback: HTTP/1.1 over bare asyncio.

It takes as little as can be of the processor that what is measured runs on.
"""

import asyncio
import json
import re
from collections.abc import Callable

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class StandIn(asyncio.Protocol):
    """One kept connection: a request, what is sent for it, the next request."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_ends = self._received.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        length = _LENGTH.search(self._received, 0, head_ends)
        ends = head_ends + 4 + (int(length[1]) if length else 0)
        if len(self._received) < ends:
            return
        request, self._received = self._received[:ends], self._received[ends:]
        method, target, _ = request[:head_ends].split(b" ", 2)
        self.asked(method.decode(), target.decode(), request[head_ends + 4 :])

    def asked(self, method: str, target: str, body: bytes) -> None:
        """Answer a whole request, now or later."""
        raise NotImplementedError

    def reply(self, value: object, status: str = "200 OK") -> None:
        """Answer with JSON."""
        self.send(json.dumps(value).encode(), "application/json", status)

    def send(self, body: bytes, kind: str, status: str = "200 OK") -> None:
        """Answer with a document. kind: its content type."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def serve(connection: Callable[[], StandIn], port: int) -> None:
    """Serve until the process is told to end."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()
