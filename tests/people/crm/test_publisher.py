"""What a CRM is told: events from the rows, posted under one key, to a CRM on loopback."""

import pytest

from conversation.handoff import Source, leave_message
from conversation.observers import NULL_OBSERVER
from people.crm.publisher import TOPIC_WITHIN_S
from storage.models import Handoff
from storage.queries import calls
from storage.queries.calls import CallFacts
from tests.people.crm.business import A_DAY_S, ANA, SELLER

# --- handoffs


@pytest.mark.both_databases
def test_a_handoff_is_told_with_the_person_and_the_reason(business, crm):
    talk = business.write(name="Ana Ñúñez")
    handoff = business.hand_off(talk, summary="Preguntó por tres tallas.")

    business.work_off()

    assert crm.events == [
        {
            "id": f"handoff:{handoff}",
            "event": "handoff.created",
            "created_at": "2026-11-21T12:00:00Z",
            "contact": {"name": "Ana Ñúñez", "phone": ANA},
            "channel": "whatsapp",
            "conversation_id": str(talk),
            "reason": "Quiere un presupuesto",
            "summary": "Preguntó por tres tallas.",
            "message": "",
            "state": "open",
            "seller": None,
        }
    ]
    assert crm.posted[0].key == f"handoff:{handoff}"


def test_who_has_taken_a_handoff_by_then_is_told_too(business, crm, database):
    business.hand_off(business.call("Hola"))
    with database.write() as connection:
        connection.execute(Handoff.__table__.update().values(owner=SELLER, state="taken"))

    business.work_off()

    assert (crm.events[0]["seller"], crm.events[0]["state"]) == (SELLER, "taken")


def test_a_handoff_of_somebody_without_a_number_has_no_phone(business, crm):
    business.hand_off(business.call("Hola", number="withheld:CA1"))

    business.work_off()

    assert crm.events[0]["contact"] == {"name": None, "phone": None}


# --- calls


def test_a_call_is_told_once_its_topic_had_time_to_be_named(business, crm, database):
    talk = business.call("Hola", "Adiós")
    with database.write() as connection:
        calls.keep_summary(connection, talk, "Pidió hora.", 2)
        calls.conversation_topic(connection, talk, "una cita")

    assert business.work_off(seconds=TOPIC_WITHIN_S - 10) == 0
    assert business.work_off(seconds=TOPIC_WITHIN_S + 10) == 1

    assert crm.events == [
        {
            "id": f"conversation:{talk}",
            "event": "conversation.finished",
            "created_at": "2026-11-21T12:01:00Z",
            "contact": {"name": None, "phone": ANA},
            "channel": "phone",
            "conversation_id": str(talk),
            "started_at": "2026-11-21T12:00:00Z",
            "ended_at": "2026-11-21T12:01:00Z",
            "turns": 2,
            "summary": "Pidió hora.",
            "topic": "una cita",
            "outcome": "completed",
        }
    ]
    assert crm.posted[0].key == f"conversation:{talk}"


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled"])
def test_a_call_that_came_to_nothing_says_so(business, crm, status):
    business.call(status=status)

    business.work_off(A_DAY_S)

    assert (crm.events[0]["outcome"], crm.events[0]["turns"]) == (status, 0)


def test_a_call_that_went_to_a_person_says_so(business, crm):
    talk = business.call("Hola", close=False)
    business.hand_off(talk)
    business.hang_up(CallFacts("CA1", "inbound", ANA, "", "", ANA, False), talk)

    business.work_off(A_DAY_S)

    assert crm.events[-1]["outcome"] == "handoff"


def test_a_call_that_a_person_was_asked_for_from_outside_in_its_name_says_so(business, crm):
    business.call("Hola", sid="conv_1")
    business.hand_off(business.write(), source=Source.API, request_key="conversation:conv_1")
    business.call("Hola", sid="conv_2")

    business.work_off(seconds=TOPIC_WITHIN_S + 10)

    assert [event["outcome"] for event in crm.events if event["channel"] == "phone"] == [
        "handoff",
        "completed",
    ]


def test_a_call_that_left_a_message_says_so(business, crm, database, clock):
    talk = business.call("Hola", close=False)
    with database.write() as connection:
        leave_message(connection, NULL_OBSERVER, talk, 1, "Que me llamen.", clock())
    business.hang_up(CallFacts("CA1", "inbound", ANA, "", "", ANA, False), talk)

    business.work_off(A_DAY_S)

    assert crm.events[-1]["outcome"] == "message"
