"""What is taken for a request of this machine: nothing that came through a proxy, or from another site's page."""

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from guards.loopback import is_loopback


def comes_from_here(peer="127.0.0.1", **headers):
    named = {name.replace("_", "-"): value for name, value in {"Host": "localhost:5000", **headers}.items()}
    environ = EnvironBuilder(path="/", headers=named, environ_base={"REMOTE_ADDR": peer}).get_environ()
    return is_loopback(Flask(__name__).request_class(environ))


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "X_Forwarded_For", "X_Forwarded_Host", "X_Forwarded_Whatever", "X_Real_IP", "Via", "CF_Connecting_IP",
     "True_Client_IP"],
)  # fmt: skip
def test_what_a_proxy_adds_gives_it_away(header):
    assert comes_from_here()
    assert not comes_from_here(**{header: "1.1 proxy"})


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Origin": "http://localhost:5000"}, True),
        ({"Origin": "http://localhost:5000", "Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Origin": "https://example.com"}, False),
        ({"Origin": "http://localhost:3000"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": ""}, False),
        ({"Origin": "https://example.com", "Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "same-site"}, False),
    ],
)
def test_a_page_of_another_site_is_not_this_machine(headers, is_ours):
    assert comes_from_here(**headers) is is_ours


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("LOCALHOST:5000", True), ("127.0.0.1", True), ("127.0.0.2:5000", True), ("[::1]:5000", True),
        ("[::ffff:127.0.0.1]:5000", True), ("192.168.1.5:5000", False), ("0.0.0.0:5000", False), ("", False),
        ("localhost.example.com", False), ("127.0.0.1.example.com:5000", False), ("127.0.0.1:80:80", False),
    ],
)  # fmt: skip
def test_this_machine_is_asked_by_an_address_of_its_own_alone(host, is_ours):
    assert comes_from_here(Host=host) is is_ours


def test_a_peer_of_ipv4_on_a_socket_of_ipv6_is_this_machine():
    assert comes_from_here("::ffff:127.0.0.1")
    assert not comes_from_here("::ffff:192.168.1.5")
