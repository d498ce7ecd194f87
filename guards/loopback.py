"""Recognises and admits requests made on this machine itself, not through a proxy or a tunnel."""

from ipaddress import ip_address

from flask import Request, Response, request

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def admit_this_machine() -> Response | None:
    """Return None to let a request of this machine through, as `before_request` wants it; else a 403."""
    if is_loopback(request):
        return None
    return Response("Only for this machine itself.\n", 403, content_type="text/plain")


def is_loopback(incoming: Request) -> bool:
    """Return True if the peer is this machine, under its own name, with no proxy between.

    ngrok and Caddy connect from 127.0.0.1 too; they are recognised by the Host or a forwarding header.
    """
    return (
        _is_loopback_address(incoming.environ.get("REMOTE_ADDR", ""))
        and _without_port(incoming.headers.get("Host", "")) in LOOPBACK_HOSTS
        and not any(_says_forwarded(name) for name, _ in incoming.headers)
    )


def _is_loopback_address(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _says_forwarded(header: str) -> bool:
    name = header.lower()
    return name == "forwarded" or name == "x-real-ip" or name.startswith("x-forwarded-")
