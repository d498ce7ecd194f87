"""Tunnels are found by what ngrok and cloudflared say of themselves on this machine."""

import pytest

from integrations.tunnels import Tunnel, find_tunnels
from tests.fakes.fixed_answers import Answer, FixedAnswers, answer


def of_ngrok(**tunnels):
    """What ngrok answers: the address that each public URL leads to."""
    return {
        "/api/tunnels": answer(
            {
                "tunnels": [
                    {"public_url": f"{url.replace('__', '://')}.ngrok-free.app", "config": {"addr": leads_to}}
                    for url, leads_to in tunnels.items()
                ]
            }
        )
    }


def of_cloudflared(hostname, *rules):
    return {
        "/quicktunnel": answer({"hostname": hostname}),
        "/config": answer({"version": -1, "config": {"ingress": list(rules)}}),
    }


NGROK = [
    (of_ngrok(https__a="http://localhost:5000"), ["https://a.ngrok-free.app"]),
    (of_ngrok(https__a="localhost:5000"), ["https://a.ngrok-free.app"]),
    (of_ngrok(https__a="http://127.0.0.1:80", https__b="https://[::1]:5000"), ["https://b.ngrok-free.app"]),
    (of_ngrok(https__a="http://localhost:8080"), []),
    (of_ngrok(https__a="http://10.0.0.7:5000"), []),
    (of_ngrok(tcp__a="localhost:5000"), []),
    (of_ngrok(https__a="http://localhost:nothing", https__b=None), []),
    ({"/api/tunnels": Answer(b"<html>")}, []),
    ({"/api/tunnels": answer({"tunnels": ["?"]})}, []),
    ({}, []),
]
CLOUDFLARED = [
    (
        of_cloudflared("a.trycloudflare.com", {"service": "http://localhost:5000"}),
        ["https://a.trycloudflare.com"],
    ),
    (of_cloudflared("a.trycloudflare.com", {"service": "http://localhost:8080"}), []),
    (
        of_cloudflared(
            "",
            {"hostname": "shop.example", "service": "http://127.0.0.1:5000"},
            {"hostname": "*.example", "service": "http://127.0.0.1:5000"},
            {"hostname": "half.example", "path": "/voice", "service": "http://127.0.0.1:5000"},
            {"service": "http_status:404"},
        ),
        ["https://shop.example"],
    ),
    ({"/quicktunnel": answer({"hostname": "a.trycloudflare.com"})}, []),  # it does not say where it leads
    ({"/quicktunnel": Answer(b"404 page not found", 404)}, []),
]


@pytest.mark.parametrize(("answers", "urls"), NGROK)
def test_ngroks_tunnels_to_the_port_are_found(answers, urls):
    with FixedAnswers(answers) as api:
        assert find_tunnels(5000, ngrok=[api.url], cloudflared=[]) == [Tunnel("ngrok", url) for url in urls]


@pytest.mark.parametrize(("answers", "urls"), CLOUDFLARED)
def test_cloudflareds_tunnels_to_the_port_are_found(answers, urls):
    with FixedAnswers(answers) as api:
        found = find_tunnels(5000, ngrok=[], cloudflared=["http://127.0.0.1:1", api.url])

    assert found == [Tunnel("cloudflared", url) for url in urls]
