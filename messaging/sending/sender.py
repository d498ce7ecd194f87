"""Sends what a conversation has unsent: the job behind the outbox.

A message is claimed before it leaves. A claimed message of unknown fate is searched for in the provider's list, and
taken from there or sent again; without such a list, it is sent again once, if no receipt has come for a while. So none
is lost, and one arrives twice only if the provider cannot be queried.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation.message_kinds import NOTICE, TEMPLATE
from integrations.errors import IntegrationError
from messaging.providers.base import Channels, Provider, TooFast
from messaging.sending.delivery import Delivery
from messaging.sending.doubts import Doubts, until_overdue_s
from messaging.sending.outbox import Outbox
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing, send_rate
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()

NEXT_PART_S = 1.0
"""The wait of the next part for the receipt of the one before: WhatsApp itself keeps no order."""
GLANCE_S = 0.1
PATIENCE = timedelta(seconds=5)
"""The longest that a job waits for its turn; beyond that it queues another job."""
FORGOTTEN_AFTER = timedelta(hours=6)
"""Longer than a job tries to send a message."""
MOST_FORGOTTEN = 500


class Sender:
    """Sends messages, each once and in order."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        channels: Channels,
        delivery: Delivery,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._outbox, self._channels, self._clock = database, outbox, channels, clock
        self._delivery, self._doubts = delivery, Doubts(database, delivery, clock)

    def send(self, payload: dict[str, Any]) -> None:
        """Send a conversation's unsent messages, in order. Raises IntegrationError if it is worth another try."""
        conversation_id = int(payload["conversation_id"])
        with self._database.read() as connection:
            recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
        provider = self._channels.of(recipient) if recipient is not None else None
        if recipient is None or provider is None:
            return
        before: MessageRecord | None = None
        wait_s = 0.0
        for message in self._unsent(conversation_id):
            overdue_s = self._until_overdue_s(message)
            if message.status is MessageStatus.CLAIMED and overdue_s > 0:
                wait_s = max(wait_s, overdue_s)
            else:
                self._wait_for_receipt(before)
                not_now_s = self._send_one(provider, recipient, message)
                if not_now_s:  # nor what follows it
                    wait_s = not_now_s
                    break
            before = message
        if wait_s:
            with self._database.write() as connection:
                self._outbox.send_later(connection, conversation_id, delay_s=wait_s)

    def give_up(self, payload: dict[str, Any]) -> None:
        """Have what a conversation has unsent known as failed: nothing will send it, unless an operator says so."""
        for message in self._unsent(int(payload["conversation_id"])):
            if message.status is not MessageStatus.CLAIMED or self._until_overdue_s(message) <= 0:
                self._delivery.has_failed(message)

    def give_up_forgotten(self) -> None:
        """Have messages known as failed that wait to be sent, though no job will do it any more."""
        before = self._clock() - FORGOTTEN_AFTER
        with self._database.read() as connection:
            waiting = outgoing.forgotten(connection, before, MOST_FORGOTTEN)
            forgotten = [message for message in waiting if self._is_forgotten(connection, message)]
        for message in forgotten:
            self._delivery.has_failed(message)

    def _is_forgotten(self, connection: Connection, message: MessageRecord) -> bool:
        conversation_id = message.conversation_id
        recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
        # Without a provider it goes out with the next reply
        is_sent_by_jobs = recipient is not None and self._channels.of(recipient) is not None
        return is_sent_by_jobs and not self._outbox.has_jobs(connection, conversation_id)

    def _unsent(self, conversation_id: int) -> list[MessageRecord]:
        with self._database.read() as connection:
            return outgoing.unsent(connection, conversation_id)

    def _until_overdue_s(self, message: MessageRecord) -> float:
        return until_overdue_s(message, self._clock())

    def _wait_for_receipt(self, message: MessageRecord | None) -> None:
        """Give the part before a moment to arrive."""
        deadline = time.monotonic() + NEXT_PART_S
        while message is not None and time.monotonic() < deadline:
            with self._database.read() as connection:
                now = messages.message_by_id(connection, message.id)
            if (
                now is None
                or outgoing.RECEIPT_RANKS[now.status] >= outgoing.RECEIPT_RANKS[MessageStatus.SENT]
            ):
                return
            time.sleep(GLANCE_S)

    def _send_one(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float:
        """Send a message; return the seconds until the next attempt if it cannot go now, else 0."""
        if message.status is not MessageStatus.WAITING:
            wait_s = self._doubts.clear_up(provider, recipient, message)
            if wait_s is not None:
                return wait_s
        wait_s = self._begin(provider, recipient, message)
        if wait_s is None:
            return 0
        if wait_s > PATIENCE.total_seconds():
            return wait_s
        time.sleep(wait_s)
        try:
            sent = self._delivery.deliver(provider, recipient, message)
        except IntegrationError as error:
            return self._after_failure(provider, recipient, message, error)
        self._delivery.was_sent(message, sent)
        return 0

    def _begin(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float | None:
        """Take our number's next slot for sending; return the seconds until then, None if it is not to go."""
        now, pace = self._clock(), provider.pace(recipient)
        with self._database.write() as connection:
            if _is_held_back(connection, recipient, message, now):
                self._delivery.is_held(connection, message, now)
                return None
            at = send_rate.take(connection, pace.sender, pace.interval, now, within=PATIENCE)
            is_due = at - now <= PATIENCE
            if is_due and not outgoing.begin_sending(connection, message.id, message.status, now):
                return None  # held by now, another's or gone
        return (at - now).total_seconds()

    def _after_failure(
        self, provider: Provider, recipient: Recipient, message: MessageRecord, error: IntegrationError
    ) -> float:
        """Record a message's failure; return the seconds to wait for brief delays. Raises the rest."""
        if error.permanent:
            self._delivery.has_failed(message, error.code)
            return 0
        too_fast = provider.too_fast(error)
        if too_fast is not None or not provider.may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
        if too_fast is None:
            raise error
        return self._hold(provider, recipient, too_fast)

    def _hold(self, provider: Provider, recipient: Recipient, too_fast: TooFast) -> float:
        log.warning("sending_too_fast", wait_s=too_fast.wait_s)
        now = self._clock()
        if too_fast.whole_number:
            with self._database.write() as connection:
                sender = provider.pace(recipient).sender
                send_rate.hold(connection, sender, now + timedelta(seconds=too_fast.wait_s), now)
        return too_fast.wait_s


def _is_held_back(
    connection: Connection, recipient: Recipient, message: MessageRecord, now: datetime
) -> bool:
    """Return True for an answer once a person has taken over, and for what was written before an opt-out."""
    if message.turn_id is not None:
        return bool(contacts.is_silenced(connection, recipient.conversation_id, message.turn_id, now))
    is_to_staff = message.kind in (NOTICE, TEMPLATE)
    return not is_to_staff and contacts.opted_out_since(connection, recipient.contact_id, message.created_at)
