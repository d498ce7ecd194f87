"""Callers who show no number: in words, or in the digits that Twilio puts in its place."""

import pytest

from jobs.job import run_pending
from phone_numbers import WITHHELD_DIGITS
from storage.models import Call, Contact, Conversation
from tests.fakes.openai.replies import text
from tests.processes import worker_jobs
from tests.records import every

pytestmark = pytest.mark.quick

US = "+12025550100"


@pytest.mark.both_databases
@pytest.mark.parametrize("shown", ["anonymous", *sorted(WITHHELD_DIGITS)])
def test_two_callers_who_show_no_number_are_never_taken_for_one_another(line, openai, shown):
    for _ in range(2):
        phone = line.phone(from_number=shown)
        phone.dial()
        assert phone.say("Hola", confidence=None)

    addresses = [contact.address for contact in every(line.parts.database, Contact)]
    assert len(set(addresses)) == 2
    assert all(address.startswith("withheld:") for address in addresses)


def test_the_next_caller_without_a_number_is_not_told_what_the_last_one_wanted(line, openai):
    def answer(body):
        is_topic = "tools" not in body
        return text("Una cita para su hijo." if is_topic else "De acuerdo.")

    openai.default = answer
    first = line.phone(from_number="+266696687", status_callback="/status")
    first.dial()
    first.say("Quiero una cita para mi hijo.")
    first.hang_up()
    run_pending(line.parts.work, worker_jobs(line))

    second = line.phone(from_number="+266696687")
    second.dial()
    second.say("¿Qué sabe de mí?")

    assert any(kept.topic for kept in every(line.parts.database, Conversation))
    assert "hijo" not in str(openai.chats[-1].body["messages"])


def test_a_contact_that_was_kept_under_such_digits_is_not_found_again(line, openai):
    from storage.base import utc_now
    from storage.upsert import insert_once

    with line.parts.database.write() as connection:
        insert_once(connection, Contact, address="+266696687", simulated=True, created_at=utc_now())

    line.phone(from_number="+266696687").dial()

    [call] = every(line.parts.database, Call)
    conversation = next(
        kept for kept in every(line.parts.database, Conversation) if kept.id == call.conversation_id
    )
    contacts = {contact.id: contact.address for contact in every(line.parts.database, Contact)}
    assert contacts[conversation.contact_id].startswith("withheld:")


@pytest.mark.parametrize("shown", ["anonymous", "+266696687", "+86282452253"])
def test_a_caller_without_a_number_is_put_through_under_ours(open_line, shown):
    line = open_line(human_phone_number="+34600000099")
    phone = line.phone(from_number=shown, to_number=US)
    phone.dial()

    phone.press("0")

    [dial] = [step for step in phone.steps if "<Dial" in step.twiml]
    assert f'callerId="{US}"' in dial.twiml
