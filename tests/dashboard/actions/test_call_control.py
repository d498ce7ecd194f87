"""Calls that operators end and transfer, by Twilio's REST API on loopback."""

import xml.etree.ElementTree as ET
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import update

from conversation.ledger import CEILINGS, Kind
from ivr.requests import read_position
from storage.models import Call, Contact, Handoff, LedgerEntry
from storage.reports import transcripts
from tests.dashboard.actions.calls_by_twilio import PERSON, PUBLIC
from tests.dashboard.conversations import Talks
from tests.dashboard.submitting import do, talk
from tests.fakes.twilio.server import Refuse
from tests.journeys.ledgers import use_up, used
from tests.records import every, the_only


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
    assert dial.get("action").startswith(f"{PUBLIC}/continue?turn=2&from=0&dial=")
    assert "Se está llamando a una persona" in page or "La conversación es suya" in page
    assert talk(operator, call).human == "Eva"
    assert turns(operator, call)[-1].state == "cancelled"


def ended(operator, twilio, call, talked_s):
    """Let the transfer that Twilio was last asked for end."""
    _, dial = ET.fromstring(twilio.posted()[-1].form["Twiml"][0])
    position = read_position(dict(parse_qsl(urlsplit(dial.get("action")).query)))
    operator.parts.phone.transfers.ceiling.has_ended(
        talk(operator, call).key, position.turn, talked_s, mark=position.transfer
    )


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
def test_an_operators_transfer_is_counted_whatever_the_ceiling(operator, twilio, call):
    [ana] = every(operator.parts.database, Contact)
    most = CEILINGS[Kind.TRANSFER].a_day
    use_up(operator, ana.address, Kind.TRANSFER)

    do(operator, call, "transfer")
    ended(operator, twilio, call, 60)

    assert [used(operator, kind) for kind in (Kind.TRANSFER, Kind.TRANSFERRED_S)] == [most + 1, 60]


@pytest.mark.both_databases
def test_transfers_by_the_assistant_and_by_operators_within_one_turn_are_counted_each(operator, twilio, call):
    assert operator.parts.phone.transfers.ceiling.may_ring(talk(operator, call).key, 2)
    for talked_s in (30, 40):
        operator.parts.phone.manager.transfer_ended(talk(operator, call).key, answered=False, by=PERSON)
        do(operator, call, "transfer")
        ended(operator, twilio, call, talked_s)

    assert [used(operator, kind) for kind in (Kind.TRANSFER, Kind.TRANSFERRED_S)] == [3, 70]
    assert [entry.expires_at is None for entry in every(operator.parts.database, LedgerEntry)] == [
        False,
        True,
        True,
    ]


@pytest.mark.both_databases
def test_the_end_of_a_call_settles_its_transfers_and_no_other_calls(operator, call):
    ceiling = operator.parts.phone.transfers.ceiling
    assert ceiling.may_ring(talk(operator, call).key, 2)
    talks = Talks(operator.parts.database)
    other = talks.call(talks.contact("Luis"), ("Buenas", "Dígame."), live=True)
    assert ceiling.may_ring(talk(operator, other).key, 1)
    operator.parts.phone.manager.transfer_ended(talk(operator, call).key, answered=False, by=PERSON)
    do(operator, call, "transfer")

    do(operator, call, "hang-up")

    entries = every(operator.parts.database, LedgerEntry)
    assert [entry.expires_at is None for entry in entries] == [True, False, True]


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
