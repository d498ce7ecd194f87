"""Hosts, however they are spelt."""

import pytest

from common.ip_addresses import address_in, in_url, is_everywhere, is_loopback, reached_at, without_port


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("[::ffff:10.0.0.1]:5000", "10.0.0.1"),
        ("203.0.113.5:4711", "203.0.113.5"),
        (" 203.0.113.5 ", "203.0.113.5"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None), ("unix:", None), ("example.com", None), ("256.0.0.1", None),
    ],
)  # fmt: skip
def test_an_address_is_found(text, address):
    assert address_in(text) == (None if address is None else address_in(address))
    assert address is None or str(address_in(text)) == address


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True), ("LOCALHOST.", True), ("a.localhost", True), ("127.0.0.9", True), ("::1", True),
        ("[::1]", True), ("0:0:0:0:0:0:0:1", True), ("::ffff:127.0.0.1", True), ("localhost:5000", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("localhost.example.com", False), ("", False),
    ],
)  # fmt: skip
def test_this_machine_is_known_by_all_its_names(host, is_local):
    assert is_loopback(host) == is_local


@pytest.mark.parametrize(
    ("host", "everywhere", "url"),
    [
        ("0.0.0.0", True, "127.0.0.1"), ("::", True, "127.0.0.1"), ("0:0:0:0:0:0:0:0", True, "127.0.0.1"),
        ("[::]", True, "127.0.0.1"), ("", True, "127.0.0.1"), ("::1", False, "[::1]"), ("[::1]", False, "[::1]"),
        ("127.0.0.1", False, "127.0.0.1"), ("192.168.1.5", False, "192.168.1.5"), ("here", False, "here"),
    ],
)  # fmt: skip
def test_where_a_server_is_reached(host, everywhere, url):
    assert is_everywhere(host) == everywhere
    assert in_url(reached_at(host)) == url


@pytest.mark.parametrize(
    ("host", "bare"), [("a:80", "a"), ("[::1]:80", "::1"), ("::1", "::1"), ("a", "a"), ("a:b", "a:b")]
)
def test_a_port_is_left_out(host, bare):
    assert without_port(host) == bare
