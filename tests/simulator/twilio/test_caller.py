"""What the caller does, and what is kept of it."""

import pytest

from simulator.twilio.clock import VirtualClock
from simulator.twilio.journal import Ending
from tests.simulator.toy_server import response
from tests.simulator.twilio.documents import SPEECH


def keys(server, attributes):
    server.on("/voice", response(f"<Gather action='/gather' {attributes}><Say>Marque</Say></Gather>"))
    server.on("/gather", response("<Hangup/>"))


def test_words_reach_the_action_with_their_confidence(answered, phone):
    phone.dial()
    words = phone.say("¿Y los sábados?", confidence=0.87)

    assert answered.asked[1].form["SpeechResult"] == "¿Y los sábados?"
    assert answered.asked[1].form["Confidence"] == "0.87"
    assert "Digits" not in answered.asked[1].form
    assert words.startswith("Muy bien. Abrimos")


def test_confidence_may_be_missing(answered, phone):
    phone.dial()
    phone.say("hola", confidence=None)

    assert "Confidence" not in answered.asked[1].form


def test_the_prompt_is_heard_out_before_the_caller_speaks(answered, phone):
    phone.dial()
    prompt = phone.heard[0]
    phone.say("hola")

    assert phone.turns[1].began_at == pytest.approx(prompt.ends_at)
    assert prompt.words == prompt.text


def test_words_where_keys_are_asked_for_are_lost_with_a_warning(server, phone):
    keys(server, "input='dtmf'")

    phone.dial()
    words = phone.say("hola")

    assert words == ""
    assert len(server.asked) == 1
    assert "hola" in str(phone.warnings[0].message)
    assert phone.listening is not None


def test_keys_where_words_are_asked_for_are_lost_with_a_warning(answered, phone):
    phone.dial()
    phone.press("1")

    assert len(answered.asked) == 1
    assert "'1'" in str(phone.warnings[0].message)


@pytest.mark.parametrize(
    ("attributes", "pressed", "sent", "waits"),
    [
        ("", "12#", "12", False),
        ("", "12", "12", True),
        ("numDigits='1'", "1", "1", False),
        ("numDigits='3'", "12", "12", True),
        ("finishOnKey='*'", "1#2*", "1#2", False),
        ("finishOnKey=''", "1#", "1#", True),
        ("numDigits='2'", "1#", "1", False),
    ],
)
def test_keys_reach_the_action_as_the_gather_wants_them(server, phone, attributes, pressed, sent, waits):
    keys(server, f"timeout='3' {attributes}")

    phone.dial()
    prompt_end = phone.listening.prompt_ends_at
    phone.press(pressed)

    assert server.asked[1].form["Digits"] == sent
    assert "SpeechResult" not in server.asked[1].form
    assert phone.turns[1].began_at == pytest.approx(prompt_end + (3 if waits else 0))


def test_keys_pressed_after_the_last_one_wanted_are_lost_with_a_warning(server, phone):
    keys(server, "numDigits='1'")

    phone.dial()
    phone.press("123")

    assert server.asked[1].form["Digits"] == "1"
    assert "23" in str(phone.warnings[0].message)


def test_the_finishing_key_alone_is_as_good_as_nothing(server, phone):
    keys(server, "")

    phone.dial()
    phone.press("#")

    assert len(server.asked) == 1
    assert phone.ended is Ending.NO_MORE_VERBS


def test_a_key_stops_the_prompt(server, phone):
    keys(server, "numDigits='1' bargeIn='false'")

    phone.dial()
    phone.press("1", after_s=0.2)

    assert phone.heard[0].cut_after_s == pytest.approx(0.2)


def test_a_phone_has_only_twelve_keys(answered, phone):
    phone.dial()

    with pytest.raises(ValueError, match="A"):
        phone.press("A")


def test_an_interruption_cuts_the_prompt_where_it_falls(answered, phone):
    phone.dial()
    phone.interrupt("Perdone", after_s=1.2)

    prompt = phone.heard[0]
    assert answered.asked[1].form["SpeechResult"] == "Perdone"
    assert prompt.cut_after_s == pytest.approx(1.2)
    assert prompt.words == "Abrimos de nueve"
    assert phone.turns[1].began_at == pytest.approx(prompt.at + 1.2)
    assert [line.text for line in phone.transcript][:3] == ["Abrimos de nueve", "Perdone", "Muy bien."]


def test_what_comes_after_an_interruption_in_the_same_prompt_was_not_heard(server, phone):
    server.on(
        "/voice",
        response(
            "<Gather input='speech' action='/gather'><Say>Primero esto.</Say><Say>Después.</Say></Gather>"
        ),
    )
    server.on("/gather", response("<Hangup/>"))

    phone.dial()
    phone.interrupt("Ya", after_s=0.5)

    assert [heard.text for heard in phone.heard] == ["Primero esto."]


def test_words_over_a_prompt_that_cannot_be_interrupted_are_lost_with_a_warning(server, phone):
    server.on("/voice", response(SPEECH.format(barge_in="false")))

    phone.dial()
    phone.interrupt("Perdone", after_s=1.2)

    assert len(server.asked) == 1
    assert "Perdone" in str(phone.warnings[0].message)
    assert phone.heard[0].cut_after_s is None
    assert phone.listening is not None


def test_an_interruption_after_the_prompts_end_is_an_answer(answered, phone):
    phone.dial()
    phone.interrupt("Gracias", after_s=60)

    assert phone.heard[0].cut_after_s is None
    assert answered.asked[1].form["SpeechResult"] == "Gracias"


def test_in_real_time_an_interruption_really_falls_after_that_time(answered, a_phone):
    phone = a_phone(realtime=True)

    phone.dial()
    phone.interrupt("Perdone", after_s=0.3)

    assert phone.heard[0].cut_after_s > 0.29


def test_a_clock_of_ones_own_can_be_given(answered, a_phone):
    class HalfSpeed(VirtualClock):
        def let_pass(self, seconds):
            super().let_pass(2 * max(0.0, seconds))

    phone = a_phone(clock=HalfSpeed())
    phone.dial()
    prompt = phone.heard[0]
    phone.say("hola")

    assert phone.turns[1].began_at == pytest.approx(prompt.at + 2 * prompt.duration_s)
