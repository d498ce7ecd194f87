"""What the network does in a call: documents, verbs, endings."""

import re

import pytest

from simulator.twilio.journal import Ending
from tests.simulator.conftest import ACCOUNT
from tests.simulator.toy_server import response
from tests.simulator.twilio.call_documents import ASK


def test_an_inbound_call_is_asked_for_with_twilios_parameters(server, phone):
    server.on("/voice", response(ASK))

    phone.dial()

    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/voice")
    assert re.fullmatch("CA[0-9a-f]{32}", asked.form["CallSid"])
    assert asked.form["CallSid"] == phone.call_sid
    assert asked.form["AccountSid"] == ACCOUNT
    assert asked.form["ApiVersion"] == "2010-04-01"
    assert asked.form["Direction"] == "inbound"
    assert asked.form["CallStatus"] == "ringing"
    assert asked.form["From"] == asked.form["Caller"] == "+34600000001"
    assert asked.form["To"] == asked.form["Called"] == "+12025550100"
    assert (asked.form["FromCountry"], asked.form["CalledCountry"]) == ("ES", "US")
    assert asked.form["FromCity"] == ""
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"


def test_an_outbound_call_goes_from_our_number_and_is_in_progress(server, a_phone):
    server.on("/voice", response(ASK))

    a_phone(answered_by="human").dial("outbound-api")

    form = server.asked[0].form
    assert (form["Direction"], form["CallStatus"]) == ("outbound-api", "in-progress")
    assert (form["From"], form["To"]) == ("+12025550100", "+34600000001")
    assert form["AnsweredBy"] == "human"


def test_a_withheld_number_comes_as_anonymous_without_geography(server, a_phone):
    server.on("/voice", response(ASK))

    a_phone(from_number="anonymous").dial()

    assert server.asked[0].form["From"] == "anonymous"
    assert server.asked[0].form["FromCountry"] == ""


def test_the_second_webhook_of_a_call_says_in_progress_and_the_same_sid(server, phone):
    server.on("/voice", response(ASK))
    server.on("/gather", response("<Hangup/>"))

    phone.dial()
    phone.say("hola")

    assert server.asked[1].form["CallStatus"] == "in-progress"
    assert server.asked[1].form["CallSid"] == server.asked[0].form["CallSid"]


def test_what_is_said_is_heard_with_its_voice_and_its_seconds(server, phone):
    server.on(
        "/voice",
        response("<Say voice='Polly.Lucia-Neural' language='es-ES'>Buenos días a todos, amigos</Say>", ASK),
    )

    words = phone.dial()

    first, second = phone.heard
    assert words == "Buenos días a todos, amigos ¿Sí?"
    assert (first.kind, first.voice, first.language) == ("say", "Polly.Lucia-Neural", "es-ES")
    assert first.duration_s == pytest.approx(27 / 15)
    assert second.at == pytest.approx(first.ends_at)
    assert not first.interruptible
    assert second.interruptible


def test_the_clock_adds_what_is_spoken_paused_and_played_to_what_the_server_took(server, phone):
    server.on(
        "/voice",
        response(
            "<Say loop='2'>Quince letras..</Say>",
            "<Pause length='3'/>",
            "<Play>/a.mp3</Play>",
            "<Play digits='ww12'/>",
            ASK,
        ),
    )

    phone.dial()

    took = phone.steps[0].seconds
    assert [heard.kind for heard in phone.heard] == ["say", "play", "play", "say"]
    assert phone.heard[1].at == pytest.approx(took + 2 + 3)
    assert phone.heard[1].wait_s == pytest.approx(3)
    assert phone.now == pytest.approx(took + 2 + 3 + 3 + 2)


def test_a_redirect_is_resolved_against_the_last_document(server, phone):
    server.on("/calls/voice", response("<Redirect>next?turn=1</Redirect>"))
    server.on("/calls/next", response("<Redirect method='GET'>../last</Redirect>"))
    server.on("/last", response("<Hangup/>"))

    phone.dial(path="/calls/voice")

    assert [step.method for step in phone.steps] == ["POST", "POST", "GET"]
    assert server.asked[1].target == "/calls/next?turn=1"
    assert server.asked[2].path == "/last"
    assert f"CallSid={phone.call_sid}" in server.asked[2].target
    assert server.asked[2].pairs == []
    assert phone.ended is Ending.HANGUP


def test_a_gather_without_an_action_asks_its_own_document_again(server, phone):
    server.on("/voice", response("<Gather input='speech'/>"), response("<Hangup/>"))

    phone.dial(path="/voice?from=1")
    phone.say("hola")

    assert server.asked[1].target == "/voice?from=1"


def test_a_gather_with_nothing_heard_falls_through_to_the_next_verb(server, phone):
    server.on("/voice", response("<Gather timeout='4'/>", "<Say>Adiós</Say>", "<Hangup/>"))

    phone.dial()
    words = phone.silence()

    assert words == "Adiós"
    assert len(server.asked) == 1
    assert phone.ended is Ending.HANGUP
    assert phone.heard[0].at == pytest.approx(phone.steps[0].seconds + 4)


def test_a_gather_with_nothing_heard_and_nothing_after_it_ends_the_call(server, phone):
    server.on("/voice", response("<Gather/>"))

    phone.dial()
    phone.silence()

    assert phone.ended is Ending.NO_MORE_VERBS


@pytest.mark.parametrize("empty_fields", [False, True])
def test_a_gather_with_action_on_empty_result_asks_for_its_action_anyway(server, phone, empty_fields):
    server.on("/voice", response(ASK))
    server.on("/gather", response("<Hangup/>"))

    phone.dial()
    phone.silence(empty_fields=empty_fields)

    form = server.asked[1].form
    assert (form.get("Digits"), form.get("SpeechResult")) == (("", "") if empty_fields else (None, None))


def test_a_gather_too_short_to_answer_passes_in_silence(server, phone):
    server.on(
        "/voice",
        response("<Gather timeout='1'><Say>Un momento</Say></Gather>", "<Redirect>/continue</Redirect>"),
    )
    server.on("/continue", response(ASK))

    words = phone.dial()

    assert words == "Un momento ¿Sí?"
    assert phone.heard[1].wait_s == pytest.approx(1 + phone.steps[1].seconds)
    assert phone.dead_air == [pytest.approx(1 + phone.steps[1].seconds)]


def test_a_caller_without_reaction_time_can_speak_in_it(server, a_phone):
    phone = a_phone(reaction_s=0)
    server.on("/voice", response("<Gather input='speech' timeout='1' action='/gather'/>", "<Hangup/>"))
    server.on("/gather", response(ASK))

    phone.dial()
    phone.say("¿Oiga?")

    assert server.asked[1].form["SpeechResult"] == "¿Oiga?"


def test_waiting_goes_on_by_itself_where_the_call_does_and_stays_where_it_asks(server, a_phone):
    phone = a_phone(reaction_s=0)
    server.on("/voice", response("<Gather timeout='1'/>", "<Redirect>/continue</Redirect>"))
    server.on("/continue", response(ASK))
    phone.dial()

    phone.wait()
    phone.wait()

    assert len(server.asked) == 2
    assert phone.listening.prompt_ends_at == pytest.approx(phone.now)
