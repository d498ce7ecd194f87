"""Calls that operators end and transfer, by Twilio's REST API on loopback."""

import xml.etree.ElementTree as ET

import pytest
from sqlalchemy import update

from conversation.ledger import CEILINGS, Kind
from integrations.twilio.calls import TwilioRest
from storage.models import Call, Contact, Handoff
from storage.reports import transcripts
from tests.dashboard.actions import do, talk
from tests.dashboard.conversations import Talks
from tests.dashboard.operator import PASSWORD
from tests.fakes.twilio.call import TALKS_ON
from tests.fakes.twilio.server import FakeTwilio, Refuse
from tests.journeys.ledgers import use_up, used
from tests.records import every, the_only

PUBLIC = "https://assistant.example/base"
PERSON = "+34600000099"


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
        webhook_url=PUBLIC, human_phone_number=PERSON,
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
    assert talk(operator, call).human == "Eva"
    assert turns(operator, call)[-1].state == "cancelled"


def handoff(operator):
    return the_only(operator.parts.database, Handoff)


@pytest.mark.both_databases
def test_an_operators_transfer_is_a_handoff_that_its_end_decides(operator, call):
    do(operator, call, "transfer")
    began = handoff(operator)
    operator.parts.phone.manager.transfer_ended(talk(operator, call).key, answered=False, by=PERSON)

    assert (began.state, began.source, began.owner) == ("transferring", "operator", "")
    assert handoff(operator).state == "collecting"
    assert talk(operator, call).human == ""


@pytest.mark.both_databases
def test_an_operators_transfer_is_counted_whatever_the_ceiling(operator, call):
    [ana] = every(operator.parts.database, Contact)
    most = CEILINGS[Kind.TRANSFER].a_day
    use_up(operator, ana.address, Kind.TRANSFER)

    do(operator, call, "transfer")
    operator.parts.phone.transfers.ceiling.has_ended(talk(operator, call).key, 2, 60)

    assert [used(operator, kind) for kind in (Kind.TRANSFER, Kind.TRANSFERRED_S)] == [most + 1, 60]


def test_a_transfer_that_nobody_answered_is_told_though_nothing_was_kept_of_it(operator, call):
    operator.parts.phone.manager.transfer_ended(talk(operator, call).key, answered=False, by=PERSON)

    assert handoff(operator).state == "collecting"


@pytest.mark.both_databases
def test_a_caller_who_is_being_put_through_is_not_put_through_again(operator, twilio, call):
    do(operator, call, "transfer")
    again = do(operator, call, "transfer")
    posted = len(twilio.posted())
    operator.parts.phone.manager.transfer_ended(talk(operator, call).key, answered=False, by=PERSON)
    after = do(operator, call, "transfer")

    assert "Ya se está llamando a una persona" in again
    assert "Se está llamando a una persona" in after and len(twilio.posted()) == posted + 1


@pytest.mark.both_databases
def test_a_caller_whom_the_assistant_puts_through_is_not_put_through_again(operator, twilio, call):
    talks = Talks(operator.parts.database)
    talks.turn(call, "Una persona", "Le paso.", number=3, ending="transfer", finished_at=talks.now)

    assert "Ya se está llamando a una persona" in do(operator, call, "transfer")
    talks.turn(call, "Sigo aquí", "Dígame.", number=4)
    assert "Se está llamando a una persona" in do(operator, call, "transfer")


@pytest.mark.parametrize("end", ["from_number", "forwarded_from"])
def test_a_call_is_not_put_through_to_one_of_its_own_ends(operator, twilio, call, end):
    before = len(twilio.posted())
    with operator.parts.database.write() as connection:
        connection.execute(update(Call).values({end: PERSON}))

    assert "sonaría un número de esta misma llamada" in do(operator, call, "transfer")
    assert len(twilio.posted()) == before


def test_a_transfer_that_twilio_refuses_leaves_nothing_behind(operator, twilio, call):
    twilio.fail(Refuse(404, 20404))

    assert "Twilio no lo hizo" in do(operator, call, "transfer")
    assert every(operator.parts.database, Handoff) == []
    assert the_only(operator.parts.database, Call).transferred_at is None


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
