"""What the stories of WhatsApp share: a line that answers what is written at once."""

import threading

import pytest

from tests.conftest import Line
from tests.journeys.whatsapp.witness import (
    Witness,
)
from tests.waiting import PATIENCE_S


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


@pytest.fixture
def witness(make_settings, sqlite_url, openai, capfd, caplog):
    """One line for all examples; no database reads words better than another."""
    witness = Witness(
        Line(make_settings(database_url=sqlite_url, whatsapp_settle_s=0)), openai, capfd, caplog
    )
    yield witness
    witness.close()


@pytest.fixture
def quiet():
    """Nobody else's answers are being written any more: what they log would be taken for ours."""
    for thread in threading.enumerate():
        if thread.name in ("answer", "late-answer"):
            thread.join(PATIENCE_S)
