"""A business without processes: its services for handoffs over one database, and a clock that tests move."""

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from conversation.handoff import Request, hand_off, leave_message, tell, transfer_ended
from conversation.handoff_states import State
from conversation.ledger import Ledger
from conversation.observers import NULL_OBSERVER
from conversation.operators import Assistant, StaffMessage
from conversation.phrases import catalogue_for
from conversation.profiles.profile import load_profile
from dashboard.actions.operators import Operators
from dashboard.actions.services import OperatorServices, policy_for
from integrations.chatwoot.webhooks import read_event
from messaging.intake import Intake, Limits
from messaging.providers.base import Channels
from messaging.requests import Incoming
from messaging.sending.outbox import Outbox
from people.handoff.offering import HandoffPolicy
from people.handoff.sellers import sellers_of
from people.handoff.service import Handoffs
from people.helpdesk.observer import ChatwootObserver
from people.helpdesk.phrases import helpdesk_phrases
from people.helpdesk.takeover import Takeover, TakeoverPolicy
from settings import ROOT
from storage.models import Conversation, Handoff, Message, MessageStatus, Mirror
from storage.queries import calls, contacts, handoffs
from storage.queries.calls import CallFacts
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from tests.records import every

ANA, SELLERS, US = "+34600000001", ("+34600000011", "+34600000012"), "+12025550100"
PERSON = "+34600000099"
WORDS, PROFILE = catalogue_for("es"), load_profile("recepcion.es", ROOT / "profiles")
CHATWOOTS = 42
"""Chatwoot's number of Ana's conversation."""


class Later:
    """The queue, by the test's own clock: handoffs that are looked at later, and how often other jobs came."""

    def __init__(self, clock):
        self.clock, self.looks, self.jobs = clock, [], []

    def enqueue(self, connection, job, payload, *, key=None, partition=None, delay_s=0.0):
        self.jobs.append((job, payload))
        if job == "offer_handoff":
            self.looks.append((self.clock() + timedelta(seconds=delay_s), payload["handoff_id"]))


class Crm:
    """Who else is told of handoffs."""

    def __init__(self):
        self.created, self.missed_ones = [], []

    def handed_off(self, connection, handoff_id, now):
        self.created.append(handoff_id)

    def happened(self, connection, handoff_id, event, now, *, by=""):
        return False

    def missed(self, connection, handoff_id, now):
        self.missed_ones.append(handoff_id)


