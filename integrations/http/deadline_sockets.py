"""Sockets that obey a request's deadline and cancellation.

Each operation gets the request's remaining time. Cancelling a request shuts its socket down and wakes the thread
blocked on it. deadline_transport gives the reasons.
"""

import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import httpcore2

_CANCEL_CHECK_S = 0.025
"""Interval of checks for cancellation during name lookup and connecting."""


class CancelScope:
    """One request's deadline and cancellation.

    deadline: on time.monotonic()'s clock; the reading thread may move it during the request.
    """

    __slots__ = ("_cancelled", "_connection", "deadline", "gathering", "gathers", "unhurried")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.unhurried = False
        """Reads may delay bytes, to return several at once."""
        self.gathers = False
        """Set before the request: `gathering` will follow, and chunks that arrive together are merged."""
        self.gathering = False
        """Reads may delay all bytes but the end."""
        self._cancelled = threading.Event()
        self._connection: Connection | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def remaining_s(self) -> float:
        return self.deadline - time.monotonic()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Apply this scope to the requests of this thread inside the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def cancel(self) -> None:
        """End the request, from any thread. Harmless after its end."""
        self._cancelled.set()
        if self._connection is not None:
            self._connection.shut_down(self)

    def wait(self, seconds: float) -> bool:
        """Sleep until the time is up or the request is cancelled; return whether it is cancelled."""
        return self._cancelled.wait(seconds)

    def attach(self, connection: "Connection") -> None:
        """Record the connection used by the request."""
        self._connection = connection
        if self._cancelled.is_set():  # cancel() came before there was a connection
            connection.shut_down(self)

    def allow(self, timeout: float | None) -> float:
        """Return the seconds left for an operation, at most timeout. Raises OSError if there are none."""
        if self._cancelled.is_set():
            raise ConnectionAbortedError("cancelled")
        left = self.remaining_s
        if left <= 0:
            raise TimeoutError("past the deadline")
        return left if timeout is None else min(left, timeout)


_READ_BYTES = 2048
"""A waiting read holds its buffer, one per call; a token is far smaller."""

_MOST_GATHERED = 16 * 1024

_UNHURRIED_S = 0.25
_GATHERED_S = 0.5
"""Seconds of tokens read at once, because each read costs more than its token.

_UNHURRIED_S: for words spoken later. _GATHERED_S: for an answer of which only the end is awaited.
"""

_FEW = 4
_PAUSE_S = 0.002
"""Added per answer above a few that this process gathers; the end of an answer may be late by as much."""
_LONGEST_PAUSE_S = 0.1

_LAST_CHUNK = b"0\r\n\r\n"
"""The end of a chunked body (RFC 9112, section 7.1). Found elsewhere, it only makes one read shorter."""


