"""Fixtures that several modules of this folder share."""

import pytest

from tests.cli.dialer import Dialer, Server
from tests.fakes.twilio.server import FakeTwilio


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def dialer(twilio, tmp_path, server):
    return Dialer(twilio, tmp_path, server)
