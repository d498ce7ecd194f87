"""Callers who ask for a person again and again: the person is rung so often in a day, then messages are taken."""

import pytest

from conversation.ledger import CEILINGS, WITHHELD_TIMES, Kind
from storage.base import utc_now
from storage.ledger import entries
from storage.ledger.entries import WITHHELD_CALLERS, Use
from storage.models import Handoff, LedgerEntry, LedgerTotal
from tests.fakes.openai.replies import text, tool_call
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.ledgers import used
from tests.processes import a_phone, kill, web
from tests.records import every, the_only

PERSON, CALLER, OTHER = "+34600000099", "+34600000001", "+34600000002"
MOST = CEILINGS[Kind.TRANSFER].a_day


@pytest.fixture
def staffed(real_line):
    return real_line(human_phone_number=PERSON)


def caller(line, number=CALLER, **behaviour):
    return line.phone(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, from_number=number,
        status_callback=f"{line.url}/status", **behaviour,
    )  # fmt: skip


def rings(phone):
    return any("<Dial" in step.twiml for step in phone.steps)


@pytest.mark.quick
@pytest.mark.both_databases
def test_of_twenty_calls_that_press_0_so_many_ring_the_person_and_the_others_leave_a_message(
    staffed, phrases
):
    rung = []
    for number in range(20):
        phone = caller(staffed)
        phone.dial()
        heard = phone.press("0")
        rung.append(rings(phone))
        if not rung[-1]:
            assert heard == f"{phrases.nobody_answered} {phrases.take_message}"
            assert phone.say(f"Soy Ana, mensaje {number}.") == phrases.message_taken

    assert rung == [True] * MOST + [False] * (20 - MOST)
    assert used(staffed, Kind.TRANSFER) == MOST
    left = "\n".join(handoff.message for handoff in every(staffed.parts.database, Handoff))
    assert all(f"mensaje {number}." in left for number in range(MOST, 20))
    other = caller(staffed, OTHER)
    other.dial()
    other.press("0")
    assert rings(other)


def test_whoever_was_not_put_through_and_calls_again_at_once_is_no_leg_of_a_transfer(staffed, phrases):
    for _ in range(MOST + 1):
        phone = caller(staffed)
        phone.dial()
        phone.press("0")
        if rings(phone) and phone.ended is None:
            phone.hang_up()
    assert not rings(phone)

    again = caller(staffed)
    again.dial()

    assert phrases.take_message not in again.steps[0].twiml
    assert staffed.parts.phone.manager.profile.greeting in again.steps[0].twiml
    assert "transferring" not in [handoff.state for handoff in every(staffed.parts.database, Handoff)]


def test_the_same_webhook_twice_counts_once(staffed):
    phone = caller(staffed)
    phone.dial()

    answered = [phone.post("/gather?turn=1", {"Digits": "0"}).twiml for _ in range(MOST + 1)]

    assert len(set(answered)) == 1 and "<Dial" in answered[0]
    assert used(staffed, Kind.TRANSFER) == 1


def test_the_seconds_of_a_transfer_are_counted_with_it_and_once(staffed):
    phone = caller(staffed)
    phone.dial()
    phone.post("/gather?turn=1", {"Digits": "0"})
    ended = {"DialCallStatus": "completed", "DialCallDuration": "75"}

    for _ in range(2):
        phone.post("/continue?turn=1&from=1&dial=1", ended)

    assert used(staffed, Kind.TRANSFERRED_S) == 75
    assert the_only(staffed.parts.database, LedgerEntry).expires_at is None


def test_who_hangs_up_while_the_person_is_rung_has_rung_them(staffed):
    phone = caller(staffed)
    phone.dial()
    phone.post("/gather?turn=1", {"Digits": "0"})
    assert the_only(staffed.parts.database, LedgerEntry).expires_at is not None

    phone.hang_up()

    assert the_only(staffed.parts.database, LedgerEntry).expires_at is None


def test_a_model_that_hands_over_is_held_to_the_same(staffed, phrases, openai):
    openai.default = lambda _: tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."})
    rung = []
    for _ in range(MOST + 1):
        phone = caller(staffed)
        phone.dial()
        heard = phone.say("Me han cobrado dos veces.")
        rung.append(rings(phone))

    assert rung == [True] * MOST + [False]
    assert heard == f"{phrases.nobody_answered} {phrases.take_message}"


def test_withholding_the_number_buys_no_transfers(staffed, phrases):
    with staffed.parts.database.write() as connection:
        today = staffed.parts.ledger.day(utc_now())
        entries.add(connection, {Use(WITHHELD_CALLERS, Kind.TRANSFER, today): MOST * WITHHELD_TIMES - 1})
    rung = []
    for _ in range(2):
        phone = caller(staffed, "anonymous")
        phone.dial()
        phone.press("0")
        rung.append(rings(phone))

    assert rung == [True, False]


@pytest.mark.both_databases
def test_a_process_killed_once_the_person_is_rung_leaves_one_transfer(environment, make_settings, database):
    environment |= {"HUMAN_PHONE_NUMBER": PERSON}
    with web(environment) as first, a_phone(environment, make_settings()) as phone:
        phone.dial()
        before = phone.post("/gather?turn=1", {"Digits": "0"})
        kill(first)
        with web(environment):
            again = phone.post("/gather?turn=1", {"Digits": "0"})
            phone.post("/continue?turn=1&from=1&dial=1", {"DialCallStatus": "completed"})

    assert "<Dial" in before.twiml and before.twiml == again.twiml
    [row] = [row for row in every(database, LedgerTotal) if row.kind == Kind.TRANSFER]
    assert row.units == 1
    assert the_only(database, LedgerEntry).expires_at is None


def test_whoever_is_put_through_no_more_today_is_answered_all_the_same(staffed, openai):
    openai.enqueue(text("Abrimos a las nueve."))
    for _ in range(MOST + 1):
        phone = caller(staffed)
        phone.dial()
        phone.press("0")
        if phone.ended is None:
            phone.hang_up()
    phone = caller(staffed)
    phone.dial()

    assert phone.say("¿A qué hora abren?") == "Abrimos a las nueve."
