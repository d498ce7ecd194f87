"""Notifies a seller of a handoff, and the next one if there is no answer.

The first to answer OK takes it, and the others are told. All state is in rows: the job that asks the next
seller reads from them the next step, however late or often it runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from conversation.observers import NULL_OBSERVER, HandoffListener, NullObserver
from conversation.operators import Helpdesk, MessageSender
from conversation.phrases import catalogue_for, language_of
from conversation.phrases.words import Notices
from jobs.queue import Work
from people.handoff.notices import Answer, notice, plain_line, read_answer
from people.handoff.sellers import Seller, next_duty, next_seller
from storage.base import utc_now
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.queries import contacts, messages, offers
from storage.queries.offers import HandoffFacts, OfferRecord

log = structlog.get_logger()

AUTHOR = "handoff"
NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class HandoffPolicy:
    """The times of a handoff. reply_within: for a seller's answer; silent_for: the assistant's longest silence."""

    sellers: Sequence[Seller]
    words: Notices
    language: str
    zone: ZoneInfo
    reply_within: timedelta
    silent_for: timedelta


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
        self._database, self._work, self.policy, self._also = database, work, policy, also
        self._writer, self._helpdesk, self._clock = writer, helpdesk, clock

    @property
    def can_tell(self) -> bool:
        """True if there are sellers, and messages can be sent."""
        return self._writer is not None and bool(self.policy.sellers)

    # A handoff is kept

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """Notify people of a handoff; with nobody to notify, the assistant goes on."""
        facts = offers.handoff_facts(connection, handoff_id)
        if facts is None or facts.simulated:
            return
        self._also.handed_off(connection, handoff_id, now)
        if self.can_tell:
            self._offer_at(connection, handoff_id, now, now)
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{handoff_id}", _summary(facts), now)
            self._helpdesk.opened(connection, facts.contact_id, f"handoff:{handoff_id}:open", now)
        if facts.channel == "whatsapp" and (self.can_tell or self._helpdesk is not None):
            contacts.take_over(connection, facts.conversation_id, "", now + self.policy.silent_for)

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Move on to the next seller if a notice did not arrive."""
        if status in LOST and (handoff_id := offers.offered_by(connection, message_id)) is not None:
            self._offer_at(connection, handoff_id, now, now)

    def _offer_at(self, connection: Connection, handoff_id: int, at: datetime, now: datetime) -> None:
        delay_s = max(0.0, (at - now).total_seconds())
        key = f"{handoff_id}:{int(at.timestamp()) // 15}" if delay_s else f"{handoff_id}"
        self._work.enqueue(connection, "offer_handoff", {"handoff_id": handoff_id}, key=key, delay_s=delay_s)

    # Sellers are asked

    def offer(self, payload: dict[str, Any]) -> None:
        """Notify the next seller, unless the handoff is taken or a seller is being asked."""
        now = self._clock()
        with self._database.write() as connection:
            facts = offers.handoff_facts(connection, int(payload["handoff_id"]))
            if facts is None or facts.owner or not self.can_tell:
                return
            asked = offers.offers_of(connection, facts.id)
            waiting = [offer for offer in asked if self._is_waiting(connection, offer, now)]
            if waiting:
                self._offer_at(connection, facts.id, waiting[-1].expires_at, now)
            elif (seller := self.next_seller(connection, facts, asked, now)) is not None:
                self.tell(connection, facts, seller, now)
            else:
                self._wait_for_duty(connection, facts, asked, now)

    def _is_waiting(self, connection: Connection, offer: OfferRecord, now: datetime) -> bool:
        if offer.state != offers.OPEN or offer.expires_at <= now:
            return False
        sent = None if offer.message_id is None else messages.message_by_id(connection, offer.message_id)
        return sent is None or sent.status not in LOST

    def next_seller(
        self, connection: Connection, facts: HandoffFacts, asked: Sequence[OfferRecord], now: datetime
    ) -> Seller | None:
        """Return the next seller to notify; None if no other is on duty."""
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
        assert self._writer is not None
        conversation = (facts.request_key or "").partition("conversation:")[2]
        message_id = self._writer.write(
            connection,
            contacts.recipient_for(connection, seller.number, now),
            notice(self.policy.words, facts, conversation),
            author=AUTHOR,
            kind=NOTICE,
        )
        expires_at = now + self.policy.reply_within
        offers.make_offer(connection, facts.id, seller.number, message_id, now, expires_at)
        self._offer_at(connection, facts.id, expires_at, now)
        log.info("handoff_offered", handoff_id=facts.id)
        return message_id

    def _wait_for_duty(
        self, connection: Connection, facts: HandoffFacts, asked: Sequence[OfferRecord], now: datetime
    ) -> None:
        start = self.next_duty(asked, now)
        if start is not None:
            self._offer_at(connection, facts.id, start, now)
            return
        log.warning("handoff_unanswered", handoff_id=facts.id)
        self._show(connection, facts, "unanswered", self.policy.words.note_nobody, now)

    # Sellers answer

    def seller_says(self, connection: Connection, number: str, said: str, now: datetime) -> str | None:
        """Return the reply to a seller's answer to an offer; None if the message is no such answer."""
        seller = next((seller for seller in self.policy.sellers if seller.has_number(number)), None)
        if seller is None:
            return None
        answer, offer = read_answer(said), offers.open_offer_to(connection, seller.number)
        if answer is None or offer is None:
            return None
        if answer is Answer.DECLINE:
            offers.answer_offer(connection, offer.id, offers.DECLINED)
            self._offer_at(connection, offer.handoff_id, now, now)
            return self.policy.words.passed_on
        return self._take(connection, offer, seller, now)

    def _take(self, connection: Connection, offer: OfferRecord, seller: Seller, now: datetime) -> str:
        facts = offers.handoff_facts(connection, offer.handoff_id)
        assert facts is not None
        if not offers.take_handoff(connection, facts.id, seller.number, now):
            offers.answer_offer(connection, offer.id, offers.GONE)
            return self.policy.words.taken_by.format(name=self._name_of(facts.owner))
        offers.answer_offer(connection, offer.id, offers.TAKEN)
        self._tell_others(connection, facts, seller.name, now)
        self._show(connection, facts, "taken", self.policy.words.note_taken.format(name=seller.name), now)
        log.info("handoff_taken", handoff_id=facts.id)
        number = plain_line(facts.number) if facts.number.startswith("+") else self._no_number
        words = self.policy.words.yours.format(name=plain_line(facts.name), number=number)
        return words.replace("  ", " ")

    def _tell_others(self, connection: Connection, facts: HandoffFacts, name: str, now: datetime) -> None:
        assert self._writer is not None
        for other in offers.offers_of(connection, facts.id):
            if other.state == offers.OPEN:
                offers.answer_offer(connection, other.id, offers.GONE)
                recipient = contacts.recipient_for(connection, other.seller, now)
                words = self.policy.words.taken_by.format(name=name)
                self._writer.write(connection, recipient, words, author=AUTHOR, kind=NOTICE)

    @property
    def _no_number(self) -> str:
        return catalogue_for(self.policy.language).helpdesk.withheld.lower()

    def _name_of(self, number: str) -> str:
        return next((seller.name for seller in self.policy.sellers if seller.number == number), number)

    def _show(
        self, connection: Connection, facts: HandoffFacts, what: str, words: str, now: datetime
    ) -> None:
        if self._helpdesk is not None:
            self._helpdesk.note(connection, facts.contact_id, f"handoff:{facts.id}:{what}", words, now)


def _summary(facts: HandoffFacts) -> str:
    return "\n\n".join(filter(None, [facts.reason, facts.summary, facts.context]))
