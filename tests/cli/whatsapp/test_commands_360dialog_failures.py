"""`flask --app app whatsapp ...` with 360dialog: what goes wrong, and who is shown it."""

import pytest

from conversation.observers import NullObserver
from integrations.dialog360.client import what_to_do
from integrations.twilio.messages import TwilioMessages
from storage.database import Database
from storage.models import MessageStatus
from tests.cli.whatsapp.command_line_360dialog import ANA, Commands
from tests.fakes.dialog360.fake import Close
from tests.fakes.twilio.server import FakeTwilio


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def commands(sqlite_url, whatsapp):
    """Commands alone: no receipt ever comes."""
    database = Database(sqlite_url)
    yield Commands(database, whatsapp)
    database.close()


# What goes wrong


@pytest.mark.parametrize("receipts_first", [False, True])
def test_what_fails_on_its_way_says_what_metas_code_means(told, whatsapp, receipts_first):
    told.wrote()
    whatsapp.messages.receipts_first = receipts_first
    whatsapp.messages.failing(ANA, 131026)

    ended = told.send("--text", "Hola", language="es", patience_s=20)

    assert ended.exit_code == 1
    assert f"[131026] {what_to_do(131026, 'es')}" in ended.stderr


def test_what_is_refused_is_told_with_what_to_do_and_kept_as_failed(commands, whatsapp):
    commands.wrote()
    whatsapp.api_key = "another"

    ended = commands.send("--text", "Hola")

    assert ended.exit_code == 3 and "D360_API_KEY" in ended.stderr and "Twilio" not in ended.stderr
    assert commands.kept()[0].status == MessageStatus.FAILED


def test_a_message_whose_sending_got_no_answer_is_said_to_be_unknown(commands, whatsapp):
    commands.wrote()
    whatsapp.fail(Close(), path="/messages")

    ended = commands.send("--text", "Hola")

    assert ended.exit_code == 4 and "360dialog cannot be asked" in ended.stderr
    assert (commands.kept()[0].status, commands.kept()[0].sid) == (MessageStatus.SENDING, None)


def test_a_message_that_no_receipt_comes_for_is_on_its_way_and_why_is_said(commands):
    commands.wrote()

    ended = commands.send("--text", "Hola", patience_s=0.05)

    assert ended.exit_code == 0
    assert "the receipts of 360dialog" in ended.stdout


# One message


def test_status_of_a_message_of_360dialogs_says_what_is_known_here(commands, whatsapp, twilio):
    rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    commands.wrote()
    commands.send("--text", "Hola", "--no-wait")

    known = commands.run("status", whatsapp.messages.last.wamid, rest=rest)
    unknown = commands.run("status", "wamid.HBgLMzQ2MDA", rest=rest)

    assert (known.exit_code, known.stdout.startswith("Here: queued · out · text")) == (0, True)
    assert (unknown.exit_code, unknown.stdout.strip()) == (3, "Here: not known.")
    assert twilio.requests == []


# Who is shown it


class Watcher(NullObserver):
    def __init__(self):
        self.seen = []

    def message(self, connection, message_id, now, **how):
        self.seen.append("message")

    def receipt(self, connection, message_id, status, code, now):
        self.seen.append(status)


def test_what_is_sent_is_shown_to_people_and_that_it_failed_as_well(commands, whatsapp):
    watcher = Watcher()
    commands.wrote()

    commands.send("--text", "Hola", "--no-wait", observer=watcher)
    whatsapp.api_key = "another"
    commands.send("--text", "Hola", "--no-wait", observer=watcher)

    assert watcher.seen == ["message", "message", MessageStatus.FAILED]
