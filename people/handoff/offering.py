"""Offers handoffs to sellers, one after another, by WhatsApp."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from conversation.ledger import Kind, Ledger
from conversation.message_kinds import NOTICE
from conversation.operators import NOTICES, MessageSender
from conversation.phrases import language_of
from conversation.phrases.words import Customers, Notices
from jobs.queue import Work
from people.handoff.notices import notice, plain_line
from people.handoff.sellers import Seller, next_duty, next_seller
from phone_numbers import MatchingNumber, ReachAddress, shown_number
from storage import locks
from storage.after_commit import after_commit
from storage.base import is_ahead
from storage.ledger import accounts
from storage.models import LOST
from storage.queries import contacts, messages, offers, outgoing
from storage.queries.messages import MessageRecord
from storage.queries.offers import HandoffFacts, OfferRecord

log = structlog.get_logger()

JOB = "offer_handoff"
_AGAIN_AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""After an offer: when a notice that reached nobody is sent again."""


@dataclass(frozen=True, slots=True)
class HandoffPolicy:
    """The times of a handoff. reply_within: for a seller's answer; silent_for: the assistant's longest silence.

    public_url: the base of this server's URLs; None: notices have no link to the dashboard.
    """

    sellers: Sequence[Seller]
    words: Notices
    customers: Customers
    language: str
    zone: ZoneInfo
    reply_within: timedelta
    silent_for: timedelta
    public_url: str | None = None

    def page_of(self, facts: HandoffFacts) -> str:
        """Return the URL of a handoff's conversation on the dashboard; "" without a public URL."""
        page = f"/dashboard/conversations/{facts.conversation_id}"
        return f"{self.public_url}{page}" if self.public_url else ""


def hold_offers(connection: Connection, handoff_id: int) -> None:
    """Hold back who else would tell a seller of a handoff, until the transaction ends."""
    locks.hold(connection, f"offers:{handoff_id}")


