"""Webhooks that are set up wrongly, signed wrongly or too large: people are served, and the log says what to mend."""

import json
from urllib.parse import urlencode

import httpx2
import pytest
from twilio.request_validator import RequestValidator

from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN

CALL = {
    "AccountSid": ACCOUNT_SID, "CallSid": "CA" + "7" * 32, "From": "+12025550123", "To": "+12025550100",
    "CallStatus": "ringing", "Direction": "inbound",
}  # fmt: skip
MESSAGE = {
    "AccountSid": ACCOUNT_SID, "MessageSid": "SM" + "7" * 32, "From": "whatsapp:+12025550123",
    "To": "whatsapp:+12025550100", "Body": "Hola", "NumMedia": "0",
}  # fmt: skip


@pytest.fixture
def client():
    with httpx2.Client(trust_env=False, timeout=20) as client:
        yield client


def signed(url, params=(), token=AUTH_TOKEN):
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, dict(params))}


def logged(capfd):
    lines = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
    return {event["event"]: event for event in map(json.loads, lines)}


@pytest.mark.parametrize(
    ("path", "fields", "element"),
    [
        ("/voice", CALL, "<Say"), ("/gather", CALL | {"SpeechResult": "Hola"}, "<Response"),
        ("/webhook/whatsapp", MESSAGE, "<Response"),
    ],
)  # fmt: skip
def test_a_webhook_set_to_get_is_answered_and_the_log_names_the_method(
    real_line, client, capfd, path, fields, element
):
    line = real_line()
    url = f"{line.url}{path}?{urlencode(fields)}"
    capfd.readouterr()

    answer = client.get(url, headers=signed(url))

    assert (answer.status_code, element in answer.text) == (200, True)
    said = logged(capfd)["webhook_method"]
    assert (said["path"], said["method"], said["set_in_twilio"]) == (path, "GET", "HTTP POST")
    assert "12025550123" not in json.dumps(said)


def test_a_get_that_nobody_signed_is_refused(real_line, client):
    answer = client.get(f"{real_line().url}/voice?{urlencode(CALL)}")

    assert (answer.status_code, answer.text) == (403, "")


@pytest.mark.parametrize("path", ["/voice", "/status", "/webhook/whatsapp"])
def test_a_large_form_with_a_wrong_signature_gets_no_words_and_no_traceback(real_line, client, capfd, path):
    url = f"{real_line().url}{path}"
    form = CALL | {"SpeechResult": "x" * 300_000}
    capfd.readouterr()

    answer = client.post(url, data=form, headers=signed(url, form, token="another"))

    assert (answer.status_code, answer.text) == (413, "")
    assert set(logged(capfd)) == {"webhook_refused"}


def test_a_wrong_webhook_url_shows_in_the_log_as_two_hosts(real_line, client, capfd):
    line = real_line(webhook_url="https://old.example.com")
    url = f"{line.url}/voice"
    capfd.readouterr()

    headers = {"Host": "new.example.com", **signed("https://new.example.com/voice", CALL)}
    answer = client.post(f"{url}?token=hidden", data=CALL, headers=headers)

    assert answer.status_code == 403
    said = logged(capfd)["webhook_refused"]
    assert (said["signed"], said["webhook_url_host"], said["request_host"]) == (
        True, "old.example.com", "new.example.com"
    )  # fmt: skip
    assert "hidden" not in json.dumps(said)
