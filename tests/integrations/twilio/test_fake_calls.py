"""The stand-in for Twilio, where stories of calls lean on it."""

from tests.fakes.twilio.server import FakeTwilio
from tests.fakes.twilio.webhooks import signature
from tests.integrations.twilio.calls import TO, client, place, unused_port

# The stand-in itself, where stories of calls lean on it


def test_the_stand_in_signs_as_twilio_does():
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "From": "+14158675310",
        "Digits": "1234",
        "To": "+18005551212",
    }

    signed = signature("12345", "https://example.com/myapp.php?foo=1&bar=2", params)

    assert signed == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_the_stand_in_plays_a_call_by_a_clock():
    now = [100.0]
    with FakeTwilio(clock=lambda: now[0]) as twilio:
        rest = client(twilio)
        sid = place(rest).sid
        seen = []
        for passed in (0.5, 1, 4, 60):
            now[0] = 100 + passed
            seen.append(rest.fetch_call(sid).status)

    assert seen == ["queued", "ringing", "ringing", "completed"]


def test_the_stand_in_lists_calls(twilio, rest):
    sids = [place(rest).sid for _ in range(3)]
    place(rest, to="+34600000002")

    found = rest._client.calls.list(to=TO, limit=2)

    assert [call.sid for call in found] == [sids[2], sids[1]]


def test_the_stand_in_sends_signed_webhooks_in_order(twilio):
    with FakeTwilio() as application, FakeTwilio(send_webhooks=True) as twilio:
        rest = client(twilio)
        sid = place(
            rest, url=f"{application.url}/voice#rc=2", status_callback=f"{application.url}/status"
        ).sid
        for _ in range(4):
            rest.fetch_call(sid)
        twilio.webhooks.settle()

        got = [(request.path, request.value("CallStatus")) for request in application.requests]
        signatures = [
            (request.headers["x-twilio-signature"], application.url + request.path, request.form)
            for request in application.requests
        ]

    assert got == [
        ("/status", "initiated"),
        ("/status", "ringing"),
        ("/voice", "in-progress"),
        ("/status", "in-progress"),
        ("/status", "completed"),
    ]
    for signed, url, form in signatures:
        assert signed == signature(
            twilio.auth_token, url, {name: values[-1] for name, values in form.items()}
        )


def test_the_stand_in_asks_the_fallback_url_when_the_first_fails():
    with FakeTwilio() as application, FakeTwilio(send_webhooks=True) as twilio:
        rest = client(twilio)
        gone = f"http://127.0.0.1:{unused_port()}/voice"
        sid = place(rest, url=gone, fallback_url=f"{application.url}/voice").sid
        rest.fetch_call(sid)
        rest.fetch_call(sid)
        twilio.webhooks.settle()

        form = application.requests[-1].form

    assert (form["ErrorCode"], form["ErrorUrl"]) == (["11205"], [gone])
