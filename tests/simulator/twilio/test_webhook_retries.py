"""What is asked again, what goes to the fallback, and what ends the call."""

import socket

import pytest

from simulator.twilio.journal import Ending
from tests.simulator.conftest import ACCOUNT
from tests.simulator.toy_server import Reply, ToyServer, response
from tests.simulator.twilio.webhook_documents import ASK, is_signed
from tests.waiting import LATE_S


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]  # bound and not listening: connections are refused


def test_a_refused_connection_is_tried_twice_and_is_error_11205(server, a_phone, free_port):
    phone = a_phone(fallback_url="/fallback")
    server.on("/voice", response(f"<Redirect>http://127.0.0.1:{free_port}/voice</Redirect>"))
    server.on("/fallback", response(ASK))

    phone.dial()

    refused = phone.steps[1]
    assert (refused.status, refused.error, refused.retries) == (None, 11205, 1)


def test_a_host_that_does_not_exist_is_error_11210(server, a_phone):
    too_long_to_exist = ".".join(["a" * 60] * 6)  # which the resolver knows without asking anybody
    phone = a_phone(fallback_url=f"http://{too_long_to_exist}/fallback")

    phone.dial()

    assert [warning.code for warning in phone.warnings] == [11200, 11210]


def test_a_server_too_slow_for_its_read_timeout_is_error_11200(server, phone):
    server.on("/voice", response("<Redirect>/slow#rt=100</Redirect>"))
    server.on("/slow", Reply(hangs=True))

    phone.dial()

    assert phone.failure.code == 11200
    assert phone.steps[1].retries == 0
    assert 0.09 < phone.steps[1].seconds < LATE_S


def test_a_server_that_drips_runs_out_of_its_total_time(server, phone):
    server.on("/voice", response("<Redirect>/drip#tt=200</Redirect>"))
    server.on("/drip", Reply(drips=True))

    phone.dial()

    assert phone.failure.code == 11200
    assert 0.19 < phone.steps[1].seconds < LATE_S


def test_retries_stop_when_the_total_time_is_over(server, phone):
    server.on("/voice", response("<Redirect>/slow#rt=400&amp;tt=1000&amp;rc=5&amp;rp=rt</Redirect>"))
    server.on("/slow", Reply(hangs=True))

    phone.dial()

    assert phone.steps[1].retries == 2


@pytest.mark.parametrize(
    ("failure", "policy"),
    [
        (Reply(status=503), "5xx"),
        (Reply(status=429), "4xx"),
        (Reply(dies=True), "rt"),
        (Reply(status=500), "all"),
    ],
)
def test_what_the_policy_names_is_asked_again_with_the_same_token(server, phone, failure, policy):
    server.on("/voice", response(f"<Redirect>/next#rc=2&amp;rp=ct,{policy}</Redirect>"))
    server.on("/next", failure, failure, response(ASK))

    phone.dial()

    asked = server.asked_for("/next")
    assert len(asked) == 3
    assert len({one.headers["I-Twilio-Idempotency-Token"] for one in asked}) == 1
    assert phone.steps[1].retries == 2
    assert phone.ended is None


def test_what_the_policy_does_not_name_is_not_asked_again(server, phone):
    server.on("/voice", response("<Redirect>/next#rc=2&amp;rp=ct,rt</Redirect>"))
    server.on("/next", Reply(status=503), response(ASK))

    phone.dial()

    assert len(server.asked_for("/next")) == 1
    assert phone.ended is Ending.APPLICATION_ERROR


def test_success_is_never_asked_again(server, phone):
    server.on("/voice", response("<Redirect>/next#rc=2&amp;rp=all</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    assert len(server.asked_for("/next")) == 1


def test_different_webhooks_have_different_tokens(server, phone):
    server.on("/voice", response("<Redirect>/next</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    first, second = (asked.headers["I-Twilio-Idempotency-Token"] for asked in server.asked)
    assert first != second


def test_a_failure_goes_to_the_fallback_with_its_code_and_url(server, a_phone):
    phone = a_phone(fallback_url="/fallback")
    server.on("/voice", response("<Redirect>/broken?a=1#rc=0</Redirect>"))
    server.on("/broken", Reply(status=500))
    server.on("/fallback", response("<Say>Perdone</Say>", ASK))

    words = phone.dial()

    form = server.asked[2].form
    assert words == "Perdone ¿Sí?"
    assert form["ErrorCode"] == "11200"
    assert form["ErrorUrl"] == f"{server.url}/broken?a=1"
    assert form["CallSid"] == phone.call_sid
    assert form["AccountSid"] == ACCOUNT
    assert is_signed(server.asked[2], f"{server.url}/fallback")
    assert phone.ended is None
    assert phone.failure is None


def test_the_fallback_may_be_another_server(server, a_phone):
    other = ToyServer()
    phone = a_phone(fallback_url=f"{other.url}/fallback")
    server.on("/voice", Reply(status=500))
    other.on("/fallback", response("<Say>Perdone</Say>", "<Hangup/>"))

    words = phone.dial()

    other.close()
    assert words == "Perdone"


def test_a_fallback_that_fails_too_ends_the_call(server, a_phone):
    phone = a_phone(fallback_url="/fallback")
    server.on("/voice", Reply(status=500))
    server.on("/fallback", Reply(status=502))

    phone.dial()

    assert phone.ended is Ending.APPLICATION_ERROR
    assert len(server.asked) == 2
    assert phone.failure.url == f"{server.url}/voice"


def test_a_proxy_in_the_environment_is_not_used(server, a_phone, monkeypatch, free_port):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    server.on("/voice", response(ASK))
    phone = a_phone()

    phone.dial()

    assert phone.ended is None
