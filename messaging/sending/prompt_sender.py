"""Sends a notice at once, while a request waits for it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from integrations.errors import IntegrationError
from messaging.providers.base import Channels, Provider
from messaging.sending.delivery import Delivery
from messaging.sending.outbox import RECEIPT_WITHIN, Outbox
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing
from storage.queries.messages import MessageRecord


class PromptSender:
    """Sends single messages, past the queue."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        channels: Channels,
        delivery: Delivery,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._outbox, self._channels = database, outbox, channels
        self._delivery, self._clock = delivery, clock

    def claim_notice(self, connection: Connection, message_id: int) -> None:
        """Keep the worker from a message for a minute, with the caller's transaction: the caller sends it."""
        outgoing.claim(connection, [message_id], self._clock())
        message = messages.message_by_id(connection, message_id)
        assert message is not None
        self._outbox.send_later(connection, message.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def send_now(self, message_id: int) -> str:
        """Send a claimed message, once, and return its SID. Raises IntegrationError, also if it was erased meanwhile.

        After a failure the worker sends it, or searches for it if it may have been sent all the same.
        """
        with self._database.read() as connection:
            message = messages.message_by_id(connection, message_id)
            if message is None or message.status is not MessageStatus.CLAIMED:
                raise IntegrationError("the message is gone", permanent=True)
            found = contacts.find_recipient(connection, conversation_id=message.conversation_id)
        if found is None:
            raise IntegrationError("the message is gone", permanent=True)
        provider = self._channels.prompt_of(found)
        if provider is None:
            raise IntegrationError("WhatsApp is not configured", permanent=True)
        try:
            sent = self._delivery.deliver(provider, found, message)
        except IntegrationError as error:
            self._after_failure(provider, message, error)
            raise
        self._delivery.was_sent(message, sent)
        return sent.sid

    def _after_failure(self, provider: Provider, message: MessageRecord, error: IntegrationError) -> None:
        if error.permanent:
            self._delivery.has_failed(message, error.code)
        elif not provider.may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
                self._outbox.send_later(connection, message.conversation_id)
