"""`campaign test` of a campaign by phone: one call to oneself."""

import pytest

from storage.base import utc_now
from storage.models import CampaignRecipient
from storage.queries import contacts
from tests.cli.campaigns.conftest import LIST
from tests.fakes.twilio.call import BUSY
from tests.fakes.twilio.server import Refuse
from tests.records import every

ME = "+34600000009"


@pytest.fixture
def settings():
    return {
        "twilio_phone_number": "+12025550100", "webhook_url": "https://assistant.example", "daily_calls": 1,
    }  # fmt: skip


@pytest.fixture
def called(create, run):
    """Make a campaign by phone; return a function that tries it."""
    create(
        LIST, what=["--channel", "voice", "--goal", "Confirmar la cita", "--text", "¿Puede venir el {día}?"]
    )

    def try_it(code=0):
        return run("test", "Cita", "--to", ME, "--poll-s", "0.02", code=code)

    return try_it


def test_a_call_is_placed_as_to_the_first_of_the_list_and_followed_to_its_end(called, run, twilio, line):
    said = called()

    call = twilio.calls.last
    assert f"Calling {ME} from +12025550100" in said
    assert f"{call.sid}: completed" in said
    assert call.param("To") == ME
    assert call.param("AsyncAmd") == "true"
    mark = call.param("Url").partition("campaign=")[2].partition("#")[0]
    [mine] = [one for one in every(line.parts.database, CampaignRecipient) if one.number == ME]
    assert (mine.call_mark, mine.call_sid) == (mark, call.sid)
    assert mine.body.endswith("¿Puede venir el martes?")
    assert mine.facts["nombre"] == "Ana"


def test_it_is_in_no_figure_and_no_list(called, run):
    called()

    assert "2 wait" in run("status", "Cita")
    assert run("status").count("Cita") == 1
    assert ME not in run("report", "Cita", "--csv", "-")


def test_it_counts_among_the_calls_of_the_day(called, twilio):
    called()

    assert "DAILY_CALLS is used up for today (1): nothing was begun." in called(code=3)
    assert len(twilio.calls.made) == 1


def test_a_call_that_twilio_refuses_does_not_count(called, twilio):
    twilio.fail(Refuse(400, 21211), method="POST", path="/Calls.json")
    called(code=3)

    called()

    assert len(twilio.calls.made) == 1


def test_that_nobody_answered_is_said(called, twilio):
    twilio.calls.script(*BUSY)

    assert "busy" in called(code=1)


def test_an_opt_out_of_ones_own_is_not_asked_about(called, line, twilio):
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, ME, utc_now())
        contacts.opt_out(connection, recipient.contact_id, utc_now())

    called()

    assert len(twilio.calls.made) == 1
