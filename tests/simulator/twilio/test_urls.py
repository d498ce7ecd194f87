import pytest

from simulator.twilio.errors import WebhookError
from simulator.twilio.urls import Addresses, is_below

ADDRESSES = Addresses(
    "http://127.0.0.1:5000", "https://assistant.example.com", frozenset({"https://b.example"})
)


def test_a_port_that_only_begins_alike_is_another_server():
    assert is_below("http://127.0.0.1:5000/voice", "http://127.0.0.1:5000")
    assert not is_below("http://127.0.0.1:50001/voice", "http://127.0.0.1:5000")


def test_a_name_that_only_begins_alike_is_other_peoples():
    with pytest.raises(WebhookError):
        ADDRESSES.connect_to("https://assistant.example.com.evil.example/voice")


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("https://assistant.example.com/voice?a=1#rc=2", "http://127.0.0.1:5000/voice?a=1"),
        ("http://localhost:8080/voice", "http://localhost:8080/voice"),
        ("https://b.example/voice", "https://b.example/voice"),
    ],
)
def test_public_urls_are_reached_here_and_loopback_and_named_servers_where_they_are(url, reached):
    assert ADDRESSES.connect_to(url) == reached


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("", "https://assistant.example.com/calls/voice?turn=1"),
        ("gather", "https://assistant.example.com/calls/gather"),
        ("/gather#rc=2", "https://assistant.example.com/gather#rc=2"),
        ("?turn=2", "https://assistant.example.com/calls/voice?turn=2"),
        ("http://127.0.0.1:5000/gather", "https://assistant.example.com/gather"),
        (" /a b?x=ñ ", "https://assistant.example.com/a%20b?x=%C3%B1"),
    ],
)
def test_references_are_resolved_against_the_document_and_made_public(reference, absolute):
    document = "https://assistant.example.com/calls/voice?turn=1"

    assert ADDRESSES.absolute(reference, document) == absolute
