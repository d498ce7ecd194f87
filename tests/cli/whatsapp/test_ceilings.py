"""`whatsapp send` at the ceiling of a day."""

from zoneinfo import ZoneInfo

import pytest

from conversation.daily_ceilings import DailyCeilings, Limit
from storage.models import LedgerTotal, Message
from tests.fakes.twilio.server import Refuse
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ceilings():
    limits = (Limit("DAILY_MESSAGES", 1, 0.1), Limit("DAILY_CALLS", None, 0.5))
    return DailyCeilings(ZoneInfo("Europe/Madrid"), *limits, None)


def test_a_message_too_many_is_refused_and_nothing_is_kept_of_it(commands, ceilings):
    commands.wrote()
    assert commands.send("--text", "Hola", ceilings=ceilings).code == 0

    ended = commands.send("--text", "Otra", ceilings=ceilings)

    assert ended.code == 3
    assert "DAILY_MESSAGES is used up for today (1): nothing was begun." in ended.err
    assert len(commands.twilio.posted()) == 1
    assert commands.kept().body == "Hola"


def test_a_message_that_twilio_refuses_does_not_count(commands, ceilings):
    commands.wrote()
    commands.twilio.fail(Refuse(400, 21211), method="POST")

    commands.send("--text", "Hola", ceilings=ceilings)

    assert the_only(commands.database, LedgerTotal).units == 0


def test_in_spanish(commands, ceilings):
    commands.wrote()
    commands.send("--text", "Hola", ceilings=ceilings)

    ended = commands.send("--text", "Otra", ceilings=ceilings, language="es")

    assert "DAILY_MESSAGES está agotado por hoy (1)" in ended.err
    assert len([message for message in every(commands.database, Message) if message.outbound]) == 1
