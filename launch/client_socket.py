"""A client's connection: a request is read into it without waiting, and then parsed from there by a thread."""

import errno
import socket
import threading
import time

from launch.request_framing import RequestFraming

READ_AT_ONCE = 64 * 1024
THREAD_WAITS_S = 10.0
"""How long a thread waits for a client in one request, reading and writing together."""
UNREAD_BY_CLIENT = 256 * 1024
"""Bytes of a reply that the system keeps for a client who reads slowly, so that no thread waits for most."""


class ClientSocket(socket.socket):
    """An accepted connection. recv gives what was read ahead first; recv and sendall share one limit a request."""

    def __init__(self, accepted: socket.socket, slow_readers: threading.Semaphore) -> None:
        """accepted: taken over, and of no use any longer. slow_readers: held while a thread waits to send."""
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BY_CLIENT)
        self._ahead = bytearray()
        self._framing = RequestFraming()
        self._left_s = THREAD_WAITS_S
        self._slow_readers = slow_readers

    @property
    def ahead(self) -> int:
        """The number of bytes read ahead."""
        return len(self._ahead)

    @property
    def is_complete(self) -> bool:
        """True if the request is there to its end, so that no thread waits for the client."""
        return self._framing.is_complete

    def has_request(self) -> bool:
        """Return True if a thread can parse what was read ahead. Raises HeadTooLongError."""
        return self.ahead > 0 and self._framing.is_whole(self._ahead)

    def read_ahead(self) -> bool:
        """Read what has arrived, on a socket that does not block; return False at the client's end. Raises OSError."""
        try:
            data = super().recv(READ_AT_ONCE)
        except BlockingIOError:
            return True
        self._ahead += data
        return bool(data)

    def discard(self) -> bool:
        """Throw away what has arrived, as read_ahead reads it; return False at the client's end. Raises OSError."""
        try:
            return bool(super().recv(READ_AT_ONCE))
        except BlockingIOError:
            return True

    def ask_for_body(self) -> None:
        """Answer an "Expect: 100-continue", whose sender waits for it. Raises OSError."""
        if self._framing.expects_continue:
            self._framing.expects_continue = False
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def await_next(self, unparsed: bytes) -> bool:
        """Begin with the next request, without blocking; return True if some of it is there.

        unparsed: what a parser took after the last one's end.
        """
        self.setblocking(False)
        self._ahead[:0] = unparsed
        self._framing = RequestFraming()
        self._left_s = THREAD_WAITS_S
        return bool(self._ahead)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Return what was read ahead, else what the client sends. Raises OSError if it takes too long."""
        if self._ahead:
            data = bytes(self._ahead[:bufsize])
            del self._ahead[:bufsize]
            return data
        began = self._begin_to_wait()
        try:
            return super().recv(bufsize, flags)
        except TimeoutError:
            raise _gone() from None
        finally:
            self._left_s -= time.monotonic() - began

    def sendall(self, data: bytes, flags: int = 0) -> None:  # type: ignore[override]  # gunicorn sends bytes
        """Send it all. Raises OSError if the client takes too long to read it, or too many others do."""
        if self.gettimeout() == 0:
            super().sendall(data, flags)
            return
        rest = data[self._send_at_once(data, flags) :]
        if not rest:
            return
        if not self._slow_readers.acquire(blocking=False):
            raise _gone()
        try:
            self._send_in_time(rest, flags)
        finally:
            self._slow_readers.release()

    def _send_at_once(self, data: bytes, flags: int) -> int:
        """Return how much the system took without waiting."""
        chosen = self.gettimeout()
        self.setblocking(False)
        try:
            return self.send(data, flags)
        except BlockingIOError:
            return 0
        finally:
            self.settimeout(chosen)

    def _send_in_time(self, data: bytes, flags: int) -> None:
        began = self._begin_to_wait()
        try:
            super().sendall(data, flags)
        except TimeoutError:
            raise _gone() from None
        finally:
            self._left_s -= time.monotonic() - began

    def _begin_to_wait(self) -> float:
        if self._left_s <= 0:
            raise _gone()
        chosen = self.gettimeout()
        self.settimeout(self._left_s if chosen is None else min(chosen, self._left_s))
        return time.monotonic()


def _gone() -> OSError:
    # To gunicorn a client that left, which is no error of the server's
    return ConnectionResetError(errno.ECONNRESET, "the client takes too long")
