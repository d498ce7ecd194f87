"""Takes handoffs requested through the API, and notifies a seller at once.

The request keeps everything first and then sends the notice itself, once; if that fails, the next seller's is sent, or
the worker goes on.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from conversation.handoff import Request, Source, current_handoff, hand_off
from conversation.handoff_states import State
from conversation.phrases import catalogue_for
from integrations.elevenlabs.handoff_request import HandoffRequest
from integrations.elevenlabs.openapi import MESSAGE
from integrations.errors import IntegrationError
from people.handoff.offering import hold_offers
from people.handoff.service import Handoffs
from phone_numbers import WITHHELD_DIGITS, ReachAddress, contact_address, find_number, region_of
from storage import locks
from storage.base import utc_now
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.privacy.digests import Digests
from storage.queries import contacts, messages, offers
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from storage.queries.webhook_events import take_event_within

log = structlog.get_logger()

SAME_WITHIN = timedelta(minutes=10)
EVENTS = "handoff-api"
"""The source of requests among the events that happen once."""
WAIT_S = 4.0
GLANCE_S = 0.05
NOT_CONFIGURED = "WhatsApp service not configured. Check TWILIO_* environment variables."
NO_SELLERS = "No seller is configured. Set VENDEDOR_WHATSAPP."


class Sender(Protocol):
    """Sends a notice at once."""

    def claim_notice(self, connection: Connection, message_id: int) -> None:
        """Keep the worker from a message for a while, with the caller's transaction."""
        ...

    def send_now(self, message_id: int) -> str:
        """Send a claimed message and return its SID. Raises IntegrationError; the worker then goes on."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A response: an HTTP status and a body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A requested handoff. notices: its messages to sellers. claimed: the one for this request to send.

    is_added: the person's handoff was there, and somebody knows of it.
    """

    handoff_id: int
    notices: Sequence[int]
    claimed: int | None = None
    is_added: bool = False


