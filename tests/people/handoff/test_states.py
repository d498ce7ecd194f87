"""The table of a handoff's states: every state has an exit, and a walk over the real services keeps its promises."""

import shutil
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conversation.handoff_states import MEANINGS, TABLE, Event, State
from dashboard.actions.refusals import CannotBeDone
from storage.database import Database
from storage.models import Contact, Conversation, Handoff, Message, MessageStatus, MirrorItem, Offer
from storage.queries import outgoing
from tests.examples import examples
from tests.people.handoff.business import ANA, SELLERS, WORDS, Business


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


class Walk(RuleBasedStateMachine):
    """Ana calls and writes, sellers and operators see to her or do not, in any order."""

    def __init__(self, template, folder, names, sellers):
        super().__init__()
        path = folder / f"{next(names)}.db"
        shutil.copy(template, path)
        self.sellers, self.database = sellers, Database(f"sqlite:///{path}")
        self.business = Business(self.database, sellers=sellers)
        self.ended_by_hand, self.operator = set(), None

    def teardown(self):
        self.business.pass_time(days=10)
        handoffs = self.kept(Handoff)
        self.database.close()
        assert {handoff.state for handoff in handoffs} <= {State.CLOSED}

    def kept(self, model):
        return self.business.kept(model)

    @property
    def talk(self):
        return next(talk for talk in self.kept(Conversation) if talk.id == self.business.chat)

    # Ana

    @rule()
    def asks_on_whatsapp(self):
        if not self.business.is_silent():
            self.business.ask()

    @rule(begins=st.sampled_from([State.TRANSFERRING, State.COLLECTING]))
    def asks_on_the_phone(self, begins):
        self.business.ask(by_phone=True, begins=begins)

    @rule()
    def leaves_a_message(self):
        self.business.leave_message()

    @rule()
    def hangs_up(self):
        self.business.call_goes_on(Event.CALL_OVER)

    @rule(answered=st.booleans())
    def a_transfer_ends(self, answered):
        self.business.transfer_ends(answered=answered)

    @rule()
    def writes(self):
        is_silent = self.business.is_silent()
        assert self.business.is_answered() == (not is_silent), "Ana was met with silence, or answered by two"

    # Sellers

    @precondition(lambda self: self.sellers)
    @rule(number=st.sampled_from(SELLERS), said=st.sampled_from(["OK", "NO", "LISTO", "gracias"]))
    def a_seller_writes(self, number, said):
        self.business.seller_says(number, said)

    @rule(last=st.booleans())
    def a_notice_does_not_arrive(self, last):
        told = [offer.message_id for offer in self.kept(Offer)]
        if told:
            message_id, now = told[-1 if last else 0], self.business.now
            with self.database.write() as connection:
                outgoing.receipt(connection, MessageStatus.FAILED, 63016, now, message_id=message_id)
                self.business.handoffs.receipt(connection, message_id, MessageStatus.FAILED, 63016, now)

    # Operators

    @rule(writes=st.booleans(), in_chatwoot=st.booleans())
    def an_operator_takes_it(self, writes, in_chatwoot):
        self.business.now += timedelta(seconds=1)
        if in_chatwoot:
            self.business.operator_writes()
        elif writes:
            self.business.operators.write(self.business.chat, "Le atiendo yo")
        else:
            self.business.operators.take_over(self.business.chat)
        self.operator = "Pedro" if in_chatwoot else "el panel"
        assert self.business.is_silent() and self.talk.human == self.operator
        assert not [handoff for handoff in self.kept(Handoff) if waits(handoff) or handoff.missed_at]

    @rule(in_chatwoot=st.booleans())
    def an_operator_gives_it_back(self, in_chatwoot):
        self.business.now += timedelta(seconds=1)
        self.ended_by_hand |= {handoff.id for handoff in self.kept(Handoff) if handoff.state != State.CLOSED}
        if in_chatwoot:
            self.business.operator_resolves()
        else:
            self.business.operators.give_back(self.business.chat)
        self.operator = None
        assert not self.business.is_silent()
        assert {handoff.state for handoff in self.kept(Handoff)} <= {State.CLOSED}

    @rule(settles=st.booleans())
    def an_operator_sees_to_the_list(self, settles):
        for handoff in self.kept(Handoff):
            act = self.business.operators.settle_handoff if settles else self.business.operators.take_handoff
            wanted = handoff.missed_at is not None if settles else waits(handoff)
            try:
                act(handoff.conversation_id, handoff.id)
            except CannotBeDone:
                assert not wanted
            else:
                assert wanted
                if not settles and handoff.conversation_id == self.business.chat:
                    self.operator = "el panel"

    # Time

    @rule(minutes=st.sampled_from([0, 1, 6, 60, 60 * 13, 60 * 26]))
    def pass_time(self, minutes):
        self.business.pass_time(minutes=minutes)

    # What always holds

    @invariant()
    def a_person_has_one_at_a_time(self):
        assert len([h for h in self.kept(Handoff) if h.state != State.CLOSED]) <= 1

    @invariant()
    def what_is_not_over_is_looked_at_again(self):
        looked_at = {handoff_id for _, handoff_id in self.business.later.looks}
        assert {h.id for h in self.kept(Handoff) if h.state != State.CLOSED} <= looked_at

    @invariant()
    def there_is_silence_only_while_a_person_has_it(self):
        talk = self.talk
        if self.business.is_silent() and talk.human != self.operator:
            assert [h for h in self.kept(Handoff) if h.state == State.OWNED and h.owner == talk.human]

    @invariant()
    def what_nobody_had_is_shown_until_somebody_says_that_it_is_done(self):
        for handoff in self.kept(Handoff):
            if handoff.state == State.CLOSED and not handoff.owner and handoff.id not in self.ended_by_hand:
                assert handoff.missed_at is not None
            if handoff.owner or handoff.state != State.CLOSED:
                assert handoff.missed_at is None

    @invariant()
    def nobody_is_told_twice(self):
        asked = [(offer.handoff_id, offer.seller) for offer in self.kept(Offer)]
        messages = [message for message in self.kept(Message) if message.outbound]
        notices = [m for m in messages if m.body.startswith(WORDS.sellers.title)]
        assert len(set(asked)) == len(asked)
        assert len(notices) <= len(asked)
        missed = [m for m in messages if m.body.startswith(WORDS.sellers.missed)]
        assert len(missed) <= len(self.business.crm.missed_ones) == len({*self.business.crm.missed_ones})
        written = [h for h in self.kept(Handoff) if h.conversation_id == self.business.chat]
        assert len([m for m in messages if m.body == WORDS.customers.nobody_yet]) <= len(written)
        notes = [item.ref for item in self.kept(MirrorItem)]
        assert len(set(notes)) == len(notes)
        assert len(self.kept(Contact)) <= 1 + len(self.sellers)

    @invariant()
    def a_caller_is_written_nothing_of_our_own_accord(self):
        if not [h for h in self.kept(Handoff) if h.conversation_id == self.business.chat]:
            automatic = [m for m in self.kept(Message) if m.outbound and m.author == "automatic"]
            assert automatic == [], ANA


def waits(handoff):
    return not handoff.owner and handoff.state != State.CLOSED


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("sellers", "number"), [(SELLERS, 30), ((), 10)])
def test_whatever_happens_in_whatever_order_every_promise_ends(sqlite_template, tmp_path, sellers, number):
    names = count()
    walks = settings(examples(number), stateful_step_count=25, deadline=None)
    run_state_machine_as_test(lambda: Walk(sqlite_template, tmp_path, names, sellers), settings=walks)
