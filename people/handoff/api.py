"""Takes handoffs requested through the API, and notifies the seller at once.

The request keeps everything first and then sends the notice itself, once; if that fails, the worker sends it.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from conversation.handoff import Request, Source, hand_off
from conversation.phrases import catalogue_for
from conversation.phrases.words import HandoffApi as ApiWords
from integrations.elevenlabs.handoff_request import HandoffRequest
from integrations.elevenlabs.openapi import MESSAGE
from integrations.errors import IntegrationError
from people.handoff.service import Handoffs
from phone_numbers import WITHHELD_DIGITS, contact_address, find_number, region_of
from storage import locks
from storage.base import utc_now
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.queries import contacts, messages, offers
from storage.queries.messages import MessageRecord
from storage.queries.offers import HandoffFacts

log = structlog.get_logger()

SAME_WITHIN = timedelta(minutes=10)
WAIT_S = 4.0
GLANCE_S = 0.05
NOT_CONFIGURED = "WhatsApp service not configured. Check TWILIO_* environment variables."


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
    """A requested handoff. notices: its messages to sellers; none: nobody is on duty until `starts`."""

    notices: Sequence[int]
    is_new: bool
    starts: datetime | None = None


class HandoffApi:
    """Takes requests for handoffs. sender: None if WhatsApp is not configured."""

    def __init__(
        self,
        database: Database,
        handoffs: Handoffs,
        sender: Sender | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._handoffs, self._sender, self._clock = database, handoffs, sender, clock

    def ask(self, wanted: HandoffRequest) -> Outcome:
        """Hand off to a seller; asked again within ten minutes, say the same again. Raises SQLAlchemyError."""
        if self._sender is None or not self._handoffs.can_tell:
            return Outcome(503, {"detail": NOT_CONFIGURED})
        with self._database.write() as connection:
            asked = self._ask(connection, self._sender, wanted)
        if not asked.notices:
            return _queued(asked.starts, catalogue_for(self._handoffs.policy.language).handoff_api)
        if not asked.is_new:
            return self._same_again(asked.notices)
        [message_id] = asked.notices
        try:
            return _notified(self._sender.send_now(message_id))
        except IntegrationError as error:
            log.error("notice_not_sent", message_id=message_id, code=error.code, status=error.status)
            return _not_sent(str(error), is_lost=error.permanent)

    def _ask(self, connection: Connection, sender: Sender, wanted: HandoffRequest) -> _Asked:
        now, number = self._clock(), find_number(wanted.user_phone, region_of(self._handoffs.policy.language))
        key = _key(wanted, number)
        locks.hold(connection, f"handoff:{key}")
        facts = offers.asked_before(connection, key, now - SAME_WITHIN)
        if facts is not None:
            return self._as_asked(connection, facts, now)
        facts = self._keep(connection, wanted, number, key, now)
        seller = self._handoffs.next_seller(connection, facts, [], now)
        if seller is None:
            return _Asked((), True, self._handoffs.next_duty([], now))
        message_id = self._handoffs.tell(connection, facts, seller, now)
        sender.claim_notice(connection, message_id)
        return _Asked((message_id,), True)

    def _as_asked(self, connection: Connection, facts: HandoffFacts, now: datetime) -> _Asked:
        asked = offers.offers_of(connection, facts.id)
        told = [offer.message_id for offer in asked if offer.message_id is not None]
        starts = None if told else self._handoffs.next_duty([], now)
        return _Asked(told, False, starts)

    def _keep(
        self, connection: Connection, wanted: HandoffRequest, number: str, key: str, now: datetime
    ) -> HandoffFacts:
        # the agent's call, which comes once it is over, is this same contact's
        address = number or contact_address("", wanted.conversation_id or secrets.token_hex(16))
        recipient = contacts.recipient_for(connection, address, now)
        if wanted.user_name:
            contacts.name_contact(connection, recipient.contact_id, wanted.user_name)
        request = Request(
            wanted.reason,
            context=wanted.additional_context,
            source=Source.API,
            request_key=key,
            number=number or _as_known(wanted.user_phone),
        )
        handoff_id = hand_off(connection, self._handoffs, recipient.conversation_id, None, request, now)
        facts = None if handoff_id is None else offers.handoff_facts(connection, handoff_id)
        assert facts is not None
        return facts

    def _same_again(self, notices: Sequence[int]) -> Outcome:
        """Return the outcome of the notices, after waiting for one that is being sent."""
        deadline = time.monotonic() + WAIT_S
        while True:
            with self._database.read() as connection:
                told = messages.by_ids(connection, notices)
                provider = _provider_of(connection, told[-1])
            arrived = [message.sid for message in told if message.sid and message.status not in LOST]
            if arrived:
                return _notified(arrived[0])
            if not any(map(_is_under_way, told)) or time.monotonic() >= deadline:
                is_lost = told[-1].status in LOST
                return _not_sent(f"{provider} could not send the notice", is_lost=is_lost)
            time.sleep(GLANCE_S)


def _provider_of(connection: Connection, message: MessageRecord) -> str:
    """Return the name of the seller's provider: that of their last message, if they have written."""
    recipient = contacts.find_recipient(connection, conversation_id=message.conversation_id)
    if recipient is None or recipient.wrote_at is None:
        return "WhatsApp"
    return recipient.provider.capitalize()


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


def _queued(starts: datetime | None, said: ApiWords) -> Outcome:
    when = said.when_somebody_is
    if starts is not None:
        when = said.when_known.format(date=f"{starts:%d/%m}", time=f"{starts:%H:%M}")
    message = said.nobody_on_duty.format(when=when)
    return Outcome(200, {"status": "queued", "message": message, "message_sid": None})


def _not_sent(why: str, *, is_lost: bool) -> Outcome:
    what_next = "Another seller is told, where there is one."
    if not is_lost:
        what_next = "The notice stays queued and is tried again."
    return Outcome(500, {"detail": f"{why}. {what_next}"})
