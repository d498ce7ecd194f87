"""Recognises and admits requests made on this machine itself, not through a proxy or a tunnel."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Request, Response, request

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
PROXIES_HEADERS = frozenset({"forwarded", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip"})
OWN_SITE = frozenset({None, "same-origin", "none"})
"""What Sec-Fetch-Site says where no page of another site is behind a request."""


def admit_this_machine() -> Response | None:
    """Return None to let a request of this machine through, as `before_request` wants it; else a 403."""
    if is_loopback(request):
        return None
    return Response("Only for this machine itself.\n", 403, content_type="text/plain")


def is_loopback(incoming: Request) -> bool:
    """Return True if the peer is this machine, under its own name, with no proxy between and no page of another site.

    ngrok and Caddy connect from 127.0.0.1 too; they are recognised by the Host or a forwarding header. Some proxies
    add neither: once a public address is set, the dashboard and the API ask for more than this.
    """
    return (
        _is_loopback_address(incoming.environ.get("REMOTE_ADDR", ""))
        and _without_port(incoming.headers.get("Host", "")) in LOOPBACK_HOSTS
        and not any(_says_forwarded(name) for name, _ in incoming.headers)
        and _is_of_own_site(incoming)
    )


def _is_of_own_site(incoming: Request) -> bool:
    # A page of anybody's that is open in a browser here can post a form or plain text without asking first
    origin = incoming.headers.get("Origin")
    return incoming.headers.get("Sec-Fetch-Site") in OWN_SITE and (
        origin is None or urlsplit(origin).netloc.lower() == incoming.headers.get("Host", "").lower()
    )


def _is_loopback_address(address: str) -> bool:
    try:
        peer = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # A socket on :: has IPv4's peers as ::ffff:127.0.0.1
    return ((peer.version == 6 and peer.ipv4_mapped) or peer).is_loopback


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _says_forwarded(header: str) -> bool:
    name = header.lower()
    return name in PROXIES_HEADERS or name.startswith("x-forwarded-")
