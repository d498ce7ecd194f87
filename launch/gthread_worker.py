"""gunicorn's threaded worker, with threads for whole requests alone: slow clients wait on the loop's poller."""

import errno
import selectors
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from socket import SHUT_WR, socket
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # ships no types

from launch.client_socket import ClientSocket
from launch.refusals import BodyReader, refusal_of
from launch.request_framing import HeadTooLongError

ARRIVES_WITHIN_S = 10.0
"""From the connection, or the first byte of a later request, to the end of the request."""
CLOSES_WITHIN_S = 2.0
"""For the client's end after ours (RFC 9112 section 9.6), and for all that is unfinished when told to end."""
MOST_READ_AHEAD = 32 * 1024 * 1024
"""Bytes of all unfinished requests together."""
WAIT_AT_ONCE = 16
"""Threads, a quarter of them at most, that wait for the rest of too large requests; as many wait for slow readers."""
MOST_HANDED_OVER = 32 * 1024 * 1024
"""Bytes of all requests that threads are at, as they were read ahead; then those above SMALL are refused."""
SMALL = 64 * 1024
PIPELINED_AT_ONCE = 4
"""Threads, a quarter of them at most, that answer requests sent before the ones ahead of them were answered."""
ENDED_AT_ONCE = 32
PAUSE_S = 0.5

_SCARCE = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PASSING = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
_REFUSAL = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW, _TOO_LONG = b"408 Request Timeout", b"431 Request Header Fields Too Large"
_BUSY = b"503 Service Unavailable"


@dataclass(slots=True)
class _Arrival:
    """A request that has not arrived whole. counted: its bytes that count towards MOST_READ_AHEAD."""

    due_at: float
    counted: int = 0


