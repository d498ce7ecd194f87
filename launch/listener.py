"""Opens the listening socket, before any process starts."""

import errno
import socket

from common.ip_addresses import includes_loopback, is_everywhere

BACKLOG = 2048
PORTS_TRIED = 50
LOOPBACKS = ("127.0.0.1", "::1")


class PortTakenError(Exception):
    """No port is free. The message is the first one tried."""


def open_listener(host: str, port: int, *, may_move: bool) -> socket.socket:
    """Listen on `port`, or with `may_move` on the next free one.

    Raises PortTakenError; OSError if the host is not this machine's or the user may not open the port.
    """
    end = min(port + PORTS_TRIED, 65536) if may_move else port + 1
    for candidate in range(port, end):
        if not _is_answered(host, candidate) and (listener := _listen(host, candidate)):
            return listener
    raise PortTakenError(str(port))


def _is_answered(host: str, port: int) -> bool:
    # macOS allows a bind to 127.0.0.1:5000 beside AirPlay's *:5000, and "localhost" in a browser then
    # reaches AirPlay: so first try to connect to every address of localhost.
    return any(_accepts(address, port) for address in (LOOPBACKS if includes_loopback(host) else (host,)))


def _accepts(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _listen(host: str, port: int) -> socket.socket | None:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without it, a restart fails for a minute while old connections are in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and is_everywhere(host):
            # As on most systems by themselves: the banner, and the simulator, say 127.0.0.1
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return listener
