"""An operator, and a call of theirs that Twilio has."""

import pytest

from tests.dashboard.actions.calls_by_twilio import a_call, operator_with
from tests.fakes.twilio.call import TALKS_ON
from tests.fakes.twilio.server import FakeTwilio


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.calls.script(*TALKS_ON)
        yield fake


@pytest.fixture
def operator(open_desk, twilio):
    return operator_with(open_desk, twilio)


@pytest.fixture
def call(operator, twilio):
    return a_call(operator, twilio)
