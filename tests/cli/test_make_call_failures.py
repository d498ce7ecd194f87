"""What make_call.py says where Twilio refuses, the network fails, or somebody interrupts it."""

import signal
import threading
import time

import pytest

from settings import load_settings
from tests.cli.dialer import _UNUSED_PORT, SENDER, TO, WORDS, Ended
from tests.fakes.twilio import call as twilio_calls
from tests.fakes.twilio.server import Close, Hang, Page, Refuse
from tests.waiting import PATIENCE_S

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
            go_on.wait(PATIENCE_S)
            handler.send_json(handler.fake.answer(handler.fake.requests[-1]))

    twilio.calls.script(*twilio_calls.RINGS_ON)
    twilio.fail(Slowly())
    process = dialer.start(TO)
    placing.wait(PATIENCE_S)

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
