"""Reads hosts and IP addresses however they are spelt: with brackets, a port, a zone, or IPv4 within IPv6."""

from ipaddress import IPv4Address, IPv6Address, ip_address

LOOPBACK = "127.0.0.1"


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in a text such as "::1", "[::1]:5000", "10.0.0.1:80" or "fe80::1%eth0"; None for others.

    An IPv4 address within IPv6 (::ffff:127.0.0.1), as a socket on :: has it, is the IPv4 address.
    """
    bare = without_port(text.strip()).partition("%")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def without_port(host: str) -> str:
    """Return a host without its brackets and its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and ":" not in name and port.isdecimal() else host


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself."""
    address = address_in(host)
    if address is None:
        name = without_port(host.strip()).rstrip(".").lower()
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback


def is_everywhere(host: str) -> bool:
    """Return whether a server on this host listens on all addresses of the machine."""
    address = address_in(host)
    return host.strip() == "" if address is None else address.is_unspecified


def includes_loopback(host: str) -> bool:
    """Return whether a server on this host listens on an address of this machine alone, among others or not."""
    return is_everywhere(host) or is_loopback(host)


def in_url(host: str) -> str:
    """Return a host as it stands in a URL."""
    bare = without_port(host)
    return f"[{bare}]" if ":" in bare else bare


def reached_at(host: str) -> str:
    """Return the host at which a server that listens on `host` is reached from its own machine."""
    return LOOPBACK if is_everywhere(host) else without_port(host)
