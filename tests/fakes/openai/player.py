"""Plays the steps of a reply over a connection, and watches whether the client is still there."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.openai.exchange import Exchange
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.steps import Drop, Hang, IfAsked, Pause, Send, Until


class ClientGone(Exception):
    """The client closed its side while a reply was under way."""


class Player:
    """Plays one reply. stopping: set when the server stops."""

    def __init__(
        self, handler: BaseHTTPRequestHandler, exchange: Exchange, reply: Reply, stopping: threading.Event
    ) -> None:
        self._handler = handler
        self._exchange = exchange
        self._reply = reply
        self._stopping = stopping
        self._clock = exchange.started_at

    def play(self) -> None:
        if not self._play_steps(self._reply.before_headers, raw=True):
            return
        self._send_headers()
        if self._play_steps(self._reply.steps, raw=not self._reply.chunked) and self._reply.chunked:
            self._handler.wfile.write(b"0\r\n\r\n")

    def _send_headers(self) -> None:
        self._handler.send_response(self._reply.status)
        for name, value in self._reply.headers.items():
            self._handler.send_header(name, value)
        framing = ("Transfer-Encoding", "chunked") if self._reply.chunked else ("Connection", "close")
        self._handler.send_header(*framing)
        self._handler.end_headers()

    def _play_steps(self, steps: Iterable[Any], *, raw: bool) -> bool:
        """Play steps; False where the connection was dropped."""
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
            elif isinstance(step, Until):
                self._wait(step.event)
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
        while not self._stopping.is_set():
            left = self._clock - time.monotonic()
            if left <= 0:
                return
            self._watch(min(left, 0.1))
        raise ClientGone

    def _wait(self, event: threading.Event) -> None:
        while not event.is_set():
            if self._stopping.is_set():
                raise ClientGone
            self._watch(0.01)

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
