"""What a CRM is told: events from the rows, posted under one key, to a CRM on loopback."""

import json
import re
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from structlog.testing import capture_logs

from conversation.composite_observer import CompositeObserver
from conversation.handoff import Request, Source, hand_off, leave_message
from conversation.observers import NULL_OBSERVER
from integrations.crm.client import CrmWebhook, signature
from integrations.crm.events import schema
from integrations.errors import IntegrationError
from jobs.job import Job, run_pending
from people.crm.publisher import TOPIC_WITHIN_S, CrmEvents
from settings import ROOT
from storage.base import utc_now
from storage.models import Ending, Handoff, MessageStatus, TurnKind
from storage.queries import calls, contacts, messages, outgoing, turns
from storage.queries.calls import CallFacts, CallProgress
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from storage.queries.turns import NewTurn
from tests.fakes.crm import FakeCrm, LoseAnswer, Refuse

SECRET = "s3cr3t-of-the-crm"
BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA, SELLER = "+34600000001", "+34600000009"
A_DAY_S = 24 * 3600


class Clock:
    def __init__(self):
        self.now = BEGIN

    def __call__(self):
        return self.now

    def go(self, **time):
        self.now += timedelta(**time)


class Business:
    """Conversations as the doors keep them, and the CRM that is told of them."""

    def __init__(self, database, work, events, clock):
        self.database, self.work, self.events, self.clock = database, work, events, clock
        self.sids = iter(range(10**6))

    def call(self, *said, number=ANA, sid="CA1", simulated=False, status="completed", lasts_s=60, close=True):
        """Have somebody call; return the conversation's id."""
        facts = CallFacts(sid, "inbound", number, "+12025550100", "in-progress", number, simulated)
        with self.database.write() as connection:
            talk = calls.open_call(connection, facts, self.clock())
            for turn_number, heard in enumerate(said, start=1):
                new = NewTurn(talk.id, turn_number, TurnKind.SPEECH, heard, None, "test")
                turns.claim_turn(connection, new, self.clock(), sentences=["Muy bien."], ending=Ending.GATHER)
        self.clock.go(seconds=lasts_s)
        if close:
            self.hang_up(facts, talk.id, status, lasts_s)
        return talk.id

    def hang_up(self, facts, talk_id, status="completed", lasts_s=60):
        with self.database.write() as connection:
            progress = CallProgress(status, self.clock(), lasts_s)
            calls.record_progress(connection, facts.call_sid, progress)
            calls.close_conversation(connection, facts.key, self.clock())
            self.events.call_ended(connection, talk_id, self.clock())

    def write(self, body="Hola", number=ANA, name="Ana", simulated=False):
        """Have somebody write; return the conversation's id."""
        with self.database.write() as connection:
            sender = Sender(number, f"whatsapp:{number}", name, simulated)
            to = contacts.conversation_with(connection, sender, "", self.clock())
            new = NewMessage(f"SM{next(self.sids)}", "text", body, "")
            message_id = messages.keep_inbound(connection, to.conversation_id, new, body, self.clock())
            self.events.message(connection, message_id, self.clock())
        return to.conversation_id

    def answer(self, talk_id, status=MessageStatus.WAITING):
        with self.database.write() as connection:
            message_id = outgoing.add_outbound(
                connection, talk_id, "text", "Muy bien.", self.clock(), status, author="chatwoot:Eva",
            )  # fmt: skip
            self.events.message(connection, message_id, self.clock())
        return message_id

    def hand_off(self, talk_id, **request):
        request = Request("Quiere un presupuesto", **request)
        with self.database.write() as connection:
            return hand_off(connection, self.events, talk_id, None, request, self.clock())

    def waiting(self):
        return self.work.client.list_workflows(status=["ENQUEUED", "DELAYED"])

    def pass_time(self, **time):
        """Let time pass, and do each job that waits once; those that they hand over wait for the next time."""
        self.clock.go(**time)
        for row in self.waiting():
            self.work.client.delete_workflow(row.workflow_id)
            self.events.deliver(row.input["kwargs"]["payload"])

    def work_off(self, seconds=0.0):
        """Do what a worker would by then, failures and their retries included; return how many jobs ran."""
        return run_pending(
            self.work,
            {"crm": Job(self.events.deliver)},
            is_permanent=lambda error: isinstance(error, IntegrationError) and error.permanent,
            now=utc_now() + timedelta(seconds=seconds),
        )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def crm(clock):
    with FakeCrm(SECRET, clock=lambda: clock().timestamp()) as fake:
        yield fake


