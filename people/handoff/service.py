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
from conversation.observers import NULL_OBSERVER, HandoffListener, NullObserver
from conversation.operators import Helpdesk, MessageSender
from jobs.queue import Work
from people.handoff.notices import Answer, plain_line, read_answer, says_done
from people.handoff.offering import MOST_A_DAY, HandoffPolicy, Offering, hold_offers
from people.handoff.sellers import Seller
from storage.base import utc_now
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.queries import contacts, helpdesk, offers
from storage.queries.offers import HandoffFacts, OfferRecord

log = structlog.get_logger()

TO_CUSTOMERS = "automatic"
"""The author of what customers are told."""
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
        writer: MessageSender | None,
        helpdesk: Helpdesk | None = None,
        also: HandoffListener = NULL_OBSERVER,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._also = database, also
        self._writer, self._helpdesk, self._clock = writer, helpdesk, clock
        self.offering = Offering(work, policy, writer)
        self._effects: dict[Effect, Callable[[Connection, HandoffFacts, str, datetime], None]] = {
            Effect.TELL: self._tell,
            Effect.SHOW: self._record,
            Effect.FORWARD: self._pass_on,
            Effect.TELL_CUSTOMER: self._tell_customer,
            Effect.SILENCE: self._silence,
            Effect.ANSWER_AGAIN: self._answer_again,
            Effect.SAY_TAKEN: self._say_taken,
            Effect.WITHDRAW: lambda connection, facts, _by, _now: self.offering.withdraw(connection, facts),
        }

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
        if facts is None or facts.simulated:
            return
        if facts.state == State.OPEN:
            self._tell(connection, facts, "", now)
        else:
            self._set_timer(connection, handoff_id, State(facts.state), now)

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
        if facts.simulated:
            return True
        for effect in following.effects:
            self._effects[effect](connection, facts, by, now)
        if following.to != facts.state:
            self._set_timer(connection, facts.id, following.to, now)
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
        self._record(connection, facts, "", now)
        if self._helpdesk is not None:
            self._helpdesk.opened(connection, facts.contact_id, f"handoff:{facts.id}:open", now)
        self.offering.look_at(connection, facts.id, now, now)

    def _record(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        self._also.handed_off(connection, facts.id, now)
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{facts.id}", _summary(facts), now)

    def _pass_on(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        message = facts.message.rpartition("\n\n")[2]
        self._show(connection, facts, f"message:{len(facts.message)}", message, now)
        if facts.message.count("\n\n") < MOST_A_DAY:
            self.offering.pass_on(connection, facts, message, now)

    def _tell_customer(self, connection: Connection, facts: HandoffFacts, _by: str, now: datetime) -> None:
        """Write to a customer on WhatsApp that nobody has come yet, and when somebody is there."""
        log.warning("handoff_unanswered", handoff_id=facts.id)
        self._show(connection, facts, "unanswered", self.policy.words.note_nobody, now)
        recipient = contacts.find_recipient(connection, conversation_id=facts.conversation_id)
        if self._writer is None or recipient is None or not _is_written(facts) or not self.reaches_people:
            return
        words, starts = self.policy.customers.nobody_yet, self.offering.next_duty([], now)
        if starts is not None and starts > now:
            words = self.policy.customers.nobody_until.format(date=f"{starts:%d/%m}", time=f"{starts:%H:%M}")
        message_id = self._writer.write(connection, recipient, words, author=TO_CUSTOMERS)
        if self._helpdesk is not None:
            self._helpdesk.message(connection, message_id, now)

    def _silence(self, connection: Connection, facts: HandoffFacts, by: str, now: datetime) -> None:
        if _is_written(facts):
            until = now + self.policy.silent_for
            contacts.take_over(connection, facts.conversation_id, self.offering.name_of(by), until)

    def _answer_again(self, connection: Connection, facts: HandoffFacts, _by: str, _now: datetime) -> None:
        has_it = helpdesk.human_of(connection, facts.conversation_id)
        if _is_written(facts) and has_it == self.offering.name_of(facts.owner)[:80]:
            contacts.give_back(connection, facts.conversation_id)

    def _say_taken(self, connection: Connection, facts: HandoffFacts, by: str, now: datetime) -> None:
        self.offering.settle(connection, facts, by, now)
        if self.offering.seller_of(by) is not None:
            words = self.policy.words.note_taken.format(name=self.offering.name_of(by))
            self._show(connection, facts, "taken", words, now)
        log.info("handoff_taken", handoff_id=facts.id)

    def _show(
        self, connection: Connection, facts: HandoffFacts, what: str, words: str, now: datetime
    ) -> None:
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{facts.id}:{what}", words, now)

    # Time passes

    def _set_timer(self, connection: Connection, handoff_id: int, state: State, now: datetime) -> None:
        if state in (State.TRANSFERRING, State.COLLECTING, State.OWNED):
            self.offering.look_at(connection, handoff_id, now + self._lasts(state), now)

    def _lasts(self, state: State) -> timedelta:
        return MEANINGS[state].lasts or self.policy.silent_for

    def offer(self, payload: dict[str, Any]) -> None:
        """Look at a handoff: ask the next seller if it is time to, and end what has lasted too long."""
        now = self._clock()
        with self._database.write() as connection:
            hold_offers(connection, int(payload["handoff_id"]))
            facts = offers.handoff_facts(connection, int(payload["handoff_id"]))
            if facts is None or facts.simulated or facts.state == State.CLOSED:
                return
            if facts.state in (State.OPEN, State.WAITING):
                self._go_on(connection, facts, now)
                return
            ends = (facts.owned_at or facts.updated_at) + self._lasts(State(facts.state))
            if ends <= now:
                self.happened(connection, facts.id, Event.TIME_UP, now)
            else:
                self.offering.look_at(connection, facts.id, ends, now)

    def _go_on(self, connection: Connection, facts: HandoffFacts, now: datetime) -> None:
        asked = offers.offers_of(connection, facts.id)
        if self.offering.ask(connection, facts, asked, now):
            return
        in_chatwoot_until = facts.updated_at + _ASKED_IN_CHATWOOT * self.policy.reply_within
        if not asked and not self.can_tell and facts.state == State.OPEN and now < in_chatwoot_until:
            self.offering.look_at(connection, facts.id, in_chatwoot_until, now)
            return
        self.happened(connection, facts.id, Event.NOT_IN_TIME, now)
        ends = max([facts.created_at, *(offer.created_at for offer in asked)]) + self._lasts(State.WAITING)
        starts = self.offering.next_duty(asked, now) if self.can_tell else None
        again = self.offering.next_try(connection, asked)
        if again is None and (starts is None or starts <= now) and ends <= now:
            self.happened(connection, facts.id, Event.TIME_UP, now)
            return
        looks = [at for at in (starts, again, ends) if at is not None and at > now]
        self.offering.look_at(connection, facts.id, min(looks), now)

    # Sellers write

    def seller_says(self, connection: Connection, number: str, said: str, now: datetime) -> str | None:
        """Return the reply to a seller who has something open, "" for none; None for anybody else."""
        seller = self.offering.seller_of(number)
        if seller is None:
            return None
        offer = offers.open_offer_to(connection, seller.number, now)
        if offer is not None and self.offering.send_again(connection, offer, now):
            return ""  # what waited for them is on its way
        owned = offers.owned_by(connection, seller.number, now)
        if owned is not None and says_done(said):
            self.happened(connection, owned.id, Event.DONE, now)
            return self.policy.words.done.format(name=_name_of(owned))
        answer = read_answer(said)
        if offer is not None and answer is Answer.DECLINE:
            offers.answer_offer(connection, offer.id, offers.DECLINED)
            self.offering.look_at(connection, offer.handoff_id, now, now)
            return self.policy.words.passed_on
        if offer is not None and answer is Answer.TAKE:
            return self._take(connection, offer, seller, now)
        if offer is not None:
            return self.policy.words.help_offered
        return None if owned is None else self.policy.words.help_owned.format(name=_name_of(owned))

    def _take(self, connection: Connection, offer: OfferRecord, seller: Seller, now: datetime) -> str:
        if not self.happened(connection, offer.handoff_id, Event.TAKEN, now, by=seller.number):
            offers.answer_offer(connection, offer.id, offers.GONE)
            facts = offers.handoff_facts(connection, offer.handoff_id)
            owner = self.offering.name_of(facts.owner) if facts is not None else ""
            return self.policy.words.taken_by.format(name=owner)
        facts = offers.handoff_facts(connection, offer.handoff_id)
        assert facts is not None
        words = self.policy.words
        if not facts.number.startswith("+"):
            return f"{words.yours_unknown.format(name=plain_line(facts.name))}\n\n{words.how_to_end}"
        said = words.yours.format(name=plain_line(facts.name), number=facts.number).replace("  ", " ")
        return f"{said}\n\n{words.link.format(digits=facts.number[1:])}\n{words.how_to_end}"


def _is_written(facts: HandoffFacts) -> bool:
    """Return True if it is the conversation on WhatsApp that goes to a person: the API's customers called."""
    return facts.channel == "whatsapp" and facts.source != Source.API


def _name_of(facts: HandoffFacts) -> str:
    number = facts.number if facts.number.startswith("+") else ""
    return plain_line(facts.name) or number or "-"


def _summary(facts: HandoffFacts) -> str:
    return "\n\n".join(filter(None, [facts.reason, facts.summary, facts.context, facts.message]))
