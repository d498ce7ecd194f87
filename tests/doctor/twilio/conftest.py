"""What the tests of Twilio's parts share: a Twilio, and this server's webhooks."""

import pytest

from doctor.twilio.webhooks import NumberWebhooks
from integrations.twilio.setup import TwilioSetup
from tests.fakes.twilio.server import FakeTwilio

OVERRIDES = "#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def setup_with(twilio):
    def make(token=None, **limits):
        return TwilioSetup(twilio.account_sid, token or twilio.auth_token, api_url=twilio.url, **limits)

    return make


@pytest.fixture
def ours():
    return NumberWebhooks.at("https://shop.example.com", OVERRIDES)
