"""What callers hear once a transfer is over: a talk, a voicemail, or nobody."""

import pytest

from simulator.twilio.journal import Ending
from storage.models import Handoff
from tests.records import the_only

pytestmark = pytest.mark.quick


@pytest.fixture
def line(open_line):
    return open_line(human_phone_number="+34600000099")


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def put_through(line, **behaviour):
    phone = line.phone(**behaviour)
    phone.dial()
    return phone, phone.press("0")


def test_after_a_talk_the_call_ends(line, phrases):
    phone, heard = put_through(line, dial_conversation_s=40)

    assert heard.endswith(phrases.after_transfer)
    assert phone.ended is Ending.HANGUP


def test_after_two_seconds_of_a_voicemail_the_caller_can_leave_a_message(line, phrases):
    phone, heard = put_through(line, dial_conversation_s=2)

    assert heard.endswith(phrases.was_helped) and phrases.after_transfer not in heard
    assert phone.say("Soy Ana, que me llamen mañana.") == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == "Soy Ana, que me llamen mañana."


def test_whoever_asks_if_anybody_is_there_after_a_short_transfer_was_not_helped(line, phrases):
    phone, _ = put_through(line, dial_conversation_s=2)

    assert phone.say("¿Hola? ¿Me oye?") == phrases.take_message


def test_whoever_says_nothing_after_a_short_transfer_is_asked_once_more(line, phrases):
    phone, _ = put_through(line, dial_conversation_s=2)

    assert phone.silence() == phrases.take_message
    assert phone.silence() == phrases.silence_goodbye


def test_a_transfer_whose_length_is_not_told_counts_as_a_talk(line, phrases):
    phone = line.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"Digits": "0"})

    step = phone.post("/continue?turn=1&from=1&dial=1", {"DialCallStatus": "completed"})

    assert phrases.after_transfer in step.twiml
