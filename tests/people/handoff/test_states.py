"""The table of a handoff's states: every state has an exit, and the walk through it keeps its promises."""

import shutil
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from conversation.handoff import Request, hand_off, leave_message, tell
from conversation.handoff_states import MEANINGS, TABLE, Event, State
from conversation.phrases import catalogue_for
from messaging.outbox import Outbox
from messaging.providers.base import Channels
from people.handoff.offering import HandoffPolicy
from people.handoff.sellers import sellers_of
from people.handoff.service import Handoffs
from storage.database import Database
from storage.models import Contact, Conversation, Handoff, Message, MessageStatus, Offer
from storage.queries import calls, contacts, outgoing
from storage.queries.calls import CallFacts
from storage.queries.contacts import Sender
from tests.examples import examples
from tests.records import every

ANA, SELLERS = "+34600000001", ("+34600000011", "+34600000012")
WORDS = catalogue_for("es")


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_every_state_leads_to_its_end_by_time_alone(state):
    seen = set()
    while state is not State.CLOSED:
        assert state not in seen, "time leads in a circle"
        seen.add(state)
        state = TABLE[state, Event.TIME_UP].to


def test_every_state_says_what_it_means_and_what_is_over_stays_so():
    assert set(MEANINGS) == set(State)
    assert {following.to for following in TABLE.values()} | {State.TRANSFERRING} == set(State)
    assert not [event for state, event in TABLE if state is State.CLOSED]


class Later:
    """The queue, by the test's own clock."""

    def __init__(self, clock):
        self.clock, self.looks = clock, []

    def enqueue(self, connection, job, payload, *, key=None, partition=None, delay_s=0.0):
        if job == "offer_handoff":
            self.looks.append((self.clock() + timedelta(seconds=delay_s), payload["handoff_id"]))


