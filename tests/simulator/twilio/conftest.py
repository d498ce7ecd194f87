"""Fixtures that several modules of this folder share."""

import pytest

from tests.simulator.toy_server import response
from tests.simulator.twilio.documents import SPEECH


@pytest.fixture
def answered(server):
    """The call asks once, interruptibly; whatever is done to it is answered by the same again."""
    server.on("/voice", response(SPEECH.format(barge_in="true")))
    server.on("/gather", response("<Say>Muy bien.</Say>", SPEECH.format(barge_in="true")))
    return server
