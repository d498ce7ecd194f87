"""Which conversations a CRM is told of, and where each begins and ends."""

import pytest

from people.crm.publisher import CrmEvents
from storage.models import MessageStatus
from tests.people.crm.business import ANA, SELLER, Business


def finished(crm):
    return [event for event in crm.events if event["event"] == "conversation.finished"]


# --- written conversations


def test_a_written_conversation_is_over_when_nobody_has_written_for_an_hour(business, crm):
    talk = business.write("Hola")
    business.clock.go(minutes=1)
    business.answer(talk)
    business.clock.go(minutes=1)
    business.write("Gracias")
    business.write("Adiós")
    last = business.answer(talk)

    business.pass_time(minutes=58)
    assert crm.events == []
    business.pass_time(minutes=2)
    business.work_off()

    (event,) = crm.events
    assert event["id"] == crm.posted[0].key == f"conversation:{talk}:{last}"
    assert (event["channel"], event["contact"]) == ("whatsapp", {"name": "Ana", "phone": ANA})
    assert (event["started_at"], event["ended_at"]) == ("2026-11-21T12:00:00Z", "2026-11-21T12:02:00Z")
    assert (event["turns"], event["outcome"]) == (2, "completed")


def test_a_conversation_goes_on_while_somebody_writes_within_the_hour(business, crm):
    talk = business.write()
    for _ in range(3):
        business.answer(talk)
        business.pass_time(minutes=59)
        assert crm.events == []
        business.write()
    business.answer(talk)
    business.pass_time(minutes=61)
    business.work_off()

    (event,) = crm.events
    assert (event["started_at"], event["turns"]) == ("2026-11-21T12:00:00Z", 4)


def test_the_next_day_it_is_another_event_of_the_same_conversation(business, crm):
    for _ in range(2):
        business.answer(business.write())
        business.pass_time(hours=2)
        business.pass_time(hours=22)

    first, second = crm.events
    assert first["conversation_id"] == second["conversation_id"]
    assert first["id"] != second["id"]
    assert second["started_at"] == "2026-11-22T12:00:00Z"


@pytest.mark.both_databases
def test_what_ended_while_no_worker_ran_is_told_stretch_by_stretch(business, crm):
    for _ in range(3):
        business.answer(business.write())
        business.clock.go(hours=5)

    business.pass_time()
    business.pass_time()

    assert [event["started_at"][11:16] for event in crm.events] == ["12:00", "17:00", "22:00"]


def test_a_later_handoff_is_not_the_outcome_of_what_was_over_before(business, crm):
    business.write()
    business.clock.go(hours=5)
    business.hand_off(business.write())

    business.pass_time(hours=5)
    business.pass_time()

    assert [event["outcome"] for event in finished(crm)] == ["completed", "handoff"]


def test_a_stretch_that_was_told_is_not_told_with_the_next(business, crm):
    business.answer(business.write())
    business.pass_time(hours=2)
    business.pass_time()
    business.answer(business.write())
    business.pass_time(minutes=30)
    business.pass_time(minutes=31)
    business.pass_time()

    assert len(crm.posted) == len(crm.events) == 2


def test_what_we_write_to_somebody_who_does_not_answer_is_no_conversation(business, crm):
    talk = business.write()
    business.clock.go(hours=2)
    last = business.answer(talk)

    business.pass_time(hours=2)
    business.pass_time()

    assert [event["id"] for event in crm.events] == [f"conversation:{talk}:{last - 1}"]


def test_an_answer_that_was_held_back_answers_nobody(business, crm):
    talk = business.write()
    business.answer(talk, MessageStatus.HELD)

    business.pass_time(hours=1)
    business.pass_time()

    assert crm.events[0]["turns"] == 0


def test_a_handoff_belongs_to_the_stretch_that_led_to_it(business, crm):
    talk = business.write()
    business.hand_off(talk)
    business.pass_time(hours=2)
    business.pass_time()
    business.write()
    business.pass_time(hours=2)
    business.pass_time()

    assert [event["outcome"] for event in finished(crm)] == ["handoff", "completed"]


# --- who is not told


def test_nothing_of_the_simulators_contacts_is_told(business, crm):
    business.hand_off(business.call("Hola", simulated=True))
    business.hand_off(business.write(simulated=True))

    assert business.waiting() == []


def test_what_sellers_write_and_say_is_no_customers_conversation(business, crm):
    business.write("OK", number=SELLER)
    business.call("Hola", number=SELLER)

    assert business.waiting() == []


def test_without_a_crm_nothing_is_handed_over(database, work, clock):
    business = Business(database, work, CrmEvents(database, work, None, clock=clock), clock)

    business.hand_off(business.call("Hola"))
    business.write()

    assert business.waiting() == []


def test_what_is_handed_over_and_then_no_longer_wanted_is_left(business, database, work, clock, crm):
    business.hand_off(business.write())
    business.events = CrmEvents(database, work, None, clock=clock)

    business.pass_time(hours=2)
    business.pass_time()

    assert (crm.posted, business.waiting()) == ([], [])


def test_rows_that_are_gone_are_nothing_to_tell(business, crm):
    for payload in (
        {"kind": "handoff", "id": 9},
        {"kind": "call", "id": 9},
        {"kind": "silence", "id": 9, "since": 1},
        {"kind": "written", "id": 9, "from": 1, "upto": 2},
    ):
        business.events.deliver(payload)

    assert crm.posted == []