@pytest.fixture
def business(database, work, crm, clock):
    client = CrmWebhook(crm.url, SECRET)
    yield Business(database, work, CrmEvents(database, work, client, ours=[SELLER], clock=clock), clock)
    client.close()


def finished(crm):
    return [event for event in crm.events if event["event"] == "conversation.finished"]


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


# --- trouble


@pytest.mark.both_databases
def test_a_crm_that_is_down_is_told_later_once_and_for_each(business, crm):
    crm.plan(Refuse(503), times=3)
    crm.plan(LoseAnswer())
    business.hand_off(business.call("Hola"))

    business.work_off(A_DAY_S)

    assert sorted(event["event"] for event in crm.events) == ["conversation.finished", "handoff.created"]
    assert len(crm.posted) == 6


def test_what_is_written_while_the_crm_is_down_is_another_stretch(business, crm):
    business.answer(business.write())
    business.pass_time(hours=2)
    crm.plan(Refuse(503))
    with pytest.raises(IntegrationError):
        business.pass_time()
    failed = {"kind": "written", "id": 1, "from": 1, "upto": 2}
    business.answer(business.write())

    business.events.deliver(failed)

    assert [(event["id"], event["turns"]) for event in crm.events] == [("conversation:1:2", 1)]


def test_a_crm_that_says_no_is_not_asked_again(business, crm):
    crm.plan(Refuse(400))
    handoff = business.hand_off(business.write())

    with capture_logs() as logs:
        business.work_off()
        business.work_off(seconds=600)

    assert (len(crm.posted), crm.events) == (1, [])
    [refused] = [entry for entry in logs if entry["event"] == "crm_event_refused"]
    assert (refused["event_id"], refused["status"]) == (f"handoff:{handoff}", 400)


@pytest.mark.both_databases
def test_a_handoff_that_is_rolled_back_is_told_nobody(business, database, clock):
    talk = business.call("Hola", close=False)
    with pytest.raises(RuntimeError), database.write() as connection:
        hand_off(connection, business.events, talk, None, Request("queja"), clock())
        raise RuntimeError

    assert business.waiting() == []


# --- mirrors


def test_several_mirrors_are_told_the_same_in_their_order(database):
    told = []

    class Watcher:
        def __init__(self, name):
            self.name = name

        def __getattr__(self, method):
            return lambda *arguments, **_: told.append((self.name, method, arguments[1:]))

    with database.write() as connection:
        both = CompositeObserver(Watcher("a"), Watcher("b"))
        both.message(connection, 1, BEGIN)
        both.receipt(connection, 2, MessageStatus.FAILED, 63016, BEGIN)
        both.turn(connection, 3, BEGIN)
        both.call_ended(connection, 4, BEGIN)

    expected = [
        ("message", (1, BEGIN)),
        ("receipt", (2, MessageStatus.FAILED, 63016, BEGIN)),
        ("turn", (3, BEGIN)),
        ("call_ended", (4, BEGIN)),
    ]
    assert told == [(name, *call) for call in expected for name in "ab"]


# --- the document


DOCUMENT = (ROOT / "docs" / "crm.md").read_text()


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_documents_examples_are_what_the_schema_describes():
    events = [json.loads(example) for example in examples("json")]

    assert [event["event"] for event in events] == ["handoff.created", "conversation.finished"]
    for event in events:
        jsonschema.validate(event, schema(), format_checker=jsonschema.FormatChecker())


def test_what_is_posted_is_what_the_schema_describes(business, crm):
    business.hand_off(business.call("Hola"))
    business.work_off(A_DAY_S)

    assert len(crm.events) == 2
    for event in crm.events:
        jsonschema.validate(event, schema(), format_checker=jsonschema.FormatChecker())


def test_the_document_names_every_field():
    fields = {field for kind in schema()["$defs"].values() for field in kind["properties"]}

    assert {field for field in fields if not re.search(rf"`(contact\.)?{field}`", DOCUMENT)} == set()


def test_the_documents_check_of_a_signature_tells_ours_from_others():
    program = {}
    exec(examples("python")[0], program)
    body, now = b'{"id":"handoff:1"}', BEGIN
    header = signature("secret", body, now)

    def is_ours(secret="secret", header=header, body=body, later_s=0):
        return program["is_ours"](secret, header, body, now.timestamp() + later_s)

    assert is_ours()
    assert is_ours(later_s=299)
    assert not is_ours(later_s=301)
    assert not is_ours(secret="other")
    assert not is_ours(body=body + b" ")
    assert not is_ours(header="")
    assert not is_ours(header="t=x,v1=y")