class _Gathering:
    """The number of answers gathered in this process, and the pause between the reads of each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    @property
    def pause_s(self) -> float:
        return min(_LONGEST_PAUSE_S, _PAUSE_S * max(0, self._count - _FEW))


_gathering = _Gathering()

_current: ContextVar[CancelScope | None] = ContextVar("cancel_scope", default=None)


class Connection(httpcore2.NetworkStream):
    """A socket that carries one request after another, each in its own cancel scope."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._holder: CancelScope | None = None
        self._merger: ChunkMerger | None = None
        # A late cancellation must hit neither the next request here nor a reused file descriptor.
        self._lock = threading.Lock()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._take()
        self._merger = ChunkMerger() if self._holder is not None and self._holder.gathers else None
        try:
            self._sock.settimeout(self._allowed(timeout))
            self._sock.sendall(buffer)
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._delay_read()
            self._sock.settimeout(self._allowed(timeout))
            received = self._sock.recv(min(max_bytes, _READ_BYTES))
            if received and self._holder is not None and self._holder.gathering:
                received = self._gathered(received)
            return received if self._merger is None else self._merger.feed(received)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    def _delay_read(self) -> None:
        holder = self._holder
        if holder is not None and holder.unhurried and not self._has_more():
            holder.wait(_UNHURRIED_S)

    def _gathered(self, received: bytes) -> bytes:
        """Add the bytes of the next half second, up to the end of the answer.

        Waking here for each token costs a fraction of parsing it; with many answers at once, the pause saves the waking
        too.
        """
        with _gathering:
            return self._receive_more(received)

    def _receive_more(self, received: bytes) -> bytes:
        until = time.monotonic() + (self._allowed(_GATHERED_S) or 0)
        while not received.endswith(_LAST_CHUNK) and len(received) < _MOST_GATHERED:
            if _gathering.pause_s:
                time.sleep(_gathering.pause_s)
            if (left_s := until - time.monotonic()) <= 0:
                break
            self._sock.settimeout(left_s)
            try:
                more = self._sock.recv(_READ_BYTES)
            except TimeoutError:
                break
            if not more:
                break
            received += more
        return received

    def _has_more(self) -> bool:
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        readable = select.poll()
        readable.register(self._sock, select.POLLIN)
        return bool(readable.poll(0))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            self._handshake(ssl_context, server_hostname, timeout)
        except TimeoutError as error:
            self.close()
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            self.close()
            raise httpcore2.ConnectError(str(error)) from error
        return self

    def _handshake(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> None:
        wrapped = context.wrap_socket(self._sock, server_hostname=hostname, do_handshake_on_connect=False)
        self._sock = wrapped
        self._take()
        wrapped.settimeout(self._allowed(timeout))
        wrapped.do_handshake()

    def _take(self) -> None:
        scope = _current.get()
        with self._lock:
            self._holder = scope
        if scope is not None:
            scope.attach(self)

    def _allowed(self, timeout: float | None) -> float | None:
        return timeout if self._holder is None else self._holder.allow(timeout)

    def shut_down(self, scope: CancelScope) -> None:
        """Wake a thread that reads or writes here, if the connection still serves this scope."""
        with self._lock:
            if self._holder is scope:
                # SSLSocket's own shutdown would also take the TLS object from under the reader.
                with suppress(OSError):  # already closed or shut down
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return _is_readable(self._sock)
        if info == "socket":
            return self._sock
        if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket):
            return self._sock
        return None


def _is_readable(sock: socket.socket) -> bool:
    """Return whether the other side has ended an idle connection; it sends nothing else unasked."""
    if sock.fileno() < 0:
        return True
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))


class DeadlineBackend(httpcore2.NetworkBackend):
    """Makes connections within a request's time, however many addresses the name has."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            sock = _dial(host, port, Wait(timeout))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return Connection(sock)


class Wait:
    """A wait for a connection, limited by the request's deadline and cancellation."""

    def __init__(self, timeout: float | None) -> None:
        self._scope = _current.get() or CancelScope(float("inf"))
        self._deadline = time.monotonic() + self._scope.allow(timeout)

    def until(self, ready: Callable[[float], Any], share: int = 1) -> None:
        """Call `ready(seconds)` until it returns true. share: the divisor of the remaining time.

        Raises TimeoutError after that time, ConnectionAbortedError on cancellation.
        """
        deadline = time.monotonic() + (self._deadline - time.monotonic()) / share
        while not ready(max(0.0, min(_CANCEL_CHECK_S, deadline - time.monotonic()))):
            if self._scope.is_cancelled:
                raise ConnectionAbortedError("cancelled")
            if time.monotonic() >= deadline:
                raise TimeoutError("no connection in time")


Address = tuple[int, Any]
"""An address family and an address, as from socket.getaddrinfo."""


def _dial(host: str, port: int, wait: Wait) -> socket.socket:
    return first_to_answer(_look_up(host, port, wait), wait)


def first_to_answer(addresses: Sequence[Address], wait: Wait) -> socket.socket:
    """Connect to the first address that answers; each gets an equal share of the remaining time.

    Raises OSError if none does.
    """
    for position, (family, address) in enumerate(addresses):
        left = len(addresses) - position
        try:
            return _connect(family, address, wait, share=left)
        except ConnectionAbortedError:
            raise
        except OSError:
            if left == 1:
                raise
    raise OSError("the name has no address")


