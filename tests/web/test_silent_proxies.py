"""What stands open behind a proxy that does not say that it is one, before and after WEBHOOK_URL is set."""

import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from integrations.elevenlabs.openapi import PATH as HANDOFF
from settings import SIMULATOR_ACCOUNT_SID
from tests.web.relays import relay_to

PUBLIC = {"webhook_url": "https://shop.example"}
KEYS = {"dashboard_password": "correct horse", "handoff_api_key": "a-key", "metrics_key": "another-key"}
CLOSED = {"/dashboard/": 403, "/dashboard/phone": 403, "/metrics": 401, HANDOFF: 401, "/voice": 403}
OPEN = {"/health": 200, "/api/openapi.json": 200, "/dashboard/static/icon.svg": 200}
AT_THE_LOGIN = {"/dashboard/": 200, "/dashboard/phone": 200}
"""The page to log in, to which one is sent."""


@pytest.fixture(params=["as socat", "as nginx"])
def through_a_proxy(request, open_line):
    """Call it to have an installation, and get what is answered to each path from outside."""
    with ExitStack() as relays:

        def ask(headers=None, **values):
            line = open_line(**values)
            like_nginx = request.param == "as nginx"
            port = relays.enter_context(relay_to(int(line.url.rpartition(":")[2]), like_nginx=like_nginx))
            named = {"Host": f"localhost:{port}"} | (headers or {})
            return {path: _status(port, path, named) for path in CLOSED | OPEN}

        yield ask


def _status(port, path, headers):
    posted = {HANDOFF: b"{}", "/voice": f"AccountSid={SIMULATOR_ACCOUNT_SID}".encode()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=posted.get(path), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_with_a_public_address_nothing_is_open_for_coming_from_this_machine(through_a_proxy):
    assert through_a_proxy(**PUBLIC) == CLOSED | OPEN


def test_with_passwords_and_keys_they_are_asked_for(through_a_proxy):
    assert through_a_proxy(**KEYS) == CLOSED | AT_THE_LOGIN | OPEN
    assert through_a_proxy(**PUBLIC, **KEYS) == CLOSED | AT_THE_LOGIN | OPEN


def test_keys_open_what_they_are_for(through_a_proxy):
    for key, path, status in (("a-key", HANDOFF, 422), ("another-key", "/metrics", 200)):
        answered = through_a_proxy(headers={"Authorization": f"Bearer {key}"}, **PUBLIC, **KEYS)
        assert answered == CLOSED | AT_THE_LOGIN | OPEN | {path: status}


def test_without_a_public_address_a_silent_proxy_opens_what_this_machine_may(through_a_proxy):
    # Nothing tells such a request from one of this machine: DEPLOY.md says so, and what to set first
    opened = {"/dashboard/": 200, "/dashboard/phone": 200, "/metrics": 200, HANDOFF: 422}

    assert through_a_proxy() == CLOSED | OPEN | opened
