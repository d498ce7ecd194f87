"""What is kept of a call: times, both sides, recordings, webhooks posted by hand."""

import pytest

from simulator.twilio.journal import Ending
from tests.simulator.toy_server import response
from tests.simulator.twilio.documents import SPEECH


def test_the_first_word_is_timed_from_the_callers_and_dead_air_between_words(server, phone):
    server.on("/voice", response(SPEECH.format(barge_in="true")))
    server.on("/gather", response("<Say>Sí.</Say>", "<Redirect>/continue</Redirect>"))
    server.on("/continue", response("<Say>Claro.</Say>", SPEECH.format(barge_in="true")))

    phone.dial()
    phone.say("¿Abrís hoy?")

    first, second, third = (step.seconds for step in phone.steps)
    assert phone.first_word_s == [pytest.approx(first), pytest.approx(second)]
    assert phone.dead_air == [0, pytest.approx(third)]


def test_a_turn_without_a_word_has_no_first_word(server, phone):
    server.on("/voice", response(SPEECH.format(barge_in="true")))
    server.on("/gather", response("<Hangup/>"))

    phone.dial()
    phone.say("adiós")

    assert phone.first_word_s[1] is None


def test_the_transcript_has_both_sides_in_order(answered, phone):
    phone.dial()
    phone.say("¿Abrís hoy?")
    phone.silence()

    assert [line.who for line in phone.transcript] == [
        *("assistant", "caller", "assistant", "assistant"),
        *("assistant", "assistant"),
    ]
    assert phone.transcript[1].text == "¿Abrís hoy?"


def test_each_step_says_what_was_asked_and_answered(answered, phone):
    phone.dial()
    phone.say("hola")

    step = phone.steps[1]
    assert step.method == "POST"
    assert step.url == f"{answered.url}/gather"
    assert step.fields["SpeechResult"] == "hola"
    assert (step.status, step.retries, step.error) == (200, 0, None)
    assert step.twiml.startswith("<Response><Say>Muy bien.")
    assert step.seconds > 0


def test_a_listener_is_told_everything_as_it_happens(answered, a_phone):
    told = []
    phone = a_phone(listener=told.append)

    phone.dial()
    phone.say("hola")

    assert [type(event).__name__ for event in told] == ["Step", "Heard", "Line", "Step", "Heard", "Heard"]


def test_hanging_up_at_a_gather_asks_for_nothing(answered, phone):
    phone.dial()
    phone.hang_up()

    assert phone.ended is Ending.CALLER
    assert len(answered.asked) == 1


@pytest.fixture
def recording(server):
    server.on(
        "/voice", response("<Record action='/recorded' finishOnKey='#'/>", "<Say>Nada</Say>", "<Hangup/>")
    )
    server.on("/recorded", response("<Hangup/>"))
    return server


def test_words_at_a_record_become_a_recording(recording, phone):
    phone.dial()
    phone.say("Llámenme mañana por la mañana.")

    form = recording.asked[1].form
    assert form["RecordingDuration"] == "2"
    assert form["RecordingUrl"].startswith(f"https://api.twilio.com/2010-04-01/Accounts/{phone.account_sid}/")
    assert "SpeechResult" not in form


def test_a_key_at_a_record_ends_it(recording, phone):
    phone.dial()
    phone.press("#")

    assert recording.asked[1].form["Digits"] == "#"


def test_silence_at_a_record_goes_on_with_the_next_verb(recording, phone):
    phone.dial()

    assert phone.silence() == "Nada"


def test_hanging_up_at_a_record_tells_its_action(recording, phone):
    phone.dial()
    phone.hang_up()

    assert recording.asked[1].form["Digits"] == "hangup"
    assert recording.asked[1].form["CallStatus"] == "completed"


def test_a_webhook_can_be_replayed_byte_for_byte(answered, phone):
    phone.dial()
    phone.say("hola")
    reply = phone.replay(phone.steps[1])

    first, again = answered.asked[1:]
    assert again.pairs == first.pairs
    assert again.headers == first.headers
    assert reply.twiml == phone.steps[1].twiml
    assert len(phone.steps) == 2


def test_a_webhook_can_be_posted_by_hand(answered, phone):
    reply = phone.post("/gather?turn=7", {"SpeechResult": "hola", "From": "anonymous"})

    (asked,) = answered.asked
    assert reply.status == 200
    assert asked.target == "/gather?turn=7"
    assert asked.form["CallSid"] == phone.call_sid
    assert asked.form["From"] == "anonymous"


def test_a_webhook_posted_by_hand_can_be_bare_and_wrongly_signed(answered, phone):
    phone.post("/gather", {"A": "1"}, standard=False, headers={"X-Twilio-Signature": "wrong"})

    (asked,) = answered.asked
    assert asked.pairs == [("A", "1")]
    assert asked.headers["X-Twilio-Signature"] == "wrong"
