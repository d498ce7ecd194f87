"""Callers to whom a model has answered as often as it may: they hear so, and can leave a message."""

import pytest

from conversation.ledger import Kind
from conversation.phrases import catalogue_for
from storage.models import Handoff
from tests.fakes.openai.replies import stalled, text
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.ledgers import use_up, used
from tests.records import the_only
from tests.waiting import wait_until

CALLER, PERSON = "+34600000001", "+34600000099"
NO_MORE = catalogue_for("es").customers.no_more_answers


@pytest.fixture
def phone(real_line):
    line = real_line(human_phone_number=PERSON)
    phone = line.phone(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        from_number=CALLER,
        status_callback=f"{line.url}/status",
    )
    phone.dial()
    phone.line = line
    return phone


@pytest.mark.quick
@pytest.mark.both_databases
@pytest.mark.parametrize("hour", [True, False], ids=["of the hour", "of the day"])
def test_after_the_last_turn_a_message_is_taken_and_no_model_asked(phone, openai, phrases, hour):
    openai.enqueue(text("Abrimos a las nueve."))
    use_up(phone.line, CALLER, Kind.PHONE_TURN, leaving=1, hour=hour)

    assert phone.say("¿A qué hora abren?") == "Abrimos a las nueve."
    wait_until(lambda: used(phone.line, Kind.COMPLETION_TOKENS))
    assert phone.say("¿Y el sábado?") == f"{NO_MORE} {phrases.take_message}"
    assert phone.say("Soy Ana, llámenme mañana.") == phrases.message_taken

    assert len(openai.chats) == 1
    assert the_only(phone.line.parts.database, Handoff).message == "Soy Ana, llámenme mañana."


def test_whoever_asks_for_a_person_is_put_through_all_the_same(phone, openai):
    use_up(phone.line, CALLER, Kind.PHONE_TURN)

    phone.press("0")

    assert any("<Dial" in step.twiml for step in phone.steps)
    assert openai.chats == []


def test_the_same_webhook_twice_is_one_turn(phone, openai):
    openai.enqueue(text("Abrimos a las nueve."))

    for _ in range(3):
        phone.post("/gather?turn=1", {"SpeechResult": "¿A qué hora abren?"})
    wait_until(lambda: used(phone.line, Kind.PHONE_TURN))

    assert used(phone.line, Kind.PHONE_TURN) == 1
    assert used(phone.line, Kind.PROMPT_TOKENS) > 0


def test_an_answer_that_was_not_waited_for_has_cost_as_well(phone, openai):
    openai.enqueue(stalled("Abrimos a las "))
    phone.post("/gather?turn=1", {"SpeechResult": "¿A qué hora abren?"})

    phone.hang_up()
    wait_until(lambda: used(phone.line, Kind.PHONE_TURN))

    assert used(phone.line, Kind.PHONE_TURN) == 1
