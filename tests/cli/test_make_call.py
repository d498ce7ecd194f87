"""make_call.py as people run it: a process, against a Twilio on loopback."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from settings import load_settings
from tests.fakes.twilio import calls as twilio_calls
from tests.fakes.twilio.calls import Step
from tests.fakes.twilio.server import Close, FakeTwilio, Hang, Page, Refuse
from tests.warm import PROGRAMS

ROOT = Path(__file__).resolve().parent.parent.parent
TO, SENDER = "+34600000001", "+12025550100"
_UNUSED_PORT = 1  # nobody listens on tcpmux
WORDS = {"es": "es_ES.UTF-8", "en": "en_GB.UTF-8"}


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def dialer(twilio, tmp_path):
    return Dialer(twilio, tmp_path)


class Dialer:
    """Runs make_call.py. Settings are what is given here and nothing else: no .env, no environment."""

    def __init__(self, twilio, directory):
        self.env_file = directory / "empty.env"
        self.env_file.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": WORDS["en"],
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_PHONE_NUMBER": SENDER,
            "TWILIO_API_URL": twilio.url,
            "WEBHOOK_URL": "https://assistant.example.com",
        }

    def start(self, *arguments, without=(), **settings):
        environment = {k: v for k, v in {**self.environment, **settings}.items() if k not in without}
        command = [ROOT / "make_call.py", "--env-file", self.env_file, "--poll-s", "0.02"]
        return PROGRAMS.start(
            [*command, *arguments],
            env=environment,
            cwd=self.env_file.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments, without=(), **settings):
        return Ended(self.start(*arguments, without=without, **settings))


class Ended:
    def __init__(self, process):
        self.out, self.err = process.communicate(timeout=90)
        self.code = process.returncode

    @property
    def statuses(self):
        """The lines of progress, without their times."""
        return re.findall(r"^ +\d+:\d\d  (.+)$", self.out, re.MULTILINE)


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
    assert form["Url"] == [f"https://assistant.example.com/voice{overrides}"]
    assert form["FallbackUrl"] == [f"https://assistant.example.com/voice?fallback=1{overrides}"]
    assert form["StatusCallback"] == [f"https://assistant.example.com/status{overrides}"]
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
    assert form["MachineDetection"] == ["Enable"]
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
    twilio.calls.script(Step("in-progress", answered_by="machine_start"), Step("completed", duration="125"))

    ended = dialer.run(TO, "--amd")

    assert ended.out.splitlines()[-1].endswith(
        ": completed · a machine answered · 2:05 · price not known yet"
    )


# What is wrong before the call


@pytest.mark.parametrize(
    "name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER", "WEBHOOK_URL"]
)
@pytest.mark.parametrize(("language", "says"), [("es", "Falta por poner"), ("en", "Not set")])
def test_a_missing_setting_is_named_in_one_sentence(twilio, dialer, name, language, says):
    ended = dialer.run(TO, without=[name], LANG=WORDS[language])

    assert ended.code == 2
    assert ended.err.startswith(says)
    assert name in ended.err
    assert len(ended.err.splitlines()) == 1
    assert twilio.requests == []


@pytest.mark.parametrize(("language", "says"), [("es", "Falta a quién llamar"), ("en", "Whom to call")])
def test_nobody_to_call_is_said(twilio, dialer, language, says):
    ended = dialer.run(LANG=WORDS[language])

    assert ended.code == 2
    assert says in ended.err
    assert "TO_PHONE_NUMBER" in ended.err


def test_a_wrong_setting_is_named(dialer):
    ended = dialer.run(TO, TWILIO_ACCOUNT_SID="AC1")

    assert ended.code == 2
    assert "TWILIO_ACCOUNT_SID" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("number", "language", "says"),
    [
        ("612", "es", "prefijo del país"),
        ("612", "en", "country code"),
        ("abc", "en", "country code"),
        ("600000001", "en", "country code"),
        ("", "en", "country code"),
    ],
)
def test_what_cannot_be_a_number_is_not_called(twilio, dialer, number, language, says):
    ended = dialer.run(number, LANG=WORDS[language])

    assert ended.code == 2
    assert says in ended.err
    assert twilio.requests == []


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://localhost:5000", "cannot reach"),
        ("https://127.0.0.1:5000", "cannot reach"),
        ("https://192.168.1.10", "cannot reach"),
        ("https://server.local", "cannot reach"),
        ("https://[::1]:5000", "cannot reach"),
        ("http://assistant.example.com", "unencrypted"),
        ("https://assistant.example.com", ""),
    ],
)
def test_an_address_that_twilio_cannot_use_is_warned_of(dialer, address, warned):
    # Through a proxy that is not there: TWILIO_API_URL unset means the real Twilio.
    ended = dialer.run(
        TO, without=["TWILIO_API_URL"], WEBHOOK_URL=address, HTTPS_PROXY=f"http://127.0.0.1:{_UNUSED_PORT}"
    )

    assert ended.code == 4
    assert warned in ended.err
    assert ("Warning" in ended.err) == bool(warned)


def test_with_a_stand_in_for_twilio_a_local_address_is_fine(dialer):
    assert dialer.run(TO, WEBHOOK_URL="http://localhost:5000").err == ""


@pytest.mark.parametrize(("language", "says"), [("es", "Códigos de salida"), ("en", "Exit codes")])
def test_help_says_what_the_exit_codes_mean_even_with_wrong_settings(dialer, language, says):
    ended = dialer.run("--help", LANG=WORDS[language], PORT="x")

    assert ended.code == 0
    assert says in ended.out
    assert all(f"\n    {code} " in ended.out for code in (0, 1, 2, 3, 4, 130))


# What goes wrong with Twilio


@pytest.mark.parametrize(
    ("to", "sender", "code", "es", "en"),
    [
        ("+15005550001", SENDER, 21217, "no parece un número", "does not look like"),
        ("+15005550003", SENDER, 21215, "Geo permissions", "Geo permissions"),
        ("+34600000009", SENDER, 21219, "números verificados", "verified numbers"),
        (TO, "+12025550199", 21210, "no es de esta cuenta", "not this account's"),
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_refusal_says_its_code_and_what_to_do(twilio, dialer, to, sender, code, es, en, language):
    twilio.calls.on_trial("+34600000009")
    twilio.calls.owning(SENDER)

    ended = dialer.run(to, "--from", sender, LANG=WORDS[language])

    assert ended.code == 3
    assert f"[{code}]" in ended.err
    assert (es if language == "es" else en) in ended.err
    assert twilio.calls.made == {}


@pytest.mark.parametrize(
    ("language", "says"), [("es", "no acepta las credenciales"), ("en", "does not accept")]
)
def test_wrong_credentials_are_said_and_not_shown(dialer, language, says):
    ended = dialer.run(TO, TWILIO_AUTH_TOKEN="secret-token-of-mine", LANG=WORDS[language])

    assert ended.code == 3
    assert says in ended.err
    assert "[20003]" in ended.err
    assert "secret-token-of-mine" not in ended.out + ended.err


@pytest.mark.parametrize(("language", "says"), [("es", "No hay conexión"), ("en", "There is no connection")])
def test_no_network_ends_in_4(dialer, language, says):
    ended = dialer.run(TO, TWILIO_API_URL=f"http://127.0.0.1:{_UNUSED_PORT}", LANG=WORDS[language])

    assert ended.code == 4
    assert says in ended.err
    assert "Monitor, Logs" not in ended.err  # nothing was sent, so there is no call to look for


@pytest.mark.parametrize("fault", [Page(502), Close(after=True), Page(200, "<html>hotel</html>")])
@pytest.mark.parametrize(("language", "says"), [("es", "No se sabe si"), ("en", "It is not known whether")])
def test_where_the_call_may_have_been_placed_all_the_same_that_is_said(twilio, dialer, fault, language, says):
    twilio.fail(fault)

    ended = dialer.run(TO, LANG=WORDS[language])

    assert ended.code == 4
    assert says in ended.err
    assert len(twilio.posted()) == 1


def test_too_many_requests_end_in_4(twilio, dialer):
    twilio.fail(Refuse(429, 20429, "Too Many Requests"))

    ended = dialer.run(TO)

    assert ended.code == 4
    assert "[20429]" in ended.err


def test_a_failure_that_passes_does_not_end_the_following(twilio, dialer):
    twilio.fail(Page(503), method="GET", times=2)
    twilio.fail(Close(), method="GET")

    ended = dialer.run(TO)

    assert ended.code == 0
    assert ended.out.count("still trying") == 1
    assert ended.statuses == ["queued", "ringing", "talking", "completed"]


def test_a_twilio_that_stays_away_is_given_up_on_and_the_call_named(twilio, dialer):
    twilio.fail(Page(503), method="GET", times=1000)

    ended = dialer.run(TO, "--patience-s", "0.1")

    assert ended.code == 4
    assert f"The call {twilio.calls.last.sid} is followed no longer; it may still be on." in ended.err
    assert "[503]" in ended.err


def test_credentials_withdrawn_during_the_call_end_in_3(twilio, dialer):
    twilio.fail(Refuse(401, 20003, "Authenticate"), method="GET")

    ended = dialer.run(TO)

    assert ended.code == 3
    assert "may still be on" in ended.err


# ^C


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_control_c_hangs_up_and_says_how_the_call_ended(twilio, dialer, number):
    twilio.calls.script(*twilio_calls.TALKS_ON)
    process = dialer.start(TO)
    twilio.wait_for(lambda fake: fake.calls.made and fake.calls.last.status == "in-progress")

    process.send_signal(number)
    ended = Ended(process)

    assert ended.code == 130
    assert twilio.calls.last.status == "completed"
    assert ended.out.splitlines()[-1].startswith(f"{twilio.calls.last.sid}: completed · 0:03")
    assert "Traceback" not in ended.err


def test_control_c_while_it_rings_cancels_the_call(twilio, dialer):
    twilio.calls.script(*twilio_calls.RINGS_ON)
    process = dialer.start(TO)
    twilio.wait_for(lambda fake: fake.calls.made and fake.calls.last.status == "ringing")

    process.send_signal(signal.SIGINT)
    ended = Ended(process)

    assert ended.code == 130
    assert twilio.posted()[-1].form == {"Status": ["completed"]}
    assert ended.out.splitlines()[-1] == f"{twilio.calls.last.sid}: canceled"


def test_a_second_control_c_leaves_without_waiting(twilio, dialer):
    twilio.calls.script(*twilio_calls.TALKS_ON)
    process = dialer.start(TO)
    twilio.wait_for(lambda fake: fake.calls.made and fake.calls.last.status == "in-progress")
    twilio.fail(Hang(), method="POST")

    process.send_signal(signal.SIGINT)
    twilio.wait_for(lambda fake: len(fake.posted()) == 2)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    ended = Ended(process)

    assert ended.code == 130
    assert time.monotonic() - began < 4.5  # hanging up would have taken 5 s to give up
    assert "may still be on" in ended.err
    assert "Traceback" not in ended.err


def test_control_c_while_the_call_is_being_placed_hangs_up_once_it_is(twilio, dialer):
    placing, go_on = threading.Event(), threading.Event()

    class Slowly:
        def play(self, handler):
            placing.set()
            go_on.wait(10)
            handler.send_json(handler.fake.answer(handler.fake.requests[-1]))

    twilio.calls.script(*twilio_calls.RINGS_ON)
    twilio.fail(Slowly())
    process = dialer.start(TO)
    placing.wait(10)

    process.send_signal(signal.SIGINT)
    go_on.set()
    ended = Ended(process)

    assert ended.code == 130
    assert twilio.calls.last.status == "canceled"


# --simulate


@pytest.fixture
def line(tmp_path, sqlite_url, openai):
    from tests.conftest import Line

    settings = load_settings(
        None,
        data_dir=tmp_path / "data",
        database_url=sqlite_url,
        openai_base_url=openai.base_url,
        assistant_profile="reception.en",
    )
    line = Line(settings)
    yield line
    line.close()


def test_a_simulated_call_rings_the_phone_in_this_terminal_and_no_twilio(twilio, dialer, line):
    ended = dialer.run(
        "+34600000007",
        "--simulate",
        without=["WEBHOOK_URL"],
        PORT=line.url.rpartition(":")[2],
        DATA_DIR=str(line.settings.data_dir),
    )

    assert ended.code == 0, ended.err
    assert "600 00 00 07" in ended.out
    assert "have a moment?" in ended.out  # the end of the greeting for calls that we place
    assert twilio.requests == []


def test_a_simulated_call_with_no_server_ends_in_4(dialer, tmp_path):
    ended = dialer.run(TO, "--simulate", PORT=str(_UNUSED_PORT), DATA_DIR=str(tmp_path / "data"))

    assert ended.code == 4
    assert str(_UNUSED_PORT) in ended.err
