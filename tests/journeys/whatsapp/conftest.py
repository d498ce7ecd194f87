"""What the stories of WhatsApp share: a line that answers what is written at once."""

import pytest

from tests.conftest import Line
from tests.journeys.whatsapp.witness import (
    Witness,
)


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
