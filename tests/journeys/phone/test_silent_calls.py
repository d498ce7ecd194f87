"""Calls of which nothing is heard for long: Twilio is asked before they are taken for over."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from integrations.twilio.calls import TwilioRest
from storage.base import utc_now
from storage.models import Call
from tests.fakes.twilio.call import TALKS_ON
from tests.fakes.twilio.server import FakeTwilio, Page
from tests.records import the_only

pytestmark = pytest.mark.both_databases

PERSON = "+34600000099"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.calls.script(*TALKS_ON)
        yield fake


@pytest.fixture
def line(open_line, twilio):
    return open_line(
        twilio_account_sid=twilio.account_sid, twilio_auth_token=twilio.auth_token, twilio_api_url=twilio.url,
        human_phone_number=PERSON,
    )  # fmt: skip


@pytest.fixture
def call(line, twilio):
    """A call that Twilio has on the line."""
    rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    sid = rest.place_call(to="+34600000001", sender="+12025550100", url="https://example.com/voice").sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)
    phone = line.phone(account_sid=twilio.account_sid, auth_token=twilio.auth_token, call_sid=sid)
    assert phone.post("/voice").status == 200
    return phone


def closed_after(line, **time):
    return line.parts.phone.lifecycle.close_silent_calls(utc_now() + timedelta(**time))


def test_a_call_that_goes_on_stays_however_long_it_is_silent(line, call):
    assert [closed_after(line, minutes=minutes) for minutes in (16, 17, 61, 62, 300)] == [0] * 5
    assert the_only(line.parts.database, Call).ended_at is None


def test_twilio_is_not_asked_every_minute(line, call, twilio):
    asked_before = len(twilio.requests)

    for minutes in range(16, 26):
        closed_after(line, minutes=minutes)

    assert len(twilio.requests) - asked_before == 2


def test_a_call_that_is_over_is_closed_as_twilio_says(line, call, twilio):
    TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url).end_call(call.call_sid)

    assert closed_after(line, minutes=14) == 0
    assert closed_after(line, minutes=16) == 1
    kept = the_only(line.parts.database, Call)
    assert (kept.status, kept.duration_s) == ("completed", 3)


def test_where_twilio_does_not_answer_a_call_is_closed_after_an_hour(line, call, twilio):
    twilio.fail(Page(503), method="GET", times=1000)

    assert [closed_after(line, minutes=minutes) for minutes in (16, 59, 61)] == [0, 0, 1]


def test_where_twilio_does_not_answer_a_transferred_call_is_given_four_hours(line, call, twilio):
    call.post("/gather?turn=1", {"Digits": "0"})
    twilio.fail(Page(503), method="GET", times=1000)

    assert [closed_after(line, hours=hours) for hours in (1, 2, 4, 5)] == [0, 0, 0, 1]


def test_without_credentials_a_transferred_call_is_closed_by_its_own_callback(open_line, twilio):
    line = open_line(human_phone_number=PERSON, twilio_auth_token=twilio.auth_token)
    phone = line.phone(account_sid="AC" + "2" * 32, auth_token=twilio.auth_token)
    phone.post("/voice")
    phone.post("/gather?turn=1", {"Digits": "0"})

    assert closed_after(line, hours=2) == 0
    phone.post("/status", {"CallStatus": "completed", "CallDuration": "7200"})

    assert the_only(line.parts.database, Call).duration_s == 7200


@pytest.mark.parametrize(("ahead", "is_given_up"), [(timedelta(hours=1), 0), (timedelta(days=365), 1)])
def test_a_call_from_before_the_clock_was_put_back_is_asked_about_too(line, call, twilio, ahead, is_given_up):
    with line.parts.database.write() as connection:
        connection.execute(update(Call).values(started_at=utc_now() + ahead))
    asked = len(twilio.requests)

    assert closed_after(line, minutes=0) == 0
    assert len(twilio.requests) == asked + 1
    twilio.fail(Page(503), method="GET", times=1000)
    assert closed_after(line, minutes=6) == is_given_up