class BufferingWorker(ThreadWorker):  # type: ignore[misc]  # its base is untyped
    """ThreadWorker that reads requests and closes connections on its loop, and never waits there.

    gunicorn 27.0.1 gives a thread to every connection for as long as its client takes to send a request, and
    waits on the loop for the client's end of a closed one. Where connections run out, those that wait longest go.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Both in the order in which their time is up
        self._arriving = dict[TConn, _Arrival]()
        self._leaving = dict[TConn, float]()
        self._incomplete = set[TConn]()
        self._most_waiting = max(1, min(WAIT_AT_ONCE, self.cfg.threads // 4))
        self._most_pipelined = max(1, min(PIPELINED_AT_ONCE, self.cfg.threads // 4))
        self._slow_readers = threading.Semaphore(self._most_waiting)
        self._handed = dict[TConn, int]()
        self._pipelined, self._in_turn = deque[TConn](), set[TConn]()
        self._read_ahead = self._handed_over = 0
        self._accepts_at = 0.0
        self._ends_at: float | None = None

    def accept(self, listener: socket) -> None:
        """Accept a connection and look whether its request is there."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in _SCARCE:
                self._make_do(error)
            elif error.errno not in _PASSING:
                raise
            return
        while self.nr_conns + 1 >= self.worker_connections and self._end_longest_waiting():
            pass
        self.nr_conns += 1
        client = ClientSocket(accepted, self._slow_readers)
        self._await_request(TConn(self.cfg, client, address, listener.getsockname()))

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or leave them in the backlog, where they stay for a moment after a failure too."""
        super().set_accept_enabled(enabled and time.monotonic() >= self._accepts_at)

    def on_client_socket_readable(self, conn: TConn, client: ClientSocket) -> None:
        """Begin to read the next request of a connection that was kept."""
        try:
            self.poller.unregister(client)
        except (KeyError, ValueError):
            return  # it was ended after the poller had looked
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Close the connection, or await its next request, some of which may be there."""
        self._incomplete.discard(conn)
        self._in_turn.discard(conn)
        self._handed_over -= self._handed.pop(conn, 0)
        if fs.cancelled() or fs.exception() or not fs.result():
            self._close(conn)
        elif conn.sock.await_next(conn.parser.unreader.take_buffered()):
            self._pipelined.append(conn)
        else:
            super().finish_request(conn, fs)
        self._take_pipelined()

    def murder_pending(self) -> None:
        """End the connections whose time is up."""
        now = time.monotonic()
        if not self.alive and self._ends_at is None:
            self._ends_at = now + CLOSES_WITHIN_S
        ends_at = self._ends_at or float("inf")
        while (conn := next(iter(self._arriving), None)) and min(self._arriving[conn].due_at, ends_at) <= now:
            if conn.sock.ahead:
                self._refuse(conn, _TOO_SLOW)
            else:
                self._end(conn)
        while (conn := next(iter(self._leaving), None)) and min(self._leaving[conn], ends_at) <= now:
            self._end(conn)
        while self._pipelined and ends_at <= now:
            self._end(self._pipelined.popleft())

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request; a body that breaks the protocol is to the app one that breaks off."""
        req.body.reader = BodyReader(req.body.reader)
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: ClientSocket, addr: Any, exc: BaseException) -> None:
        """Refuse what is no request, and log nothing of it: gunicorn would log all of its line, people's words too."""
        status = refusal_of(exc)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("A request was refused: %s", type(exc).__name__)
        with suppress(OSError):
            client.sendall(_REFUSAL % status)

    def _await_request(self, conn: TConn) -> None:
        if self._takes_more(conn):
            self._arriving[conn] = _Arrival(time.monotonic() + ARRIVES_WITHIN_S)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_arriving, conn))
            self._count(conn)

    def _take_pipelined(self) -> None:
        """Begin with connections that have sent their next request too early, as their turn comes."""
        while self._pipelined and len(self._in_turn) < self._most_pipelined:
            conn = self._pipelined.popleft()
            self._await_request(conn)
            if conn in self._handed:
                self._in_turn.add(conn)

    def _on_arriving(self, conn: TConn, _client: ClientSocket) -> None:
        if conn in self._arriving and self._takes_more(conn):
            self._count(conn)

    def _takes_more(self, conn: TConn) -> bool:
        """Read what is there; give a thread to a whole request, and end a connection that is done for."""
        try:
            is_open = conn.sock.read_ahead()
            if conn.sock.has_request():
                if not self._may_have_thread(conn):
                    self.log.warning("A large request was refused: too many at once")
                    self._refuse(conn, _BUSY)
                    return False
                self._hand_over(conn)
                return False
            if is_open:
                conn.sock.ask_for_body()
                return True
        except HeadTooLongError:
            self._refuse(conn, _TOO_LONG)
            return False
        except OSError:
            pass
        self._end(conn)
        return False

    def _may_have_thread(self, conn: TConn) -> bool:
        """Return False for a large request while threads have too much, or too many wait for clients."""
        size = conn.sock.ahead
        if size > SMALL and self._handed_over + size > MOST_HANDED_OVER:
            return False
        is_complete: bool = conn.sock.is_complete
        return is_complete or len(self._incomplete) < self._most_waiting

    def _hand_over(self, conn: TConn) -> None:
        """Give a request to a thread, and count it."""
        if not conn.sock.is_complete:
            self._incomplete.add(conn)
        self._handed[conn] = conn.sock.ahead
        self._handed_over += conn.sock.ahead
        self._forget(conn)
        conn.data_ready = True
        self.enqueue_req(conn)

    def _count(self, conn: TConn) -> None:
        arrival = self._arriving[conn]
        self._read_ahead += conn.sock.ahead - arrival.counted
        arrival.counted = conn.sock.ahead
        while self._read_ahead > MOST_READ_AHEAD:
            self._end(max(self._arriving, key=lambda one: self._arriving[one].counted))

    def _refuse(self, conn: TConn, status: bytes) -> None:
        with suppress(OSError):
            conn.sock.send(_REFUSAL % status)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        """End our side; what the client still sends is read, as it might not get our last words otherwise."""
        self._forget(conn)
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(SHUT_WR)
            is_open = conn.sock.discard()
        except OSError:
            is_open = False
        if not is_open:
            self._end(conn)
            return
        self._leaving[conn] = time.monotonic() + CLOSES_WITHIN_S
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_leaving, conn))

    def _on_leaving(self, conn: TConn, client: ClientSocket) -> None:
        if conn not in self._leaving:
            return
        try:
            is_open = client.discard()
        except OSError:
            is_open = False
        if not is_open:
            self._end(conn)

    def _end(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: TConn) -> None:
        arrival, leaves_at = self._arriving.pop(conn, None), self._leaving.pop(conn, None)
        if arrival is not None:
            self._read_ahead -= arrival.counted
        if arrival is not None or leaves_at is not None:
            self.poller.unregister(conn.sock)

    def _end_longest_waiting(self) -> bool:
        """End a connection that no thread is busy with; return False if there is none."""
        for conns in (self._leaving, self._arriving):
            for conn in conns:
                self._end(conn)
                return True
        if self._pipelined:
            self._end(self._pipelined.popleft())
            return True
        if not self.keepalived_conns:
            return False
        conn = self.keepalived_conns.popleft()
        self.poller.unregister(conn.sock)
        self._end(conn)
        return True

    def _make_do(self, error: OSError) -> None:
        """Let go of connections that only wait; where there are none, leave new ones in the backlog for a moment."""
        self.log.warning("A connection could not be accepted: %s", error.strerror)
        ended = [self._end_longest_waiting() for _ in range(ENDED_AT_ONCE)]
        if not any(ended):
            self._accepts_at = time.monotonic() + PAUSE_S
            self.set_accept_enabled(False)
