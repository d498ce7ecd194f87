"""Replies to sellers: they take what was offered to them, decline it, or say that they have finished.

What they answer comes twice, late and out of order: they are told how it stands.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from conversation.handoff_states import Event, State
from conversation.operators import StaffMessage
from conversation.phrases.words import Notices
from people.handoff.notices import Answer, link, name_of, plain_line, read_answer, says_done
from people.handoff.offering import Offering
from people.handoff.sellers import Seller
from phone_numbers import is_number, shown_number
from storage.queries import offers, promises
from storage.queries.offers import OFFERED_FOR, HandoffFacts, OfferRecord


class Happened(Protocol):
    """Takes a handoff to its next state."""

    def __call__(
        self, connection: Connection, handoff_id: int, event: Event, now: datetime, *, by: str = ""
    ) -> bool:
        """Return False if the event changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class _Offered:
    """An offer to a seller, and its handoff. is_quoted: their message names its notice."""

    offer: OfferRecord
    handoff: HandoffFacts
    is_quoted: bool

    def belongs_to(self, seller: Seller) -> bool:
        """Return True if the seller has it."""
        return self.handoff.owner == seller.number and self.handoff.state == State.OWNED

    def may_be_taken(self, now: datetime) -> bool:
        """Return True if nobody has it, and the seller may still take it; also after declining it."""
        waits = not self.handoff.owner and self.handoff.state != State.CLOSED
        is_theirs = self.offer.state in (offers.OPEN, offers.DECLINED)
        return waits and is_theirs and self.offer.created_at > now - OFFERED_FOR


class SellerReplies:
    """Reads sellers' messages, in the transaction that keeps one."""

    def __init__(self, offering: Offering, happened: Happened) -> None:
        self._offering, self._happened = offering, happened

    def reply(self, connection: Connection, said: StaffMessage, now: datetime) -> str | None:
        """Return the reply to a seller who has something open, "" for none; None for anybody else."""
        seller = self._offering.seller_of(said.number)
        if seller is None:
            return None
        answer = read_answer(said.payload) or read_answer(said.words)
        is_done = says_done(said.payload) or says_done(said.words)
        offered = self._offered(connection, seller, said, now, any_of_the_day=answer is not None or is_done)
        may_be_taken = offered is not None and offered.may_be_taken(now)
        if offered is not None and may_be_taken and self._offering.send_again(connection, offered.offer, now):
            return ""  # what waited for them is on its way
        owned = offers.owned_by(connection, seller.number, now)
        if offered is not None and offered.is_quoted and offered.belongs_to(seller):
            owned = offered.handoff
        if owned is not None and is_done:
            self._happened(connection, owned.id, Event.DONE, now)
            return self._words.done.format(name=name_of(owned))
        if offered is not None and may_be_taken and answer is Answer.TAKE:
            return self._take(connection, offered, seller, now)
        if offered is not None and may_be_taken and answer is Answer.DECLINE:
            return self._decline(connection, offered, now)
        if offered is not None and may_be_taken and offered.offer.state == offers.OPEN:
            return self._words.help_offered
        if is_done or answer is Answer.TAKE:
            settled = self._settle(connection, seller, now, is_done=is_done)
            if settled is not None:
                return settled
        if owned is not None:
            return self._words.help_owned.format(name=name_of(owned))
        if offered is None or (answer is None and not is_done):
            return None
        return self._too_late(offered, seller)

    @property
    def _words(self) -> Notices:
        return self._offering.policy.words

    def _offered(
        self,
        connection: Connection,
        seller: Seller,
        said: StaffMessage,
        now: datetime,
        *,
        any_of_the_day: bool,
    ) -> _Offered | None:
        """Return the offer that a message is about: of the notice that it answers, else the newest open one."""
        quoted = None
        if said.answers:
            quoted = offers.offer_by_notice(connection, seller.number, said.answers, now)
        offer = quoted or offers.open_offer_to(connection, seller.number, now)
        if offer is None and any_of_the_day:
            offer = offers.last_offer_to(connection, seller.number, now)
        facts = None if offer is None else offers.handoff_facts(connection, offer.handoff_id)
        if offer is None or facts is None:
            return None
        return _Offered(offer, facts, is_quoted=quoted is not None)

    def _take(self, connection: Connection, offered: _Offered, seller: Seller, now: datetime) -> str:
        handoff_id = offered.handoff.id
        taken = self._happened(connection, handoff_id, Event.TAKEN, now, by=seller.number)
        facts = offers.handoff_facts(connection, handoff_id)
        assert facts is not None
        if taken:
            return self._yours(facts)
        if not offers.answer_offer(connection, offered.offer.id, offers.GONE):
            return ""  # another was a moment quicker: a message on its way says who
        return self._words.taken_by.format(name=self._offering.name_of(facts.owner))

    def _decline(self, connection: Connection, offered: _Offered, now: datetime) -> str:
        if offers.answer_offer(connection, offered.offer.id, offers.DECLINED):
            self._offering.look_at(connection, offered.handoff.id, now, now)
        return self._words.passed_on

    def _settle(self, connection: Connection, seller: Seller, now: datetime, *, is_done: bool) -> str | None:
        """Give a seller what nobody took in time, if they were told of it; None if there is nothing."""
        handoff_id = promises.missed_by(connection, seller.number, now)
        facts = None if handoff_id is None else offers.handoff_facts(connection, handoff_id)
        if facts is None or not promises.settle(connection, facts.id, seller.number, now):
            return None
        return self._words.done.format(name=name_of(facts)) if is_done else self._yours(facts, is_over=True)

    def _yours(self, facts: HandoffFacts, *, is_over: bool = False) -> str:
        words, page = self._words, self._offering.policy.page_of(facts)
        said = words.yours_unknown.format(name=plain_line(facts.name))
        number = shown_number(facts.number)
        if is_number(number):
            said = words.yours.format(name=plain_line(facts.name), number=number).replace("  ", " ")
        ours = "\n".join(filter(None, [link(words, facts), page, "" if is_over else words.how_to_end]))
        return "\n\n".join(filter(None, [said, ours]))

    def _too_late(self, offered: _Offered, seller: Seller) -> str:
        owner = offered.handoff.owner
        if owner and owner != seller.number:
            return self._words.taken_by.format(name=self._offering.name_of(owner))
        return self._words.over