def _connect(family: int, address: Any, wait: Wait, share: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with suppress(BlockingIOError):  # under way
            sock.connect(address)
        poller = select.poll()
        poller.register(sock, select.POLLOUT)
        wait.until(lambda seconds: poller.poll(seconds * 1000), share)
        if failure := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(failure, "cannot connect")
    except OSError:
        sock.close()
        raise
    return sock


def _look_up(host: str, port: int, wait: Wait) -> list[Address]:
    """Return a name's addresses. The system's lookup has no timeout, so it runs in a thread."""
    with suppress(socket.gaierror):
        return _addresses(host, port, socket.AI_NUMERICHOST)
    found: list[list[Address] | OSError] = []

    def ask() -> None:
        try:
            found.append(_addresses(host, port, 0))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=ask, name="name-lookup", daemon=True)
    thread.start()
    wait.until(lambda seconds: _ended(thread, seconds))
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def _ended(thread: threading.Thread, seconds: float) -> bool:
    thread.join(seconds)
    return not thread.is_alive()


def _addresses(host: str, port: int, flags: int) -> list[Address]:
    known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(family, address) for family, _, _, _, address in known]


_LINE_ENDS = b"\r\n"
_HEAD_ENDS = b"\r\n\r\n"
_LONGEST_HEAD = 64 * 1024
_LONGEST_CHUNK = 64 * 1024
_IS_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
"""A chunk's size as servers write it. After a size with an extension, nothing more is merged."""
_SIZE_BEGUN = re.compile(rb"[0-9A-Fa-f]{0,8}\r?")


class ChunkMerger:
    """Merges whole chunks of one response that arrive together (RFC 9112, section 7.1).

    A model's server sends a chunk for each token, and parsing HTTP costs a tenth of a millisecond for each. Bytes in
    any other format pass unchanged, from there to the end.
    """

    def __init__(self) -> None:
        self._head: bytes | None = b""
        """The response's head so far; None after its end."""
        self._begun = b""
        """The bytes already passed on of an incomplete chunk."""
        self._untouched = False

    def feed(self, received: bytes) -> bytes:
        """Return the bytes to parse in place of these; at least one for one or more."""
        if self._untouched:
            return received
        if self._head is None:
            return self._merged(received)
        head, found, body = (self._head + received).partition(_HEAD_ENDS)
        if not found:
            self._head += received
            self._untouched = len(self._head) > _LONGEST_HEAD
            return received
        begun, self._head = len(self._head), None
        self._untouched = not _IS_CHUNKED.search(head + b"\r\n")
        if self._untouched or not body:
            return received
        return (head + found)[begun:] + self._merged(body)

    def _merged(self, received: bytes) -> bytes:
        said, data = len(self._begun), self._begun + received
        at = 0
        first, whole = b"", []
        while (chunk := _SIZE.match(data, at)) is not None:
            begins, size = chunk.end(), int(chunk[1], 16)
            ends = begins + size + 2
            if size == 0 or not data.startswith(_LINE_ENDS, ends - 2):
                break
            if at < said:  # the remainder of a chunk whose beginning was passed on
                first = data[said:ends]
            else:
                whole.append(data[begins : begins + size])
            at = ends
        rest = data[max(at, said) :]
        self._begun = data[at:]
        self._untouched = not self._may_be_begun(self._begun)
        return first + _chunk(whole) + rest

    def _may_be_begun(self, begun: bytes) -> bool:
        """Return whether this can be the beginning of a chunk that is not empty."""
        size = _SIZE.match(begun)
        if size is None:
            return _SIZE_BEGUN.fullmatch(begun) is not None
        ends = size.end() + int(size[1], 16)
        is_too_long = len(begun) > _LONGEST_CHUNK
        return size.end() < ends and not is_too_long and _LINE_ENDS.startswith(begun[ends : ends + 2])


def _chunk(whole: list[bytes]) -> bytes:
    data = b"".join(whole)
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
