"""Takes handoffs from state to state by the table of conversation/handoff_states.py, and does what follows.

All state is in rows: the job that looks at a handoff reads the next step from them, however late or often it runs.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation.handoff import Source, tell
from conversation.handoff_states import MEANINGS, Effect, Event, State, step
from conversation.ledger import Kind, Ledger
from conversation.observers import NULL_OBSERVER, HandoffListener, NullObserver
from conversation.operators import TO_CUSTOMERS, Helpdesk, MessageSender, StaffMessage
from jobs.queue import Work
from people.handoff.offering import HandoffPolicy, Offering, hold_offers
from people.handoff.replies import SellerReplies
from phone_numbers import matching_number
from storage.after_commit import after_commit
from storage.base import is_ahead, utc_now
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.queries import contacts, helpdesk, messages, offers, promises
from storage.queries.offers import HandoffFacts

log = structlog.get_logger()

_ASKED_IN_CHATWOOT = 3
"""Operators of Chatwoot, where there are no sellers, have so many times a seller's time to answer."""


class Handoffs(NullObserver):
    """Notifies people of handoffs, in the transaction that keeps one.

    writer: None if nothing can be sent. helpdesk: None without Chatwoot. also: a further listener.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        policy: HandoffPolicy,
        *,
        ledger: Ledger,
        writer: MessageSender | None,
        helpdesk: Helpdesk | None = None,
        also: HandoffListener = NULL_OBSERVER,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._also = database, also
        self._writer, self._helpdesk, self._clock = writer, helpdesk, clock
        self.offering = Offering(work, policy, writer, ledger)
        self._effects: dict[Effect, Callable[[Connection, HandoffFacts, str, datetime], None]] = {
            Effect.TELL: self._tell,
            Effect.SHOW: self._record,
            Effect.FORWARD: self._pass_on,
            Effect.TELL_CUSTOMER: self._tell_customer,
            Effect.SILENCE: self._silence,
            Effect.ANSWER_AGAIN: self._answer_again,
            Effect.SAY_TAKEN: self._say_taken,
            Effect.WITHDRAW: lambda connection, facts, _by, _now: self.offering.withdraw(connection, facts),
            Effect.SAY_MISSED: self._say_missed,
        }
        self._replies = SellerReplies(self.offering, self.happened)

    @property
    def policy(self) -> HandoffPolicy:
        """The rules."""
        return self.offering.policy

    @property
    def can_tell(self) -> bool:
        """True if there are sellers, and messages can be sent."""
        return self.offering.can_tell

    @property
    def reaches_people(self) -> bool:
        """True if anybody is told of a handoff: a seller, or operators in Chatwoot."""
        return self.can_tell or self._helpdesk is not None

    # What happens

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """Notify people of a handoff, at once or when the call that led to it is settled."""
        facts = offers.handoff_facts(connection, handoff_id)
        if facts is None:
            return
        if facts.state != State.OPEN or facts.simulated:
            self._set_timer(connection, facts, State(facts.state), now)
            return
        self._show_new(connection, facts, now)
        if facts.source != Source.API:  # which tells a seller itself, in this transaction
            self.offering.look_at(connection, facts.id, now, now)

    def happened(
        self, connection: Connection, handoff_id: int, event: Event, now: datetime, *, by: str = ""
    ) -> bool:
        """Take a handoff to its next state, and do what follows; False if the event changes nothing.

        by: who has it from now on.
        """
        facts = offers.handoff_facts(connection, handoff_id)
        following = None if facts is None else step(State(facts.state), event)
        if facts is None or following is None:
            return False
        if not offers.move(connection, facts.id, facts.state, following.to, now, owner=by):
            return False
        if by:  # to whom nobody came before is answered now
            promises.settle_all(connection, facts.contact_id, by, now)
        if facts.simulated:
            if following.to != facts.state:
                self._set_timer(connection, facts, following.to, now)
            return True
        for effect in following.effects:
            self._effects[effect](connection, facts, by, now)
        if following.to != facts.state:
            self._set_timer(connection, facts, following.to, now)
        return True

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Move on to the next seller if a notice did not arrive."""
        if status in LOST and (handoff_id := offers.offered_by(connection, message_id)) is not None:
            self.offering.look_at(connection, handoff_id, now, now)

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """Tell people of a caller who hung up before a message was left."""
        tell(connection, self, conversation_id, Event.CALL_OVER, now)

    # Effects

    def _tell(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        self._show_new(connection, facts, now)
        self.offering.look_at(connection, facts.id, now, now)

    def _show_new(self, connection: Connection, facts: HandoffFacts, now: datetime) -> None:
        self._record(connection, facts, "", now)
        if self._helpdesk is not None:
            self._helpdesk.opened(connection, facts.contact_id, f"handoff:{facts.id}:open", now)

    def _record(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        self._also.handed_off(connection, facts.id, now)
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{facts.id}", _summary(facts), now)

    def tell_more(
        self, connection: Connection, handoff_id: int, what: str, words: str, now: datetime
    ) -> None:
        """Tell whoever knows of a handoff what else was said with it. what: tells it from what else is said."""
        facts = offers.handoff_facts(connection, handoff_id)
        if facts is not None:
            self._forward(connection, facts, what, words, now)

    def _pass_on(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        message = facts.message.rpartition("\n\n")[2]
        self._forward(connection, facts, f"message:{len(facts.message)}", message, now)

    def _forward(
        self, connection: Connection, facts: HandoffFacts, what: str, message: str, now: datetime
    ) -> None:
        self._show(connection, facts, what, message, now)
        key = f"forwarded:{facts.id}:{now.isoformat()}"  # once in the transaction that keeps the message
        if self.offering.may(connection, facts, Kind.FORWARDED, key, now):
            self.offering.pass_on(connection, facts, message, now)

    def _tell_customer(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        """Write to a customer on WhatsApp that nobody has come yet, and when somebody is there."""
        after_commit(connection, log.warning, "handoff_unanswered", handoff_id=facts.id)
        self._show(connection, facts, "unanswered", self.policy.words.note_nobody, now)
        recipient = contacts.find_recipient(connection, conversation_id=facts.conversation_id)
        if self._writer is None or recipient is None or not _is_written(facts) or not self.reaches_people:
            return
        if messages.wants_nothing(connection, facts.conversation_id, recipient.opted_out_at):
            return
        if not self.offering.may(connection, facts, Kind.BEGUN, f"begun:{facts.id}:unanswered", now):
            return
        words, starts = self.policy.customers.nobody_yet, self.offering.next_duty([], now)
        if starts is not None and starts > now:
            words = self.policy.customers.nobody_until.format(date=f"{starts:%d/%m}", time=f"{starts:%H:%M}")
        message_id = self._writer.write(connection, recipient, words, author=TO_CUSTOMERS)
        if self._helpdesk is not None:
            self._helpdesk.message(connection, message_id, now)

    def _silence(self, connection: Connection, facts: HandoffFacts, by: str, now: datetime) -> None:
        """Silence the assistant for whoever has it, unless there is nothing that they could write to."""
        recipient = contacts.find_recipient(connection, conversation_id=facts.conversation_id)
        if _is_written(facts) and recipient is not None and recipient.is_reachable:
            until = now + self.policy.silent_for
            contacts.take_over(connection, facts.conversation_id, self.offering.name_of(by), until)

    def _answer_again(self, connection: Connection, facts: HandoffFacts, _by: str, _now: datetime) -> None:
        has_it = helpdesk.human_of(connection, facts.conversation_id)
        if _is_written(facts) and has_it == self.offering.name_of(facts.owner)[:80]:
            contacts.give_back(connection, facts.conversation_id)

    def _say_taken(self, connection: Connection, facts: HandoffFacts, by: str, now: datetime) -> None:
        self.offering.settle(connection, facts, by, now)
        if self.offering.seller_of(matching_number(by)) is not None:
            words = self.policy.words.note_taken.format(name=self.offering.name_of(by))
            self._show(connection, facts, "taken", words, now)
        after_commit(connection, log.info, "handoff_taken", handoff_id=facts.id)

    def _say_missed(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        """Show that nobody came, until somebody says that the person was answered."""
        after_commit(connection, log.warning, "handoff_missed", handoff_id=facts.id)
        promises.note_missed(connection, facts.id, now)
        self._also.missed(connection, facts.id, now)
        self._show(connection, facts, "missed", self.policy.words.note_missed, now)
        if self._helpdesk is not None:
            self._helpdesk.opened(connection, facts.contact_id, f"handoff:{facts.id}:missed:open", now)
        self.offering.say_missed(connection, facts, now)

    def _show(
        self, connection: Connection, facts: HandoffFacts, what: str, words: str, now: datetime
    ) -> None:
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{facts.id}:{what}", words, now)

    # Time passes

    def _set_timer(self, connection: Connection, facts: HandoffFacts, state: State, now: datetime) -> None:
        # Sellers have times of their own.
        is_for_sellers = state in (State.OPEN, State.WAITING) and not facts.simulated
        if state is not State.CLOSED and not is_for_sellers:
            self.offering.look_at(connection, facts.id, now + self._lasts(state), now)

    def _lasts(self, state: State) -> timedelta:
        return MEANINGS[state].lasts or self.policy.silent_for

    def offer(self, payload: dict[str, Any]) -> None:
        """Look at a handoff: ask the next seller if it is time to, and end what has lasted too long."""
        now = self._clock()
        with self._database.write() as connection:
            hold_offers(connection, int(payload["handoff_id"]))
            facts = offers.handoff_facts(connection, int(payload["handoff_id"]))
            if facts is None or facts.state == State.CLOSED:
                return
            if facts.state in (State.OPEN, State.WAITING) and not facts.simulated:
                self._go_on(connection, facts, now)
                return
            lasts = self._lasts(State(facts.state))
            ends = (facts.owned_at or facts.updated_at) + lasts
            # A clock that was put back by more than it lasts would keep it for as long as that
            if is_ahead(ends, now, 2 * lasts):
                self.offering.look_at(connection, facts.id, ends, now)
            else:
                self.happened(connection, facts.id, Event.TIME_UP, now)

    def _go_on(self, connection: Connection, facts: HandoffFacts, now: datetime) -> None:
        asked = offers.offers_of(connection, facts.id)
        if self.offering.ask(connection, facts, asked, now):
            return
        patience = _ASKED_IN_CHATWOOT * self.policy.reply_within
        in_chatwoot_until = facts.updated_at + patience
        is_asked = not asked and not self.can_tell and facts.state == State.OPEN
        if is_asked and is_ahead(in_chatwoot_until, now, patience):
            self.offering.look_at(connection, facts.id, in_chatwoot_until, now)
            return
        self.happened(connection, facts.id, Event.NOT_IN_TIME, now)
        ends = max([facts.created_at, *(offer.created_at for offer in asked)]) + self._lasts(State.WAITING)
        starts = self.offering.next_duty(asked, now) if self.can_tell else None
        again = self.offering.next_try(connection, asked)
        if ends <= now and self.can_tell:  # a seller must be there who can be told that nobody came
            ends = self.offering.next_duty([], now) or ends
        looks = [at for at in (starts, again, ends) if at is not None and at > now]
        if looks:
            self.offering.look_at(connection, facts.id, min(looks), now)
        else:
            self.happened(connection, facts.id, Event.TIME_UP, now)

    # Sellers write

    def seller_says(self, connection: Connection, said: StaffMessage, now: datetime) -> str | None:
        """Return the reply to a seller who has something open, "" for none; None for anybody else."""
        return self._replies.reply(connection, said, now)


def _is_written(facts: HandoffFacts) -> bool:
    """Return True if it is the conversation on WhatsApp that goes to a person: the API's customers called."""
    return facts.channel == "whatsapp" and facts.source != Source.API


def _summary(facts: HandoffFacts) -> str:
    return "\n\n".join(filter(None, [facts.reason, facts.summary, facts.context, facts.message]))