class Business:
    """Ana writes and calls; two sellers and operators, at the dashboard and in Chatwoot, see to her."""

    def __init__(self, database, *, sellers=SELLERS, public_url=None):
        self.now, self.database = datetime(2026, 11, 21, 12, tzinfo=UTC), database
        self.later, self.crm, self.turns, self.events = Later(self.clock), Crm(), count(1), count(1)
        self.chatwoot = ChatwootObserver(self.later, receipts_fact=None)
        outbox = Outbox(database, self.later, Channels(), clock=self.clock)
        policy = HandoffPolicy(
            sellers_of(sellers), WORDS.sellers, WORDS.customers, "es-ES", ZoneInfo("Europe/Madrid"),
            timedelta(minutes=5), timedelta(hours=12), public_url,
        )  # fmt: skip
        self.handoffs = Handoffs(
            database, self.later, policy,
            ledger=Ledger(ZoneInfo("Europe/Madrid")), writer=outbox, helpdesk=self.chatwoot, also=self.crm,
            clock=self.clock,
        )  # fmt: skip
        self.intake = Intake(
            database, self.later, outbox, PROFILE.phrases, Limits(), NULL_OBSERVER,
            self.handoffs.seller_says, clock=self.clock,
        )  # fmt: skip
        services = OperatorServices(
            outbox, self.handoffs, NULL_OBSERVER, calls=None, notes=self.chatwoot,
            fit=lambda words: [words], stop=lambda key: None, answer_left=self.intake.answer_left,
        )  # fmt: skip
        self.operators = Operators(
            database, services, policy_for("es-ES", silent_for=timedelta(hours=12)), clock=self.clock
        )
        self.desk = Takeover(
            database, self.chatwoot, outbox,
            TakeoverPolicy(helpdesk_phrases("es-ES"), ZoneInfo("Europe/Madrid"), timedelta(hours=12), "inbox"),
            people=self.handoffs, fit=lambda words: [words],
            assistant=Assistant(lambda key: None, self.intake.answer_left), clock=self.clock,
        )  # fmt: skip
        with database.write() as connection, Session(connection) as session:
            self.chat = self._writes(connection, ANA, "Ana")
            self.call = self._calls(connection, ANA, "CA1")
            ana = contacts.find_recipient(connection, conversation_id=self.chat).contact_id
            session.add(
                Mirror(contact_id=ana, source_id=ANA[1:], conversation_id=CHATWOOTS, created_at=self.now)
            )
            session.flush()

    def clock(self):
        return self.now

    def kept(self, model):
        return every(self.database, model)

    def _writes(self, connection, number, name):
        sender = Sender(number, f"whatsapp:{number}", name, False)
        return contacts.conversation_with(connection, sender, "", self.now).conversation_id

    def _calls(self, connection, number, sid):
        facts = CallFacts(sid, "inbound", number, US, "in-progress", number, False)
        return calls.open_call(connection, facts, self.now).id

    # Customers

    def somebody_writes(self, number, name):
        """Return the conversation of somebody else who has written."""
        with self.database.write() as connection:
            return self._writes(connection, number, name)

    def is_answered(self, words="¿A qué hora abren?"):
        """Let Ana write; return whether the assistant answers."""
        return not self.sends(ANA, words, name="Ana").is_settled

    def sends(self, number, words, *, name=""):
        """Take a message of somebody's as its webhook does."""
        sender = Sender(number, f"whatsapp:{number}", name, False)
        message = NewMessage(f"SM{next(self.events)}", "text", words, f"whatsapp:{US}")
        return self.intake.keep(Incoming(sender, message))

    def calls_without_a_number(self):
        """Let the caller be somebody without a number, who is shown in Chatwoot."""
        with self.database.write() as connection:
            self.call = self._calls(connection, "withheld:CA9", "CA9")
            contact_id = handoffs.contact_of(connection, self.call)
        self.set(Mirror, contact_id=contact_id)

    def ask(self, *, by_phone=False, begins=State.OPEN, **request):
        """Let Ana ask for a person; return the handoff's id."""
        conversation_id = self.call if by_phone else self.chat
        with self.database.write() as connection:
            request = Request(**({"reason": "queja", "begins": begins} | request))
            return hand_off(
                connection, self.handoffs, conversation_id, next(self.turns), request, self.now
            ).id

    def leave_message(self, words="Llámenme."):
        with self.database.write() as connection:
            leave_message(connection, self.handoffs, self.call, next(self.turns), words, self.now)

    def call_goes_on(self, event):
        with self.database.write() as connection:
            tell(connection, self.handoffs, self.call, event, self.now)

    def transfer_ends(self, *, answered):
        with self.database.write() as connection:
            request = Request("queja", begins=State.TRANSFERRING)
            by = PERSON if answered else ""
            transfer_ended(connection, self.handoffs, self.call, request, self.now, answered_by=by)

    # People of ours

    def seller_says(self, number, words, **message):
        """Return the reply to a seller."""
        with self.database.write() as connection:
            return self.handoffs.seller_says(connection, StaffMessage(number, words, **message), self.now)

    def chatwoot_says(self, **event):
        """Take a webhook of Chatwoot's about Ana's conversation."""
        state = {"id": CHATWOOTS, "status": event.pop("status", "open"), "updated_at": self.now.timestamp()}
        if event["event"] == "message_created":
            event |= {
                "id": next(self.events), "conversation": state, "message_type": "outgoing",
                "sender": {"type": "user", "name": "Pedro"}, "created_at": self.now.timestamp(),
            }  # fmt: skip
        self.desk.take(read_event(state | event))

    def operator_writes(self, words="Le atiendo yo"):
        self.chatwoot_says(event="message_created", content=words)

    def operator_resolves(self, **meta):
        self.chatwoot_says(event="conversation_status_changed", status="resolved", meta=meta)

    # Time

    def work_off(self):
        """Look at the handoffs whose time has come, and let the notices leave."""
        for _ in range(10):
            due = [look for look in self.later.looks if look[0] <= self.now]
            self.later.looks = [look for look in self.later.looks if look[0] > self.now]
            for _, handoff_id in due:
                self.handoffs.offer({"handoff_id": handoff_id})
        self.set(Message, Message.status == MessageStatus.WAITING, status=MessageStatus.SENT)

    def pass_time(self, **time):
        """Let time pass, as the worker sees it: whatever is due on the way is done when it is due."""
        until, looks = self.now + timedelta(**time), count()
        while (at := min((at for at, _ in self.later.looks), default=until)) < until:
            assert next(looks) < 1000, "a handoff is looked at again and again"
            self.now = max(self.now, at)
            self.work_off()
        self.now = until
        self.work_off()

    # What came of it

    def said_to(self, number):
        """Return what we wrote to somebody, oldest first."""
        with self.database.write() as connection:
            talk = contacts.recipient_for(connection, number, self.now).conversation_id
        return [m.body for m in self.kept(Message) if m.outbound and m.conversation_id == talk]

    def handoff(self):
        return self.kept(Handoff)[-1]

    def is_silent(self):
        until = next(talk.human_until for talk in self.kept(Conversation) if talk.id == self.chat)
        return until is not None and until > self.now

    def set(self, model, *which, **values):
        """Change rows, without which none of this would have come about."""
        with self.database.write() as connection:
            connection.execute(update(model).where(*which).values(**values))
