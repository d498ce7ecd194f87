"""Calls placed through a Twilio on loopback, and what is refused."""

import socket

import pytest

from integrations.errors import IntegrationError
from integrations.twilio.calls import TwilioRest

TO, SENDER = "+34600000001", "+12025550100"
VOICE = "https://example.com/voice#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx"


def client(twilio, *, auth_token=None, **limits):
    return TwilioRest(
        twilio.account_sid, auth_token or twilio.auth_token, api_url=twilio.url, **{"timeout_s": 2, **limits}
    )


def place(rest, **given):
    return rest.place_call(**{"to": TO, "sender": SENDER, "url": VOICE, **given})


def refused(ask, *arguments, **given):
    with pytest.raises(IntegrationError) as caught:
        ask(*arguments, **given)
    return caught.value


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
