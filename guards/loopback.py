"""Recognises requests made on this machine itself, not through a proxy or a tunnel."""

from flask import Request

from common.ip_addresses import address_in, without_port

PROXIES_HEADERS = frozenset({"forwarded", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip"})
OWN_SITE = frozenset({None, "same-origin", "none"})
"""What Sec-Fetch-Site says where no page of another site is behind a request."""


def is_loopback(incoming: Request) -> bool:
    """Return True if the peer is this machine, under its own name, with no proxy between and no page of another site.

    ngrok and Caddy connect from 127.0.0.1 too; they are recognised by the Host or a forwarding header. Some proxies
    add neither: once a public address is set, the dashboard, the API and the metrics ask for more than this.
    """
    return (
        _is_loopback_address(incoming.environ.get("REMOTE_ADDR", ""))
        and _is_own_name(incoming.headers.get("Host", ""))
        and not any(_says_forwarded(name) for name, _ in incoming.headers)
        and _is_of_own_site(incoming)
    )


def _is_of_own_site(incoming: Request) -> bool:
    # A page of anybody's that is open in a browser here can post a form or plain text without asking first
    origin = incoming.headers.get("Origin")
    return incoming.headers.get("Sec-Fetch-Site") in OWN_SITE and (
        origin is None or origin.partition("://")[2].lower() == incoming.headers.get("Host", "").lower()
    )


def _is_loopback_address(text: str) -> bool:
    address = address_in(text)
    return address is not None and address.is_loopback


def _is_own_name(host: str) -> bool:
    # No other name, not even one that leads here: it may be of a site whose page asks
    return without_port(host).lower() == "localhost" or _is_loopback_address(host)


def _says_forwarded(header: str) -> bool:
    name = header.lower()
    return name in PROXIES_HEADERS or name.startswith("x-forwarded-")
