"""Fixtures that several modules of this folder share."""

import pytest

from tests.fakes.twilio.server import FakeTwilio
from tests.messaging.campaigns.stand import Stand


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def stand(database, work, twilio):
    stand = Stand(database, work, twilio)
    yield stand
    stand.close()