class HandoffApi:
    """Takes requests for handoffs. sender: None if WhatsApp is not configured. wait_s: of an answer, at the most."""

    def __init__(
        self,
        database: Database,
        handoffs: Handoffs,
        sender: Sender | None,
        digests: Digests,
        clock: Callable[[], datetime] = utc_now,
        wait_s: float = WAIT_S,
    ) -> None:
        self._database, self._handoffs, self._sender, self._clock = database, handoffs, sender, clock
        self._digests, self._wait_s = digests, wait_s

    def ask(self, wanted: HandoffRequest) -> Outcome:
        """Hand off to a seller; asked again within ten minutes, tell nobody twice. Raises SQLAlchemyError.

        A notice that is refused is followed by the next seller's at once; as long as one is to be tried, the handoff
        is queued.
        """
        sender, deadline = self._sender, time.monotonic() + self._wait_s
        without_sellers = [] if self._handoffs.policy.sellers else [NO_SELLERS]
        if sender is None:
            return Outcome(503, {"detail": " ".join([NOT_CONFIGURED, *without_sellers])})
        if without_sellers:
            return Outcome(503, {"detail": NO_SELLERS})
        with self._database.write() as connection:
            asked = self._ask(connection, sender, wanted)
        while asked.claimed is not None:
            try:
                return _notified(sender.send_now(asked.claimed))
            except IntegrationError as error:
                log.error("notice_not_sent", message_id=asked.claimed, code=error.code, status=error.status)
                if not error.permanent or time.monotonic() >= deadline:
                    return self._queued(asked)
            with self._database.write() as connection:
                asked = self._next(connection, sender, asked.handoff_id)
        return self._arrived(asked, deadline)

    def _ask(self, connection: Connection, sender: Sender, wanted: HandoffRequest) -> _Asked:
        now, number = self._clock(), find_number(wanted.user_phone, region_of(self._handoffs.policy.language))
        key = _key(wanted, number)
        locks.hold(connection, f"handoff:{key}")
        before = offers.asked_before(connection, key, now - SAME_WITHIN)
        if before is not None:
            return self._tell(connection, sender, before.id, now)
        recipient = self._recipient(connection, wanted, number, now)
        is_first = take_event_within(connection, EVENTS, self._digests.of(key), now, SAME_WITHIN)
        conversation_id = recipient.conversation_id
        current = None if is_first else current_handoff(connection, conversation_id, now)
        if current is None:
            request = _request(wanted, number, key)
            handed = hand_off(connection, self._handoffs, conversation_id, None, request, now)
            current = handed.before
        if current is None:
            asked = self._tell(connection, sender, handed.id, now)
            if asked.claimed is None:  # nobody is on duty
                self._handoffs.offering.look_at(connection, handed.id, now, now)
            return asked
        asked = self._tell(connection, sender, current.id, now)
        if asked.claimed is not None:  # nobody had been told until now
            return asked
        if is_first and current.state != State.OWNED:  # whoever has it is told by `hand_off`
            self._handoffs.tell_more(connection, current.id, f"request:{key[-40:]}", _said(wanted), now)
        return replace(asked, is_added=True)

    def _tell(self, connection: Connection, sender: Sender, handoff_id: int, now: datetime) -> _Asked:
        asked = self._next(connection, sender, handoff_id)
        return asked if asked.claimed is not None else self._once_more(connection, sender, asked, now)

    def _next(self, connection: Connection, sender: Sender, handoff_id: int) -> _Asked:
        """Claim the notice that is to be sent now: the next seller's, or one that reached nobody before."""
        now, offering = self._clock(), self._handoffs.offering
        hold_offers(connection, handoff_id)
        facts, asked = offers.handoff_facts(connection, handoff_id), offers.offers_of(connection, handoff_id)
        if facts is None:  # the customer was erased meanwhile
            return _Asked(handoff_id, [])
        ids = [offer.message_id for offer in asked if offer.message_id is not None]
        is_open = facts.state in (State.OPEN, State.WAITING)
        is_told = any(sent.status not in LOST for sent in messages.by_ids(connection, ids))
        seller = None if is_told or not is_open else offering.next_seller(connection, facts, asked, now)
        if seller is None:
            return _Asked(handoff_id, ids)
        message_id = offering.tell(connection, facts, seller, now)
        sender.claim_notice(connection, message_id)
        return _Asked(handoff_id, [*ids, message_id], message_id)

    def _once_more(self, connection: Connection, sender: Sender, asked: _Asked, now: datetime) -> _Asked:
        """Claim a notice that reached nobody when this was asked before, where nobody else can be told."""
        told = offers.offers_of(connection, asked.handoff_id)
        open_ones = [offer for offer in told if offer.state == offers.OPEN and offer.message_id is not None]
        sent = messages.by_ids(connection, asked.notices)
        if not open_ones or any(message.status not in LOST for message in sent):
            return asked
        self._handoffs.offering.send_again(connection, open_ones[0], now)
        message_id = open_ones[0].message_id
        assert message_id is not None
        sender.claim_notice(connection, message_id)
        return replace(asked, claimed=message_id)

    def _recipient(
        self, connection: Connection, wanted: HandoffRequest, number: ReachAddress, now: datetime
    ) -> Recipient:
        # the agent's call, which comes once it is over, is this same contact's
        if number:
            recipient = contacts.recipient_for(connection, number, now)
        else:
            nobody = contact_address("", wanted.conversation_id or secrets.token_hex(16))
            recipient = contacts.recipient_found_by(connection, nobody, now)
        if wanted.user_name:
            contacts.name_contact(connection, recipient.contact_id, wanted.user_name)
        return recipient

    def _arrived(self, asked: _Asked, deadline: float) -> Outcome:
        """Return the outcome of the notices, after waiting for one that is being sent."""
        if asked.is_added:
            words = catalogue_for(self._handoffs.policy.language).handoff_api
            return Outcome(200, {"status": "queued", "message": words.added, "message_sid": None})
        while True:
            with self._database.read() as connection:
                told = messages.by_ids(connection, asked.notices)
            arrived = [message.sid for message in told if message.sid and message.status not in LOST]
            if arrived:
                return _notified(arrived[0])
            if not any(map(_is_under_way, told)) or time.monotonic() >= deadline:
                return self._queued(asked)
            time.sleep(GLANCE_S)

    def _queued(self, asked: _Asked) -> Outcome:
        words = catalogue_for(self._handoffs.policy.language).handoff_api
        now = self._clock()
        starts = self._handoffs.offering.next_duty([], now)
        if asked.notices or (starts is not None and starts <= now):
            return Outcome(200, {"status": "queued", "message": words.tried_again, "message_sid": None})
        when = words.when_somebody_is
        if starts is not None:
            when = words.when_known.format(date=f"{starts:%d/%m}", time=f"{starts:%H:%M}")
        message = words.nobody_on_duty.format(when=when)
        return Outcome(200, {"status": "queued", "message": message, "message_sid": None})


def _request(wanted: HandoffRequest, number: ReachAddress, key: str) -> Request:
    return Request(
        wanted.reason,
        context=wanted.additional_context,
        source=Source.API,
        request_key=key,
        number=number or _as_known(wanted.user_phone),
    )


def _said(wanted: HandoffRequest) -> str:
    return "\n\n".join(filter(None, [wanted.reason, wanted.additional_context]))


def _is_under_way(sent: MessageRecord) -> bool:
    return sent.status in (MessageStatus.CLAIMED, MessageStatus.SENDING)


def _as_known(phone: str) -> str:
    """Return what may still help to reach somebody: an extension, a number of an unknown country."""
    is_nobodys = any(digits in phone for digits in WITHHELD_DIGITS)
    return phone if re.search("[0-9]", phone) and not is_nobodys else ""


def _key(wanted: HandoffRequest, number: str) -> str:
    if wanted.conversation_id:
        return f"conversation:{wanted.conversation_id}"
    # without a number, two people are told apart by all that is known of them
    who = contact_address(number, f"{wanted.user_phone}\n{wanted.user_name}\n{wanted.additional_context}")
    asked = f"{who}\n{' '.join(wanted.reason.split()).casefold()}"
    return f"asked:{hashlib.sha256(asked.encode()).hexdigest()}"


def _notified(sid: str) -> Outcome:
    return Outcome(200, {"status": "ok", "message": MESSAGE, "message_sid": sid})
