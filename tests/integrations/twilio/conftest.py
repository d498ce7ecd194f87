"""Fixtures that several modules of this folder share."""

import pytest

from tests.fakes.twilio.server import FakeTwilio
from tests.integrations.twilio.calls import client as client_for_calls
from tests.integrations.twilio.messages import TO, Clock
from tests.integrations.twilio.messages import client as client_for_messages


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def rest(twilio):
    return client_for_calls(twilio)


@pytest.fixture
def messages(twilio):
    return client_for_messages(twilio)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(clock):
    """A Twilio whose receipts come by the clock, which stands at noon."""
    with FakeTwilio(clock=clock) as fake:
        fake.messages.rules.joins(TO)
        yield fake
