"""Messages sent through a Twilio on loopback, and what is refused."""

from datetime import UTC, datetime

import pytest

from integrations.errors import IntegrationError
from integrations.twilio.messages import TwilioMessages

TO, OTHER, SENDER = "whatsapp:+34600000001", "whatsapp:+34600000002", "whatsapp:+12025550100"
TEMPLATE = "HX" + "0123456789abcdef" * 2
INBOUND_SID = "SM" + "a" * 32
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = NOON.timestamp()

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


def client(twilio, *, auth_token=None, **limits):
    return TwilioMessages(
        twilio.account_sid, auth_token or twilio.auth_token, api_url=twilio.url, **{"timeout_s": 2, **limits}
    )


def send(messages, **given):
    return messages.send(**{"to": TO, "sender": SENDER, "body": "Hola", **given})


def refused(ask, *arguments, **given):
    with pytest.raises(IntegrationError) as caught:
        ask(*arguments, **given)
    return caught.value
