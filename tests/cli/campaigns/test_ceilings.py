"""`campaign` where the day's ceiling is reached."""

import pytest

from messaging.campaigns.states import Event, happened
from storage.base import utc_now
from storage.models import Campaign
from tests.records import the_only


@pytest.fixture
def settings():
    return {"daily_messages": 1}


def test_one_message_of_two_goes_out_today_and_status_says_so(create, run, line, twilio):
    create()
    run("test", "Cita", "--to", "+34600000099")

    with line.parts.database.write() as connection:
        happened(connection, the_only(line.parts.database, Campaign).id, Event.STARTED, utc_now())
    said = run("status", "Cita")

    assert "Cita: running It waits until " in said
    assert "00:00: DAILY_MESSAGES is used up for today (1)." in said
    assert "2 wait" in said


def test_a_draft_waits_for_nothing(create, run):
    create()
    run("test", "Cita", "--to", "+34600000099")

    assert "It waits" not in run("status", "Cita")


def test_test_is_refused_with_the_setting_and_the_time(create, run, twilio):
    create()
    run("test", "Cita", "--to", "+34600000099")

    said = run("test", "Cita", "--to", "+34600000099", code=3)

    assert "DAILY_MESSAGES is used up for today (1): nothing was begun." in said
    assert len(twilio.messages.made) == 1
