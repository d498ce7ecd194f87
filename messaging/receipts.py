"""Receipts: what the provider says became of a message of ours."""

from collections.abc import Callable
from datetime import datetime

import structlog

from conversation.people import NOBODY, Mirror
from integrations.twilio_codes import PASSING_CODES
from messaging.outbox import Outbox
from messaging.requests import ReceiptFacts
from storage import outgoing
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus

log = structlog.get_logger()

AGAIN_AFTER_S = (5.0, 30.0, 120.0, 600.0)
"""Before each further try of a message that the provider took and could not deliver for now."""
_LOST = (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


class Receipts:
    """Keeps receipts, never backwards, and sends again what may yet arrive."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        mirror: Mirror = NOBODY,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._outbox, self._mirror, self._clock = database, outbox, mirror, clock

    def note(self, facts: ReceiptFacts, message_id: int | None) -> None:
        """Note what became of a message, by our id or its SID. Raises SQLAlchemyError where it cannot be kept."""
        if facts.status is None:
            return
        now = self._clock()
        with self._database.write() as connection:
            message = outgoing.receipt(
                connection, facts.status, facts.error_code, now, message_id=message_id, sid=facts.sid or None
            )
            if message is None:
                log.info("receipt_of_a_stranger", status=facts.status)
                return
            self._mirror.receipt(connection, message.id, facts.status, facts.error_code, now)
            if facts.status not in _LOST or message.status in _LOST:
                return
            log.error("message_failed", message_id=message.id, code=facts.error_code)
            if facts.error_code in PASSING_CODES and message.tries < len(AGAIN_AFTER_S):
                outgoing.try_again(connection, message.id, now)
                self._outbox.send_later(
                    connection, message.conversation_id, delay_s=AGAIN_AFTER_S[message.tries]
                )
