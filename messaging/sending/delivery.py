"""Gives messages to their providers, and notes what has become of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation import service_window
from conversation.daily_ceilings import Begun, DailyCeilings
from conversation.message_kinds import NOTICE, TEMPLATE
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.errors import IntegrationError
from messaging.providers.base import Provider, SentMessage
from messaging.sending.forms import give, has_template
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()


class Delivery:
    """The delivery of single messages. observer: told of those that are held back or fail.

    ceilings: notices count there, and are not held back by them. None: nobody is billed.
    """

    def __init__(
        self,
        database: Database,
        *,
        observer: ConversationObserver = NULL_OBSERVER,
        ceilings: DailyCeilings | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._observer, self._clock = database, observer, clock
        self._ceilings = ceilings

    def deliver(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> SentMessage:
        """Give a message to the provider. Raises IntegrationError.

        A notice goes out as the template if the contact's last message is too old, or free text is refused.
        """
        if self._has_closed(recipient) and has_template(provider, message):
            message = self._as_template(message)
        self._count(message)
        try:
            return give(provider, recipient, message)
        except IntegrationError as error:
            if error.code != provider.outside_window or not has_template(provider, message):
                raise
        return give(provider, recipient, self._as_template(message))

    def _count(self, message: MessageRecord) -> None:
        """Count a notice among what the business begins; somebody was promised it, and it goes in any case."""
        is_begun_by_us = message.kind in (NOTICE, TEMPLATE)
        if is_begun_by_us and self._ceilings is not None and self._ceilings.is_set(Begun.MESSAGE):
            with self._database.write() as connection:
                self._ceilings.count(connection, Begun.MESSAGE, self._clock())

    def _has_closed(self, recipient: Recipient) -> bool:
        """Return True if the window is surely closed: joining Twilio's sandbox opens it without our knowledge."""
        return recipient.wrote_at is not None and not service_window.is_open(
            recipient.wrote_at, self._clock()
        )

    def _as_template(self, message: MessageRecord) -> MessageRecord:
        with self._database.write() as connection:
            outgoing.change_kind(connection, message.id, TEMPLATE)
        return replace(message, kind=TEMPLATE)

    def was_sent(self, message: MessageRecord, sent: SentMessage) -> None:
        """Note that the provider has a message."""
        with self._database.write() as connection:
            outgoing.sent(connection, message.id, sent.sid, sent.status, self._clock())

    def has_failed(self, message: MessageRecord, code: int | str | None = None) -> None:
        """Note that a message will not arrive. code: the provider's, if it refused it."""
        number = code if isinstance(code, int) else None
        log.error("message_not_sent", message_id=message.id, code=number)
        now = self._clock()
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, number, now, message_id=message.id)
            self._observer.receipt(connection, message.id, MessageStatus.FAILED, number, now)

    def is_held(self, connection: Connection, message: MessageRecord, now: datetime) -> None:
        """Note, in the caller's transaction, that a message is not to go."""
        outgoing.hold(connection, message.id, now)
        self._observer.receipt(connection, message.id, MessageStatus.HELD, None, now)
