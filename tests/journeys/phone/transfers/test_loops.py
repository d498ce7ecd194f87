"""Transfers that would lead back to us: our own number, or a person's phone that is forwarded to it."""

import pytest

from storage.base import utc_now
from storage.models import Call, Handoff
from storage.queries import dials
from tests.records import every, the_only

pytestmark = pytest.mark.quick

US, PERSON, CALLER = "+12025550100", "+34600000099", "+34600000001"


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


@pytest.mark.parametrize("line", [{"human_phone_number": US, "twilio_phone_number": US}], indirect=True)
def test_where_the_person_is_our_own_number_a_message_is_taken(line, phrases):
    phone = line.phone(to_number=US)
    phone.dial()

    assert phone.press("0") == phrases.take_message
    assert not any("<Dial" in step.twiml for step in phone.steps)
    assert phone.say("Soy Ana, llámenme mañana.") == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == "Soy Ana, llámenme mañana."


@pytest.mark.parametrize("line", [{"human_phone_number": US}], indirect=True)
def test_where_the_person_is_the_number_that_was_called_a_message_is_taken(line, phrases):
    phone = line.phone(to_number=US)
    phone.dial()

    assert phone.press("0").endswith(f"{phrases.nobody_answered} {phrases.take_message}")
    assert not any("<Dial" in step.twiml for step in phone.steps)


@pytest.fixture
def forwarded_line(open_line):
    return open_line(human_phone_number=PERSON)


def posted(line, path, *, from_number=CALLER, to_number=US, **fields):
    """A webhook of a call of its own, and what it is answered."""
    return line.phone(from_number=from_number, to_number=to_number).post(path, fields).twiml


def test_a_caller_whom_the_persons_phone_forwarded_to_us_is_not_sent_back(forwarded_line):
    answered = posted(forwarded_line, "/gather?turn=1", Digits="0", ForwardedFrom=PERSON)

    assert "<Dial" not in answered
    assert forwarded_line.parts.phone.manager.profile.phrases.take_message in answered


def test_a_caller_whom_the_persons_phone_forwarded_to_us_is_greeted(forwarded_line):
    answered = posted(forwarded_line, "/voice", ForwardedFrom=PERSON)

    assert forwarded_line.parts.phone.manager.profile.greeting in answered


@pytest.mark.both_databases
def test_a_transfer_that_comes_back_to_us_is_not_answered(forwarded_line):
    caller = forwarded_line.phone(from_number=CALLER, to_number=US)
    caller.dial()
    assert "<Dial" in caller.post("/gather?turn=1", {"Digits": "0"}).twiml

    assert '<Reject reason="busy"' in posted(forwarded_line, "/voice", ForwardedFrom=PERSON)
    after = caller.post("/continue?turn=1&from=1&dial=1", {"DialCallStatus": "busy"}).twiml
    assert forwarded_line.parts.phone.manager.profile.phrases.take_message in after


@pytest.mark.both_databases
def test_whoever_calls_while_they_are_being_put_through_is_asked_for_a_message(forwarded_line):
    phrases = forwarded_line.parts.phone.manager.profile.phrases
    caller = forwarded_line.phone(from_number=CALLER, to_number=US)
    caller.dial()
    caller.post("/gather?turn=1", {"Digits": "0"})

    leg = forwarded_line.phone(from_number=CALLER, to_number=US)

    assert leg.dial() == f"{phrases.nobody_answered} {phrases.take_message}"
    assert leg.say("Soy Ana, llámenme.") == phrases.message_taken
    assert "Soy Ana, llámenme." in [
        handoff.message for handoff in every(forwarded_line.parts.database, Handoff)
    ]


@pytest.mark.parametrize("keys_before", [0, 1])
@pytest.mark.parametrize("wants", ["0", "Quiero hablar con una persona"])
def test_such_a_call_rings_nobody_a_second_time(forwarded_line, wants, keys_before):
    phrases = forwarded_line.parts.phone.manager.profile.phrases
    caller = forwarded_line.phone(from_number=CALLER, to_number=US)
    caller.dial()
    caller.post("/gather?turn=1", {"Digits": "0"})

    leg = forwarded_line.phone(from_number=CALLER, to_number=US)
    leg.dial()
    for _ in range(keys_before):
        leg.press("5")

    asked_again = leg.press("0") if wants == "0" else leg.say(wants)
    assert asked_again == f"{phrases.nobody_answered} {phrases.take_message}"
    leg.press("0")
    assert not any("<Dial" in step.twiml for step in leg.steps)


@pytest.mark.both_databases
def test_an_operators_transfer_that_comes_back_to_us_is_not_answered_while_it_goes_on(forwarded_line):
    database, profile = forwarded_line.parts.database, forwarded_line.parts.phone.manager.profile
    caller = forwarded_line.phone(from_number=CALLER, to_number=US)
    caller.dial()
    with database.write() as connection:
        assert dials.begin(connection, the_only(database, Call).call_sid, utc_now())

    assert '<Reject reason="busy"' in posted(forwarded_line, "/voice", ForwardedFrom=PERSON)
    assert profile.phrases.take_message in posted(forwarded_line, "/voice")
    caller.post("/continue?turn=0&from=0&dial=1", {"DialCallStatus": "no-answer"})
    assert profile.greeting in posted(forwarded_line, "/voice")


def test_the_transfer_of_a_caller_without_a_number_is_not_answered_by_us(forwarded_line):
    assert '<Reject reason="busy"' in posted(forwarded_line, "/voice", from_number=US)


def test_a_caller_who_was_put_through_earlier_is_greeted_again(forwarded_line):
    caller = forwarded_line.phone(from_number=CALLER, to_number=US, status_callback="/status")
    caller.dial()
    caller.press("0")
    assert caller.ended is not None

    again = forwarded_line.phone(from_number=CALLER, to_number=US)
    assert again.dial() == forwarded_line.parts.phone.manager.profile.greeting


@pytest.mark.parametrize(
    ("language", "says"),
    [("es", "es el número del propio asistente"), ("en", "is the assistant's own number")],
)
def test_the_start_warns_of_a_person_who_is_our_own_number(make_settings, language, says):
    from observability.disabled_features import what_is_off

    ours = make_settings(human_phone_number=US, twilio_whatsapp_number=f"whatsapp:{US}")
    theirs = make_settings(human_phone_number=PERSON, twilio_phone_number=US)

    assert any(says in sentence for sentence in what_is_off(ours, language))
    assert not any(says in sentence for sentence in what_is_off(theirs, language))
