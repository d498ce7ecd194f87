"""Stories of callers who were promised a person, or that their message is passed on."""

import pytest

from storage.models import Handoff
from tests.fakes.crm import FakeCrm
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.people.chatwoot_setup import settle, shown
from tests.journeys.people.handoffs import CUSTOMER, MARTA, US, joins_the_sandbox, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick

PERSON_TO_RING = "+34600000099"
A_MINUTE_S = 70


@pytest.fixture
def crm():
    with FakeCrm("s3cr3t") as fake:
        yield fake


@pytest.fixture
def business(team_line, twilio, crm):
    """A line with one seller whom free text reaches, and the seller."""

    def begin(**values):
        line = team_line(sellers=MARTA, crm_webhook_url=crm.url, crm_webhook_secret="s3cr3t", **values)
        joins_the_sandbox(twilio, MARTA)
        return line, person_of(line, twilio, number=MARTA, to=US)

    return begin


def caller(line, **behaviour):
    return line.phone(
        status_callback=f"{line.url}/status", account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN,
        from_number=CUSTOMER, **behaviour,
    )  # fmt: skip


def passed_on(crm):
    return [(event["event"], event["message"]) for event in crm.events if event["event"] == "handoff.created"]


@pytest.mark.both_databases
def test_a_callers_message_is_told_once_it_is_complete(business, crm):
    line, marta = business()
    phone = caller(line)
    phone.dial()
    phone.press("0")
    work_off(line)
    assert told(marta) == passed_on(crm) == []

    phone.say("Soy Ana, llámenme mañana.")
    work_off(line)
    work_off(line, A_MINUTE_S)

    assert len(told(marta)) == 1
    assert "*Contexto:*\nMensaje: Soy Ana, llámenme mañana." in told(marta)[0]
    assert passed_on(crm) == [("handoff.created", "Soy Ana, llámenme mañana.")]


def test_a_caller_who_leaves_no_message_is_told_all_the_same(business, crm):
    line, marta = business()
    phone = caller(line)
    phone.dial()
    phone.press("0")
    phone.hang_up()
    work_off(line)

    assert len(told(marta)) == 1
    assert CUSTOMER in told(marta)[0]


def test_a_transfer_that_was_answered_is_told_to_no_seller(business, crm):
    line, marta = business(human_phone_number=PERSON_TO_RING)
    phone = caller(line, dial_outcome="completed")
    phone.dial()
    phone.press("0")
    work_off(line, A_MINUTE_S)

    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.state, handoff.owner) == ("closed", PERSON_TO_RING)
    assert told(marta) == []
    assert passed_on(crm) == [("handoff.created", "")]


def test_a_caller_who_says_that_a_short_transfer_helped_is_told_to_no_seller(business, crm):
    line, marta = business(human_phone_number=PERSON_TO_RING)
    phone = caller(line, dial_outcome="completed", dial_conversation_s=2)
    phone.dial()
    phone.press("0")
    phone.say("Sí, gracias.")
    work_off(line, A_MINUTE_S)

    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.state, handoff.owner) == ("closed", PERSON_TO_RING)
    assert told(marta) == []
    assert passed_on(crm) == [("handoff.created", "")]


def test_a_transfer_that_nobody_answered_is_told_with_the_message(business):
    line, marta = business(human_phone_number=PERSON_TO_RING)
    phone = caller(line, dial_outcome="no-answer")
    phone.dial()
    phone.press("0")
    work_off(line)
    assert told(marta) == []

    phone.say("Que me llamen.")
    work_off(line)

    assert "Mensaje: Que me llamen." in told(marta)[0]


def test_pressing_0_in_twenty_calls_is_one_notice(business):
    line, marta = business()
    for _ in range(20):
        phone = caller(line)
        phone.dial()
        phone.press("0")
        phone.hang_up()
        work_off(line)

    assert len(told(marta)) == 1
    assert len(every(line.parts.database, Handoff)) == 1


def test_a_further_message_is_passed_on_to_who_has_it(business):
    line, marta = business()
    for words in ("Soy Ana.", "Llámenme al trabajo."):
        phone = caller(line)
        phone.dial()
        phone.press("0")
        phone.say(words)
        work_off(line)
        marta.send("OK")

    assert f"*Otro mensaje de {CUSTOMER}:*\nLlámenme al trabajo." in told(marta)


def test_chatwoot_shows_the_message_with_the_handoff(desk_line, chatwoot):
    line = desk_line()
    phone = caller(line)
    phone.dial()
    phone.press("0")
    phone.say("Soy Ana.")
    work_off(line)
    settle(chatwoot)

    notes = [words for kind, words in shown(chatwoot) if kind == "note"]
    assert [words for words in notes if "Soy Ana." in words]
