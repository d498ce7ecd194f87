"""How documents are asked for: signed, within limits, with retries, and what happens where that fails."""

import pytest
from twilio.request_validator import RequestValidator

from simulator.twilio.journal import Ending
from tests.simulator.toy_server import Reply, response
from tests.simulator.twilio.webhook_documents import ASK, is_signed

PUBLIC = "https://assistant.example.com"


def test_every_webhook_is_signed_for_the_address_it_is_sent_to(server, phone):
    server.on("/voice", response("<Redirect>/next?x=caf%C3%A9&amp;u=https%3A%2F%2Fa</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    first, second = server.asked
    assert is_signed(first, f"{server.url}/voice")
    assert second.target == "/next?x=caf%C3%A9&u=https%3A%2F%2Fa"
    assert is_signed(second, f"{server.url}{second.target}")


def test_with_a_public_url_webhooks_are_signed_for_that_and_sent_here(server, a_phone):
    phone = a_phone(public_url=PUBLIC + "/")
    server.on("/voice", response(f"<Redirect>{PUBLIC}/next?a=1</Redirect>"))
    server.on("/next", response("<Redirect>last</Redirect>"))
    server.on("/last", response(ASK))

    phone.dial()

    assert [step.url for step in phone.steps] == [
        f"{PUBLIC}/voice",
        f"{PUBLIC}/next?a=1",
        f"{PUBLIC}/last",
    ]
    assert all(is_signed(asked, PUBLIC + asked.target) for asked in server.asked)
    assert server.asked[0].headers["Host"] == server.url.removeprefix("http://")


def test_a_public_url_may_have_a_path_of_its_own(server, a_phone):
    phone = a_phone(public_url=f"{PUBLIC}/phone")
    server.on("/voice", response(f"<Redirect>{PUBLIC}/phone/next</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    assert [asked.target for asked in server.asked] == ["/voice", "/next"]
    assert is_signed(server.asked[0], f"{PUBLIC}/phone/voice")


def test_the_servers_own_address_in_twiml_is_signed_as_the_public_one(server, a_phone):
    phone = a_phone(public_url=PUBLIC)
    server.on("/voice", response(f"<Redirect>{server.url}/next</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    assert is_signed(server.asked[1], f"{PUBLIC}/next")


def test_a_shared_key_signs_in_sha256(server, a_phone):
    server.on("/voice", response(ASK))

    a_phone(shared_key_id="key_1").dial()

    (asked,) = server.asked
    assert asked.headers["X-Twilio-Webhooks-Signature-Settings"] == "key=key_1,algorithm=HMAC_SHA256"
    assert RequestValidator("a secret").validate(
        f"{server.url}/voice", asked.form, asked.headers["X-Twilio-Signature"], algorithm="HMAC_SHA256"
    )


def test_a_get_is_signed_with_its_parameters_in_the_url(server, phone):
    server.on("/voice", response("<Redirect method='GET'>/next?a=1</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    asked = server.asked[1]
    assert (asked.method, asked.pairs) == ("GET", [])
    assert asked.target.startswith("/next?a=1&AccountSid=")
    assert is_signed(asked, server.url + asked.target)


def test_a_fragment_is_neither_sent_nor_signed(server, phone):
    server.on("/voice", response("<Redirect>/next?a=1#ct=2000&amp;rt=6000&amp;rc=2&amp;rp=ct,rt</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    assert server.asked[1].target == "/next?a=1"
    assert is_signed(server.asked[1], f"{server.url}/next?a=1")
    assert phone.warnings == []


def test_a_fragment_that_says_nonsense_is_warned_of(server, phone):
    server.on("/voice", response("<Redirect>/next#rc=9</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    assert "rc=9" in str(phone.warnings[0].message)


def test_other_peoples_servers_are_not_called(server, phone):
    server.on("/voice", response("<Redirect>https://example.com/voice</Redirect>"))

    phone.dial()

    assert phone.ended is Ending.APPLICATION_ERROR
    assert phone.failure.code == 11205
    assert len(phone.steps) == 1


def test_what_is_no_web_address_is_error_11100(server, phone):
    server.on("/voice", response("<Redirect>mailto:somebody</Redirect>"))

    phone.dial()

    assert phone.failure.code == 11100


def test_redirects_of_http_are_followed_without_the_form(server, phone):
    server.on("/voice", Reply(status=302, headers={"Location": "/moved?a=1"}))
    server.on("/moved", response("<Redirect>next</Redirect>"))
    server.on("/next", response(ASK))

    phone.dial()

    moved = server.asked[1]
    assert (moved.method, moved.target, moved.pairs) == ("GET", "/moved?a=1", [])
    assert is_signed(moved, f"{server.url}/moved?a=1")
    assert [step.status for step in phone.steps] == [302, 200, 200]


def test_ten_redirects_are_followed_and_the_eleventh_is_error_11215(server, phone):
    server.on("/voice", Reply(status=301, headers={"Location": "/voice"}))

    phone.dial()

    assert phone.failure.code == 11215
    assert len(phone.steps) == 11


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_status_over_400_is_error_11200_and_ends_the_call(server, phone, status):
    server.on("/voice", Reply("<Response><Say>Nunca</Say></Response>", status=status))

    phone.dial()

    assert phone.ended is Ending.APPLICATION_ERROR
    assert phone.failure.code == 11200
    assert str(status) in str(phone.failure.message)
    assert (phone.steps[0].status, phone.steps[0].error) == (status, 11200)
    assert phone.heard == []


def test_a_document_over_64_kb_is_error_11750(server, phone):
    server.on("/voice", response(f"<Say>{'a' * 1000}</Say>" * 65))

    phone.dial()

    assert phone.failure.code == 11750


def test_a_document_of_64_kb_is_fine(server, phone):
    body = response("<Hangup/>", " " * (64 * 1024 - len(response("<Hangup/>"))))
    server.on("/voice", body)

    phone.dial()

    assert phone.ended is Ending.HANGUP


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(content_type=None), 12300),
        (Reply("{}", content_type="application/json"), 12300),
        (Reply("<Response>"), 12100),
    ],
)
def test_a_document_that_cannot_be_used_ends_the_call(server, phone, reply, code):
    server.on("/voice", reply)

    phone.dial()

    assert phone.ended is Ending.APPLICATION_ERROR
    assert phone.failure.code == code
    assert [warning.code for warning in phone.warnings] == [code]
