"""Offers handoffs to sellers, one after another, by WhatsApp."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from conversation.operators import MessageSender
from conversation.phrases import language_of
from conversation.phrases.words import Customers, Notices
from jobs.queue import Work
from people.handoff.notices import notice, plain_line
from people.handoff.sellers import Seller, next_duty, next_seller
from storage import locks
from storage.models import LOST
from storage.queries import contacts, handoffs, messages, offers, outgoing
from storage.queries.messages import MessageRecord
from storage.queries.offers import HandoffFacts, OfferRecord

log = structlog.get_logger()

JOB = "offer_handoff"
AUTHOR = "handoff"
NOTICE = "notice"
MOST_A_DAY = 5
"""Handoffs of one person of whom sellers are told within 24 hours, and further messages passed on with one."""
_AGAIN_AFTER = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""After an offer: when a notice that reached nobody is sent again."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HandoffPolicy:
    """The times of a handoff. reply_within: for a seller's answer; silent_for: the assistant's longest silence."""

    sellers: Sequence[Seller]
    words: Notices
    customers: Customers
    language: str
    zone: ZoneInfo
    reply_within: timedelta
    silent_for: timedelta


def hold_offers(connection: Connection, handoff_id: int) -> None:
    """Hold back who else would tell a seller of a handoff, until the transaction ends."""
    locks.hold(connection, f"offers:{handoff_id}")


class Offering:
    """Offers handoffs, in the caller's transaction. writer: None if nothing can be sent."""

    def __init__(self, work: Work, policy: HandoffPolicy, writer: MessageSender | None) -> None:
        self._work, self.policy, self._writer = work, policy, writer

    @property
    def can_tell(self) -> bool:
        """True if there are sellers, and messages can be sent."""
        return self._writer is not None and bool(self.policy.sellers)

    def look_at(self, connection: Connection, handoff_id: int, at: datetime, now: datetime) -> None:
        """Queue the next look at a handoff."""
        delay_s = max(0.0, (at - now).total_seconds())
        key = f"{handoff_id}:{int(at.timestamp()) // 15}" if delay_s else f"{handoff_id}"
        self._work.enqueue(connection, JOB, {"handoff_id": handoff_id}, key=key, delay_s=delay_s)

    def seller_of(self, number: str) -> Seller | None:
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
        if offer.state != offers.OPEN or offer.expires_at <= now:
            return False
        return self._lost(connection, offer) is None

    def next_seller(
        self, connection: Connection, facts: HandoffFacts, asked: Sequence[OfferRecord], now: datetime
    ) -> Seller | None:
        """Return the next seller to notify; None if no other is on duty, or the day's notices are used up."""
        if handoffs.made_since(connection, facts.contact_id, facts.created_at - _DAY) > MOST_A_DAY:
            log.warning("handoff_over_ceiling", handoff_id=facts.id)
            return None
        return next_seller(
            self.policy.sellers,
            asked={offer.seller for offer in asked},
            last_asked=offers.last_asked(connection, [seller.number for seller in self.policy.sellers]),
            words=f"{facts.reason} {facts.context}",
            language=language_of(self.policy.language),
            local=now.astimezone(self.policy.zone),
        )

    def next_duty(self, asked: Sequence[OfferRecord], now: datetime) -> datetime | None:
        """Return the next time that a seller not yet asked is on duty, by the business's clock; None: never."""
        numbers = {offer.seller for offer in asked}
        return next_duty(self.policy.sellers, asked=numbers, local=now.astimezone(self.policy.zone))

    def tell(self, connection: Connection, facts: HandoffFacts, seller: Seller, now: datetime) -> int:
        """Tell a seller of a handoff; return the notice's id."""
        conversation = (facts.request_key or "").partition("conversation:")[2]
        message_id = self._write(
            connection, seller.number, notice(self.policy.words, facts, conversation), now
        )
        expires_at = now + self.policy.reply_within
        offers.make_offer(connection, facts.id, seller.number, message_id, now, expires_at)
        self.look_at(connection, facts.id, expires_at, now)
        log.info("handoff_offered", handoff_id=facts.id)
        return message_id

    def _write(self, connection: Connection, number: str, words: str, now: datetime) -> int:
        assert self._writer is not None
        recipient = contacts.recipient_for(connection, number, now)
        return self._writer.write(connection, recipient, words, author=AUTHOR, kind=NOTICE)

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
            if at is not None and at <= now:
                self.send_again(connection, offer, now)
                return True
        return False

    def send_again(self, connection: Connection, offer: OfferRecord, now: datetime) -> bool:
        """Send a notice again if it reached nobody; return False if it may have."""
        lost = self._lost(connection, offer)
        if lost is None or self._writer is None:
            return False
        outgoing.try_again(connection, lost.id, now)
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

    def pass_on(self, connection: Connection, facts: HandoffFacts, message: str, now: datetime) -> None:
        """Tell a further message of the customer to the seller who has the handoff, or to those being asked."""
        if self._writer is None:
            return
        asked = [o.seller for o in offers.offers_of(connection, facts.id) if o.state == offers.OPEN]
        numbers = [facts.owner] if facts.owner else asked
        number = facts.number if facts.number.startswith("+") else ""
        who = " ".join(filter(None, [plain_line(facts.name), number]))
        words = self.policy.words.further.format(who=who, message=plain_line(message))
        for seller in self.policy.sellers:
            if seller.number in numbers:
                self._write(connection, seller.number, words, now)
