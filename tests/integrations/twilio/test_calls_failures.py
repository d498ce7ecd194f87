"""TwilioRest where Twilio refuses or the network fails."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.errors import may_have_been_done
from integrations.twilio.calls import TwilioRest
from integrations.twilio.error_codes import what_to_do
from tests.fakes.twilio.server import Close, Drip, Hang, Page, Refuse
from tests.integrations.twilio.calls import SENDER, TO, VOICE, client, place, refused, unused_port
from tests.waiting import LATE_S

# Refusals


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "12"}, 21211),
        ({"to": "+15005550001"}, 21217),
        ({"to": "+15005550002"}, 21214),
        ({"to": "+15005550003"}, 21215),
        ({"to": "+15005550004"}, 21216),
        ({"sender": ""}, 21213),
        ({"sender": "+15005550001"}, 21212),
        ({"url": "ftp://example.com"}, 21205),
        ({"url": "https://my_host.example.com/voice"}, 21205),
        ({"url": None}, 21205),
        ({"ring_s": 601}, 21208),
        ({"to": "+34600000009"}, 21219),
        ({"sender": "+12025550199"}, 21210),
    ],
)
def test_a_refusal_carries_twilios_code_and_is_permanent(twilio, rest, given, code):
    twilio.calls.on_trial("+34600000009")
    twilio.calls.owning(SENDER)

    error = refused(place, rest, **given)

    assert (error.code, error.status, error.permanent) == (code, 400, True)
    assert what_to_do(error.code, "es") != what_to_do(error.code, "en")
    assert not str(error).startswith("Unable to")
    assert not may_have_been_done(error)


def test_a_wrong_token_is_refused_and_never_told(twilio):
    error = refused(place, client(twilio, auth_token="a-secret-token"))

    assert (error.code, error.status, error.permanent) == (20003, 401, True)
    assert "a-secret-token" not in f"{error} {error!r} {error.__cause__!r}"


def test_an_unknown_call_is_refused(rest):
    assert refused(rest.fetch_call, "CA" + "0" * 32).code == 20404


def test_too_many_requests_are_worth_another_try(twilio, rest):
    twilio.fail(Refuse(429, 20429, "Too Many Requests"))

    error = refused(place, rest)

    assert (error.code, error.permanent) == (20429, False)
    assert not may_have_been_done(error)
    assert place(rest).status == "queued"


def test_the_newer_shape_of_errors_is_understood(twilio, rest):
    twilio.fail(Refuse(400, 21211, "Invalid parameter", problem=True))

    error = refused(place, rest)

    assert (str(error), error.code, error.permanent) == ("Invalid parameter", 21211, True)


def test_a_failure_of_twilios_own_is_worth_another_try(twilio, rest):
    twilio.fail(Page(503))

    error = refused(place, rest)

    assert (error.code, error.status, error.permanent) == (503, 503, False)
    assert "<" not in str(error)
    assert may_have_been_done(error)


@pytest.mark.parametrize(
    "html", ["<html>Welcome to the hotel</html>", "", "{}", '{"sid": "CA1"}', "[]", "null"]
)
def test_an_answer_that_is_not_twilios_is_an_error(twilio, rest, html):
    twilio.fail(Page(200, html))

    error = refused(place, rest)

    assert (error.code, error.permanent) == ("not-understood", False)
    assert may_have_been_done(error)


def test_colours_in_a_message_are_taken_out(twilio, rest):
    twilio.fail(Refuse(400, 21211, "\x1b[31m\x1b[49mNo such\n number\x1b[0m"))

    assert str(refused(place, rest)) == "No such number"


# The network


def test_a_twilio_that_does_not_answer_is_given_up_on(twilio):
    twilio.fail(Hang())
    began = time.monotonic()

    error = refused(place, client(twilio, timeout_s=1.5))

    assert (error.code, error.permanent) == ("timeout", False)
    assert may_have_been_done(error)
    assert time.monotonic() - began < LATE_S


def test_a_twilio_that_drips_its_answer_is_given_up_on(twilio):
    twilio.fail(Drip())
    began = time.monotonic()

    error = refused(place, client(twilio, timeout_s=5, total_s=1.5))

    assert error.code == "timeout"
    assert time.monotonic() - began < LATE_S


def test_a_connection_that_breaks_leaves_open_whether_the_call_was_placed(twilio, rest):
    twilio.fail(Close(after=True))

    error = refused(place, rest)

    assert (error.code, error.permanent) == ("connection-lost", False)
    assert may_have_been_done(error)
    assert len(twilio.calls.made) == 1
    assert len(twilio.posted()) == 1  # and it was not asked again behind our back: that would ring twice


def test_no_connection_means_no_call(twilio):
    rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=f"http://127.0.0.1:{unused_port()}")

    error = refused(place, rest)

    assert (error.code, error.permanent) == ("no-connection", False)
    assert not may_have_been_done(error)
    assert twilio.account_sid not in str(error)


def test_a_server_with_no_trusted_certificate_is_not_talked_to(twilio):
    rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url.replace("http:", "https:"))

    assert refused(place, rest).code == "tls"
    assert twilio.requests == []


def test_answers_of_several_threads_are_not_mixed_up(twilio, rest):
    sids = [place(rest).sid for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda sid: rest.fetch_call(sid).sid, sids * 12))

    assert seen == sids * 12


def test_requests_share_a_connection(twilio, rest):
    for _ in range(5):
        place(rest)

    assert len(twilio.connections) == 1


def test_the_connections_of_a_rush_are_kept_for_the_next(twilio, rest):
    for rush in (1, 2):
        with ThreadPoolExecutor(30) as pool, twilio.answers_held():
            calls = [pool.submit(place, rest) for _ in range(30)]
            twilio.wait_for(lambda fake, all_of_it=30 * rush: len(fake.requests) == all_of_it)
        assert all(call.result().sid for call in calls)

    assert len(twilio.connections) == 30


@pytest.mark.parametrize(
    "environment",
    [
        {"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"},
        {
            "HTTP_PROXY": "http://127.0.0.1:1",
            "http_proxy": "http://127.0.0.1:1",
            "ALL_PROXY": "http://127.0.0.1:1",
        },
    ],
)
def test_a_stand_in_is_asked_whatever_the_environment_says(twilio, environment):
    program = (
        "from integrations.twilio.calls import TwilioRest\n"
        f"rest = TwilioRest({twilio.account_sid!r}, {twilio.auth_token!r}, api_url={twilio.url!r} + '/')\n"
        f"print(rest.place_call(to={TO!r}, sender={SENDER!r}, url={VOICE!r}).status)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)

    assert (done.stdout, done.returncode) == ("queued\n", 0), done.stderr


def test_the_client_does_not_show_its_token(twilio, rest):
    assert twilio.auth_token not in f"{rest!r} {vars(rest)!r}"


def test_a_request_given_up_on_does_not_keep_the_program_alive(twilio):
    twilio.fail(Hang())
    program = (
        "from integrations.twilio.calls import TwilioRest\n"
        f"rest = TwilioRest({twilio.account_sid!r}, 't', api_url={twilio.url!r}, timeout_s=60, total_s=1.5)\n"
        "try:\n    rest.fetch_call('CA1')\nexcept Exception as error:\n    print(error.code)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)

    assert done.stdout == "timeout\n", done.stderr


# What to do


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_code_with_no_entry_has_no_advice(language):
    assert what_to_do(99999, language) is None
    assert what_to_do(None, language) is None
    assert "status.twilio.com" in what_to_do(502, language)
