"""Fixtures that several modules of this folder share."""

import pytest

from tests.cli.dialer import Dialer
from tests.fakes.twilio.server import FakeTwilio


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def dialer(twilio, tmp_path):
    return Dialer(twilio, tmp_path)
