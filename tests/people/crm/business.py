"""Conversations as they are kept, for a CRM to be told of, and a clock that tests move."""

from datetime import UTC, datetime, timedelta

from conversation.handoff import Request, hand_off
from integrations.errors import IntegrationError
from jobs.job import Job, run_pending
from storage.base import utc_now
from storage.models import Ending, MessageStatus, TurnKind
from storage.queries import calls, contacts, messages, outgoing, turns
from storage.queries.calls import CallFacts, CallProgress
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from storage.queries.turns import NewTurn

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
            return hand_off(connection, self.events, talk_id, None, request, self.clock()).id

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
