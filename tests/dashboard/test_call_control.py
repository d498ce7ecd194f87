"""Calls that operators end and transfer, by Twilio's REST API on loopback."""

import xml.etree.ElementTree as ET

import pytest

from integrations.twilio.calls import TwilioRest
from storage.models import Call
from storage.reports import transcripts
from tests.dashboard.actions import do, talk
from tests.dashboard.conversations import Talks
from tests.dashboard.operator import PASSWORD
from tests.fakes.twilio.call import TALKS_ON
from tests.fakes.twilio.server import FakeTwilio, Refuse
from tests.records import the_only

PUBLIC = "https://assistant.example/base"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.calls.script(*TALKS_ON)
        yield fake


@pytest.fixture
def operator(open_desk, twilio):
    operator = open_desk(
        dashboard_password=PASSWORD, twilio_account_sid=twilio.account_sid, twilio_auth_token=twilio.auth_token,
        twilio_api_url=twilio.url,
        webhook_url=PUBLIC, human_phone_number="+34600000099",
    )  # fmt: skip
    operator.log_in()
    return operator


@pytest.fixture
def call(operator, twilio):
    """A call that Twilio has on the line, and whose second answer is being written; its conversation's id."""
    rest = TwilioRest(twilio.account_sid, twilio.auth_token, api_url=twilio.url)
    sid = rest.place_call(to="+34600000001", sender="+12025550100", url="https://example.com/voice").sid
    rest.fetch_call(sid)
    rest.fetch_call(sid)
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"), ("Buenas", "Dígame."), live=True, sid=sid)
    talks.turn(call, "Un momento", "Vamos", number=2, state="writing", finished_at=None)
    return call


def turns(operator, call):
    with operator.parts.database.read() as connection:
        return transcripts.last_turns(connection, call, limit=9)


def test_an_operator_ends_a_call(operator, twilio, call):
    page = do(operator, call, "hang-up")

    assert twilio.posted()[-1].form == {"Status": ["completed"]}
    assert "Llamada colgada" in page and "en curso" not in page
    kept = the_only(operator.parts.database, Call)
    assert kept.status == "completed" and kept.ended_at is not None
    assert talk(operator, call).closed_at is not None
    assert turns(operator, call)[-1].state == "cancelled"


@pytest.mark.parametrize("action", ["transfer", "take-over"])
def test_an_operator_puts_a_caller_through_to_a_person(operator, twilio, call, action):
    page = do(operator, call, action)

    [document] = twilio.posted()[-1].form["Twiml"]
    say, dial = ET.fromstring(document)
    assert say.text == operator.parts.phone.manager.profile.phrases.transfer
    assert dial.find("Number").text == "+34600000099"
    assert dial.get("action").startswith(f"{PUBLIC}/continue?turn=2&from=0&dial=1")
    assert "Se está llamando a una persona" in page or "La conversación es suya" in page
    assert talk(operator, call).human == "el panel"
    assert turns(operator, call)[-1].state == "cancelled"


def test_what_twilio_refuses_is_said_in_words_and_changes_nothing(operator, twilio, call):
    twilio.fail(Refuse(404, 20404))

    page = do(operator, call, "hang-up")

    assert "Twilio no lo hizo" in page and "no conoce esa llamada" in page
    assert talk(operator, call).is_live
    assert turns(operator, call)[-1].state == "writing"


def test_without_a_person_to_call_there_is_no_transfer(open_desk, twilio):
    operator = open_desk(
        twilio_account_sid=twilio.account_sid, twilio_auth_token=twilio.auth_token, twilio_api_url=twilio.url
    )
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"), live=True)

    page = operator.read(f"/dashboard/conversations/{call}")

    assert "do-hang-up" in page and "do-transfer" not in page
    assert "HUMAN_PHONE_NUMBER" in do(operator, call, "transfer")
