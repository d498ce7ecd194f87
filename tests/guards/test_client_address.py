"""Whom a try is counted for, however their address is spelt."""

import pytest
from flask import Flask, request

from guards.client_address import address_of


def address_from(peer, forwarded=None):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    with Flask(__name__).test_request_context(
        "/", environ_base={"REMOTE_ADDR": peer}, headers=headers, base_url="http://localhost:5000"
    ):
        return address_of(request)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.9"])
def test_this_machine_is_one(peer):
    assert address_from(peer) == "this machine"


@pytest.mark.parametrize("peer", ["203.0.113.5", "::ffff:203.0.113.5"])
def test_an_address_of_ipv4_is_the_same_on_a_socket_for_both(peer):
    assert address_from(peer) == "203.0.113.5"


def test_of_ipv6_the_network_counts():
    assert address_from("2001:db8::1") == address_from("2001:db8::2%eth0") == "2001:db8::/64"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.5", "203.0.113.5"), ("198.51.100.1, 203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::1]:443", "2001:db8::/64"), ("::ffff:203.0.113.5", "203.0.113.5"),
        ("unknown", "a proxy"), ("127.0.0.1", "a proxy"),
    ],
)  # fmt: skip
def test_behind_a_proxy_its_last_entry_counts(forwarded, address):
    assert address_from("::ffff:127.0.0.1", forwarded) == address


def test_a_peer_without_an_address_is_one_too():
    assert address_from("") == "nowhere"
