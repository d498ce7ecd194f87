"""Tells clients apart for limits, and for nothing else: what a proxy says lets nobody in."""

from ipaddress import IPv4Address, IPv6Address

from flask import Request

from common.ip_addresses import address_in
from guards.loopback import is_loopback


def address_of(incoming: Request) -> str:
    """Return whom a try is counted for: an address, for IPv6 its network, since one machine has as many as it likes.

    For a proxy on this machine that TRUSTED_PROXIES does not count, it is the last entry of X-Forwarded-For, which
    that proxy wrote; "a proxy" if it wrote none. A client behind one that writes nothing may make entries up: above
    these limits there must be one over all.
    """
    address = address_in(incoming.remote_addr or "")
    if address is None:
        return "nowhere"
    if not address.is_loopback:
        return _network_of(address)
    if is_loopback(incoming):
        return "this machine"
    client = _forwarded_for(incoming)
    return "a proxy" if client is None or client.is_loopback else _network_of(client)


def _forwarded_for(incoming: Request) -> IPv4Address | IPv6Address | None:
    return address_in(",".join(incoming.headers.getlist("X-Forwarded-For")).rpartition(",")[2])


def _network_of(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
    return str(address)
