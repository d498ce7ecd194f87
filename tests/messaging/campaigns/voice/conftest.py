"""Fixtures of calls' stories."""

from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.hours import Hours
from tests.fakes.twilio.server import FakeTwilio
from tests.messaging.campaigns.voice.stand import Stand

ANY_HOUR = Hours(ContactRules(quiet=None, weekends=True), ZoneInfo("Europe/Madrid"))


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def open_stand(database, twilio):
    stands = []

    def open_one(**values):
        stands.append(Stand(database, twilio, **{"hours": ANY_HOUR} | values))
        return stands[-1]

    yield open_one
    for stand in stands:
        stand.close()


@pytest.fixture
def stand(open_stand):
    return open_stand()
