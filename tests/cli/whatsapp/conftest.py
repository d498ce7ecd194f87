"""Fixtures that several modules of this folder share."""

import pytest

from storage.database import Database
from tests.cli.whatsapp.command_line import Commands
from tests.cli.whatsapp.command_line_360dialog import TOKEN
from tests.cli.whatsapp.command_line_360dialog import Commands as CommandsOf360dialog
from tests.fakes.dialog360.fake import API_KEY, FakeDialog360


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def commands(database, twilio):
    return Commands(database, twilio)


@pytest.fixture
def command_line(sqlite_url, twilio):
    """For what is decided before the database is asked anything that two kinds could answer differently."""
    database = Database(sqlite_url)
    yield Commands(database, twilio)
    database.close()


@pytest.fixture
def whatsapp():
    with FakeDialog360() as fake:
        yield fake


@pytest.fixture
def told(open_line, whatsapp):
    """Commands beside a server that 360dialog's webhooks reach."""
    line = open_line(d360_api_key=API_KEY, d360_api_url=whatsapp.url, d360_webhook_token=TOKEN)
    whatsapp.webhooks.url = f"{line.url}/webhook/360dialog"
    whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
    return CommandsOf360dialog(line.parts.database, whatsapp)
