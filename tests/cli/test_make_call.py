"""make_call.py as people run it: a process, against a Twilio on loopback."""

import pytest

from tests.cli.dialer import SENDER, TO, WORDS
from tests.fakes.twilio import call as twilio_calls
from tests.fakes.twilio.call import Step

# Calls


def test_a_call_is_followed_to_its_end_and_summed_up(twilio, dialer):
    ended = dialer.run(TO)

    call = twilio.calls.last
    assert ended.code == 0, ended.err
    assert ended.statuses == ["queued", "ringing", "talking", "completed"]
    assert ended.out.splitlines()[-1] == f"{call.sid}: completed · 0:34 · 0.0085 USD"
    assert f"Calling {TO} from {SENDER} ({call.sid})" in ended.out
    assert ended.err == ""


def test_in_spanish_where_the_terminal_is(twilio, dialer):
    ended = dialer.run(TO, LANG=WORDS["es"])

    assert ended.statuses == ["en cola", "sonando", "hablando", "terminada"]
    assert ended.out.splitlines()[-1] == f"{twilio.calls.last.sid}: terminada · 0:34 · 0,0085 USD"


def test_of_two_tokens_the_first_signs_in_while_one_is_rotated(twilio, dialer):
    ended = dialer.run(TO, TWILIO_AUTH_TOKEN=f" {twilio.auth_token}, the-old-one")

    assert ended.code == 0, ended.err
    assert ended.statuses[-1] == "completed"


def test_a_token_of_separators_alone_is_no_token(twilio, dialer):
    ended = dialer.run(TO, TWILIO_AUTH_TOKEN=" , ")

    assert ended.code == 2
    assert "TWILIO_AUTH_TOKEN" in ended.err
    assert twilio.posted() == []


def test_twilio_is_told_where_to_ask_and_how_patiently(twilio, dialer):
    dialer.run(TO)

    form = twilio.posted()[0].form
    overrides = "#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx"
    assert form["To"] == [TO]
    assert form["From"] == [SENDER]
    assert form["Url"] == [f"{dialer.server.url}/voice{overrides}"]
    assert form["FallbackUrl"] == [f"{dialer.server.url}/voice/fallback{overrides}"]
    assert form["StatusCallback"] == [f"{dialer.server.url}/status{overrides}"]
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert "MachineDetection" not in form
    assert "Timeout" not in form


def test_options_reach_twilio(twilio, dialer):
    bin_url = "https://handler.twilio.com/twiml/EH0"
    ended = dialer.run(
        "+34 600 00 00 02",
        *("--from", "+1 (202) 555-0101", "--timeout", "25", "--amd", "--fallback-url", bin_url),
        without=["TWILIO_PHONE_NUMBER"],
    )

    form = twilio.posted()[0].form
    assert form["To"] == ["+34600000002"]
    assert form["From"] == ["+12025550101"]
    assert form["Timeout"] == ["25"]
    assert form["MachineDetection"] == ["DetectMessageEnd"]
    assert form["FallbackUrl"] == [bin_url]
    assert "a person answered" in ended.out


def test_without_a_number_the_usual_one_is_called(twilio, dialer):
    dialer.run(TO_PHONE_NUMBER="+34600000003")

    assert twilio.calls.last.param("To") == "+34600000003"


@pytest.mark.parametrize(
    ("script", "es", "en"),
    [
        (twilio_calls.BUSY, "comunicando", "busy"),
        (twilio_calls.NO_ANSWER, "sin respuesta", "no answer"),
        (twilio_calls.FAILED, "fallida", "failed"),
        (twilio_calls.CANCELED, "anulada", "canceled"),
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_call_in_which_nobody_was_talked_to_ends_in_1(twilio, dialer, script, es, en, language):
    twilio.calls.script(*script)

    ended = dialer.run(TO, LANG=WORDS[language])

    assert ended.code == 1
    assert f"{twilio.calls.last.sid}: {es if language == 'es' else en}" in ended.out


def test_an_answering_machine_is_named(twilio, dialer):
    twilio.calls.script(
        Step("in-progress", answered_by="machine_end_beep"), Step("completed", duration="125")
    )

    ended = dialer.run(TO, "--amd")

    assert ended.out.splitlines()[-1].endswith(
        ": completed · a machine answered · 2:05 · price not known yet"
    )