class Walk(RuleBasedStateMachine):
    """A customer who calls and writes, two sellers, and an operator, in any order."""

    def __init__(self, template, folder, names):
        super().__init__()
        path = folder / f"{next(names)}.db"
        shutil.copy(template, path)
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.database = Database(f"sqlite:///{path}")
        self.later = Later(lambda: self.now)
        outbox = Outbox(self.database, self.later, Channels(), clock=lambda: self.now)
        policy = HandoffPolicy(
            sellers_of(SELLERS), WORDS.sellers, WORDS.customers, "es-ES", ZoneInfo("Europe/Madrid"),
            timedelta(minutes=5), timedelta(hours=12),
        )  # fmt: skip
        self.handoffs = Handoffs(self.database, self.later, policy, writer=outbox, clock=lambda: self.now)
        self.turns, self.operator_has_it = count(1), False
        with self.database.write() as connection:
            sender = Sender(ANA, f"whatsapp:{ANA}", "Ana", False)
            self.chat = contacts.conversation_with(connection, sender, "", self.now).conversation_id
            facts = CallFacts("CA1", "inbound", ANA, "+12025550100", "in-progress", ANA, False)
            self.call = calls.open_call(connection, facts, self.now).id

    def teardown(self):
        for _ in range(40):
            self.pass_time(6 * 60)
        self.database.close()
        assert {handoff.state for handoff in self.kept(Handoff)} <= {State.CLOSED}

    def kept(self, model):
        return every(self.database, model)

    def is_silent(self):
        until = next(talk.human_until for talk in self.kept(Conversation) if talk.id == self.chat)
        return until is not None and until > self.now

    def ask(self, conversation_id, begins):
        with self.database.write() as connection:
            request = Request("queja", begins=begins)
            hand_off(connection, self.handoffs, conversation_id, next(self.turns), request, self.now)

    @rule()
    def asks_on_whatsapp(self):
        if not self.is_silent():
            self.ask(self.chat, State.OPEN)

    @rule(begins=st.sampled_from([State.TRANSFERRING, State.COLLECTING]))
    def asks_on_the_phone(self, begins):
        self.ask(self.call, begins)

    @rule()
    def leaves_a_message(self):
        with self.database.write() as connection:
            leave_message(connection, self.handoffs, self.call, next(self.turns), "Llámenme.", self.now)

    @rule(event=st.sampled_from([Event.TRANSFER_ANSWERED, Event.TRANSFER_FAILED, Event.CALL_OVER]))
    def the_call_goes_on(self, event):
        by = "+34600000099" if event is Event.TRANSFER_ANSWERED else ""
        with self.database.write() as connection:
            tell(connection, self.handoffs, self.call, event, self.now, by=by)

    @rule(number=st.sampled_from(SELLERS), said=st.sampled_from(["OK", "NO", "LISTO", "gracias"]))
    def a_seller_writes(self, number, said):
        with self.database.write() as connection:
            self.handoffs.seller_says(connection, number, said, self.now)

    @rule()
    def an_operator_takes_it(self):
        with self.database.write() as connection:
            contacts.take_over(connection, self.chat, "Eva", self.now + timedelta(hours=12))
            tell(connection, self.handoffs, self.chat, Event.TAKEN, self.now, by="Eva")

    @rule()
    def an_operator_gives_it_back(self):
        with self.database.write() as connection:
            contacts.give_back(connection, self.chat)
            tell(connection, self.handoffs, self.chat, Event.DONE, self.now)

    @rule(last=st.booleans())
    def a_notice_does_not_arrive(self, last):
        told = [offer.message_id for offer in self.kept(Offer)]
        if told:
            message_id = told[-1 if last else 0]
            with self.database.write() as connection:
                outgoing.receipt(connection, MessageStatus.FAILED, 63016, self.now, message_id=message_id)
                self.handoffs.receipt(connection, message_id, MessageStatus.FAILED, 63016, self.now)

    @rule(minutes=st.sampled_from([0, 1, 6, 60, 60 * 13, 60 * 26]))
    def pass_time(self, minutes):
        self.now += timedelta(minutes=minutes)
        for _ in range(10):
            due = [look for look in self.later.looks if look[0] <= self.now]
            self.later.looks = [look for look in self.later.looks if look[0] > self.now]
            for _, handoff_id in due:
                self.handoffs.offer({"handoff_id": handoff_id})

    @invariant()
    def a_person_has_one_at_a_time(self):
        assert len([h for h in self.kept(Handoff) if h.state != State.CLOSED]) <= 1

    @invariant()
    def what_is_not_over_is_looked_at_again(self):
        looked_at = {handoff_id for _, handoff_id in self.later.looks}
        assert {h.id for h in self.kept(Handoff) if h.state != State.CLOSED} <= looked_at

    @invariant()
    def there_is_silence_only_while_a_person_has_it(self):
        talk = next(talk for talk in self.kept(Conversation) if talk.id == self.chat)
        if self.is_silent() and talk.human != "Eva":
            assert [h for h in self.kept(Handoff) if h.state == State.OWNED and h.owner == talk.human]

    @invariant()
    def nobody_is_told_twice(self):
        asked = [(offer.handoff_id, offer.seller) for offer in self.kept(Offer)]
        notices = [m for m in self.kept(Message) if m.body.startswith(WORDS.sellers.title)]
        assert len(set(asked)) == len(asked) == len(notices)
        said = [m for m in self.kept(Message) if m.body == WORDS.customers.nobody_yet]
        written = [h for h in self.kept(Handoff) if h.conversation_id == self.chat]
        assert len(said) <= len(written)
        assert len(self.kept(Contact)) <= 1 + len(SELLERS)


@pytest.mark.timeout(300)
def test_whatever_happens_in_whatever_order_every_promise_ends(sqlite_template, tmp_path):
    names = count()
    walks = settings(examples(30), stateful_step_count=25, deadline=None)
    run_state_machine_as_test(lambda: Walk(sqlite_template, tmp_path, names), settings=walks)
