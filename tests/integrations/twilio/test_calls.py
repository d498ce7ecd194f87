"""TwilioRest against a Twilio on loopback, through Twilio's own library."""

from decimal import Decimal

from tests.fakes.twilio import call as twilio_calls
from tests.integrations.twilio.calls import SENDER, TO, VOICE, place, refused

# Calls


def test_a_call_is_placed_with_all_that_was_asked(twilio, rest):
    call = place(
        rest,
        fallback_url="https://example.com/voice/fallback",
        status_callback="https://example.com/status",
        ring_s=20,
        detect_machine=True,
    )

    form = twilio.posted()[-1].form
    assert (call.status, call.to, call.sender, call.duration_s, call.price) == (
        "queued",
        TO,
        SENDER,
        None,
        None,
    )
    assert call.sid in twilio.calls.made
    assert form["Url"] == [VOICE]
    assert form["FallbackUrl"] == ["https://example.com/voice/fallback"]
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert form["Timeout"] == ["20"]
    assert form["MachineDetection"] == ["DetectMessageEnd"]
    assert 3 <= int(form["MachineDetectionTimeout"][0]) <= 59


def test_what_was_not_asked_is_not_sent(twilio, rest):
    place(rest)

    assert set(twilio.posted()[-1].form) == {"To", "From", "Url"}


def test_a_call_can_carry_its_own_twiml(twilio, rest):
    place(rest, url=None, twiml="<Response><Say>Hola, ¿qué tal? &amp; adiós</Say></Response>")

    assert twilio.posted()[-1].form["Twiml"] == [
        "<Response><Say>Hola, ¿qué tal? &amp; adiós</Say></Response>"
    ]


def test_a_call_is_seen_through_to_its_price(twilio, rest):
    sid = place(rest, detect_machine=True).sid

    seen = [rest.fetch_call(sid) for _ in range(4)]

    assert [state.status for state in seen] == ["ringing", "in-progress", "completed", "completed"]
    assert [state.is_over for state in seen] == [False, False, True, True]
    assert [state.duration_s for state in seen] == [None, None, 34, 34]
    assert [state.price for state in seen] == [None, None, None, Decimal("0.00850")]
    assert (seen[-1].price_unit, seen[-1].answered_by) == ("USD", "human")


def test_a_call_in_progress_is_hung_up(twilio, rest):
    twilio.calls.script(*twilio_calls.TALKS_ON)
    sid = place(rest).sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)

    assert rest.end_call(sid).status == "completed"
    assert twilio.posted()[-1].form == {"Status": ["completed"]}


def test_a_ringing_call_is_canceled(twilio, rest):
    twilio.calls.script(*twilio_calls.RINGS_ON)
    sid = place(rest).sid

    assert rest.end_call(sid).status == "canceled"


def test_hanging_up_a_call_that_is_over_tells_how_it_ended(twilio, rest):
    twilio.calls.script(*twilio_calls.BUSY)
    sid = place(rest).sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)

    assert rest.end_call(sid).status == "busy"


def test_a_call_that_goes_on_is_given_other_things_to_do(twilio, rest):
    twilio.calls.script(*twilio_calls.TALKS_ON)
    sid = place(rest).sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)

    assert rest.redirect_call(sid, "<Response><Hangup/></Response>").status == "in-progress"
    assert twilio.posted()[-1].form == {"Twiml": ["<Response><Hangup/></Response>"]}


def test_a_call_that_is_over_is_given_nothing_to_do(twilio, rest):
    twilio.calls.script(*twilio_calls.BUSY)
    sid = place(rest).sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)

    assert refused(rest.redirect_call, sid, "<Response/>").code == 21220