class Offering:
    """Offers handoffs, in the caller's transaction. writer: None if nothing can be sent."""

    def __init__(
        self, work: Work, policy: HandoffPolicy, writer: MessageSender | None, ledger: Ledger
    ) -> None:
        self._work, self.policy, self._writer, self._ledger = work, policy, writer, ledger

    @property
    def can_tell(self) -> bool:
        """True if there are sellers, and messages can be sent."""
        return self._writer is not None and bool(self.policy.sellers)

    def look_at(self, connection: Connection, handoff_id: int, at: datetime, now: datetime) -> None:
        """Queue the next look at a handoff."""
        delay_s = max(0.0, (at - now).total_seconds())
        key = f"{handoff_id}:{int(at.timestamp()) // 15}" if delay_s else f"{handoff_id}"
        self._work.enqueue(connection, JOB, {"handoff_id": handoff_id}, key=key, delay_s=delay_s)

    def seller_of(self, number: MatchingNumber) -> Seller | None:
        """Return the seller who has a number, in either of its forms."""
        return next((seller for seller in self.policy.sellers if seller.has_number(number)), None)

    def name_of(self, owner: str) -> str:
        """Return the name of who has a handoff: a seller's, or the owner's own."""
        return next((seller.name for seller in self.policy.sellers if seller.number == owner), owner)

    # Sellers are asked

    def ask(
        self, connection: Connection, facts: HandoffFacts, asked: Sequence[OfferRecord], now: datetime
    ) -> bool:
        """Wait for the seller being asked, or ask the next; return False if there is nobody to wait for."""
        if not self.can_tell:
            return False
        waiting = [offer for offer in asked if self._is_waiting(connection, offer, now)]
        if waiting:
            self.look_at(connection, facts.id, waiting[-1].expires_at, now)
            return True
        seller = self.next_seller(connection, facts, asked, now)
        if seller is not None:
            self.tell(connection, facts, seller, now)
        return seller is not None or self._ask_again(connection, asked, now)

    def _is_waiting(self, connection: Connection, offer: OfferRecord, now: datetime) -> bool:
        if offer.state != offers.OPEN or not is_ahead(offer.expires_at, now, self.policy.reply_within):
            return False
        return self._lost(connection, offer) is None

    def next_seller(
        self, connection: Connection, facts: HandoffFacts, asked: Sequence[OfferRecord], now: datetime
    ) -> Seller | None:
        """Return the next seller to notify; None if no other is on duty, or the day's notices are used up."""
        # Whoever waited longest is asked: of two handoffs at once, the second sees whom the first has asked
        locks.hold(connection, "next-seller")
        seller = self._choose(connection, facts, {offer.seller for offer in asked}, now)
        # Once for all who are told of it, in the transaction that keeps the first notice
        may_tell = seller is not None and self.may(
            connection, facts, Kind.HANDOFF, f"handoff:{facts.id}", now
        )
        return seller if may_tell else None

    def _choose(
        self, connection: Connection, facts: HandoffFacts, asked: Collection[str], now: datetime
    ) -> Seller | None:
        return next_seller(
            self.policy.sellers,
            asked=asked,
            last_asked=offers.last_asked(connection, [seller.number for seller in self.policy.sellers]),
            words=f"{facts.reason} {facts.context}",
            language=language_of(self.policy.language),
            local=now.astimezone(self.policy.zone),
        )

    def may(self, connection: Connection, facts: HandoffFacts, kind: Kind, key: str, now: datetime) -> bool:
        """Count what is done for a customer, once for a key; False if that was done as often as it may be today."""
        account = accounts.of_contact(connection, facts.contact_id)
        return self._ledger.reserve(connection, account, kind, key, now).is_granted

    def next_duty(self, asked: Sequence[OfferRecord], now: datetime) -> datetime | None:
        """Return the next time that a seller not yet asked is on duty, by the business's clock; None: never."""
        numbers = {offer.seller for offer in asked}
        return next_duty(self.policy.sellers, asked=numbers, local=now.astimezone(self.policy.zone))

    def tell(self, connection: Connection, facts: HandoffFacts, seller: Seller, now: datetime) -> int:
        """Tell a seller of a handoff; return the notice's id."""
        words = notice(self.policy.words, facts, self.policy.page_of(facts))
        message_id = self._write(connection, seller.number, words, now)
        expires_at = now + self.policy.reply_within
        offers.make_offer(connection, facts.id, seller.number, message_id, now, expires_at)
        self.look_at(connection, facts.id, expires_at, now)
        after_commit(connection, log.info, "handoff_offered", handoff_id=facts.id)
        return message_id

    def _write(self, connection: Connection, number: ReachAddress, words: str, now: datetime) -> int:
        assert self._writer is not None
        recipient = contacts.recipient_for(connection, number, now)
        return self._writer.write(connection, recipient, words, author=NOTICES, kind=NOTICE)

    # Notices that reached nobody

    def _lost(self, connection: Connection, offer: OfferRecord) -> MessageRecord | None:
        sent = None if offer.message_id is None else messages.message_by_id(connection, offer.message_id)
        return sent if sent is not None and sent.status in LOST else None

    def next_try(self, connection: Connection, asked: Sequence[OfferRecord]) -> datetime | None:
        """Return when the next notice that reached nobody is to be sent again; None: none is."""
        tries = [self._try_at(connection, offer) for offer in asked]
        return min((at for at in tries if at is not None), default=None)

    def _try_at(self, connection: Connection, offer: OfferRecord) -> datetime | None:
        lost = self._lost(connection, offer) if offer.state == offers.OPEN else None
        if lost is None:
            return None
        times = (offer.created_at + after for after in _AGAIN_AFTER)
        return next((at for at in times if at > lost.changed_at), None)

    def _ask_again(self, connection: Connection, asked: Sequence[OfferRecord], now: datetime) -> bool:
        for offer in asked:
            at = self._try_at(connection, offer)
            if at is not None and at <= now and self.send_again(connection, offer, now):
                return True
        return False

    def send_again(self, connection: Connection, offer: OfferRecord, now: datetime) -> bool:
        """Send a notice again if it reached nobody; return False if it may have."""
        lost = self._lost(connection, offer)
        if lost is None or self._writer is None:
            return False
        if not outgoing.try_again(connection, lost.id, now):
            return False
        self._writer.send_later(connection, lost.conversation_id)
        expires_at = now + self.policy.reply_within
        offers.renew_offer(connection, offer.id, expires_at)
        self.look_at(connection, offer.handoff_id, expires_at, now)
        return True

    # What sellers are told afterwards

    def settle(self, connection: Connection, facts: HandoffFacts, taken_by: str, now: datetime) -> None:
        """Close the offers of a handoff that somebody has, and tell the other sellers who know of it."""
        words = self.policy.words.taken_by.format(name=self.name_of(taken_by))
        for offer in offers.offers_of(connection, facts.id):
            if offer.state != offers.OPEN:
                continue
            is_theirs = offer.seller == taken_by
            offers.answer_offer(connection, offer.id, offers.TAKEN if is_theirs else offers.GONE)
            if not is_theirs and self._writer is not None and self._lost(connection, offer) is None:
                self._write(connection, offer.seller, words, now)

    def withdraw(self, connection: Connection, facts: HandoffFacts) -> None:
        """Let the offers of a handoff that nobody took expire."""
        for offer in offers.offers_of(connection, facts.id):
            offers.answer_offer(connection, offer.id, offers.EXPIRED)

    def say_missed(self, connection: Connection, facts: HandoffFacts, now: datetime) -> None:
        """Tell a seller who is on duty of a handoff that nobody took."""
        seller = self._choose(connection, facts, (), now) if self.can_tell else None
        if seller is None:
            return
        words = self.policy.words
        said = notice(
            words,
            facts,
            self.policy.page_of(facts),
            title=words.missed,
            how_to_answer=words.how_to_settle,
        )
        message_id = self._write(connection, seller.number, said, now)
        # whoever was not asked before may answer this one
        offers.make_offer(connection, facts.id, seller.number, message_id, now, now, offers.EXPIRED)

    def pass_on(self, connection: Connection, facts: HandoffFacts, message: str, now: datetime) -> None:
        """Tell a further message of the customer to the seller who has the handoff, or to those being asked."""
        if self._writer is None:
            return
        asked = [o.seller for o in offers.offers_of(connection, facts.id) if o.state == offers.OPEN]
        numbers = [facts.owner] if facts.owner else asked
        number = shown_number(facts.number)
        who = " ".join(filter(None, [plain_line(facts.name), number]))
        words = self.policy.words.further.format(who=who, message=plain_line(message))
        for seller in self.policy.sellers:
            if seller.number in numbers:
                self._write(connection, seller.number, words, now)
