"""Clears up what became of messages that a provider may have: taken from its list, or sent once more."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from conversation.message_kinds import TEMPLATE
from messaging.providers.base import Provider, SentMessage
from messaging.sending.delivery import Delivery
from messaging.sending.forms import is_same
from messaging.sending.outbox import AGAIN_AFTER_S, RECEIPT_WITHIN
from storage.base import is_near
from storage.database import Database
from storage.queries import outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()


class Doubts:
    """Clears up the fate of messages."""

    def __init__(self, database: Database, delivery: Delivery, clock: Callable[[], datetime]) -> None:
        self._database, self._delivery, self._clock = database, delivery, clock

    def clear_up(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float | None:
        """Search for a message; None: it is to be sent, else the seconds until it is looked at again, 0 for never."""
        sent = provider.last_sent(recipient, message.created_at - timedelta(seconds=5))
        if sent is None:
            return self._repeat(message)
        if self._was_sent(sent, message):
            return 0
        # A template's words are the provider's: a receipt by our own id may still tell, and it goes once more at most
        return self._repeat(message) if message.kind == TEMPLATE else None

    def _repeat(self, message: MessageRecord) -> float | None:
        """Let a message go once more, if no receipt has come; it may arrive twice, but not three times."""
        wait_s = until_overdue_s(message, self._clock())
        if wait_s > 0:
            return wait_s
        with self._database.write() as connection:
            if outgoing.repeat(connection, message.id, self._clock(), most_tries=len(AGAIN_AFTER_S)):
                log.warning("message_repeated", message_id=message.id)
                return None
        if message.tries >= len(AGAIN_AFTER_S):
            self._delivery.has_failed(message)
        return 0

    def _was_sent(self, sent: Sequence[SentMessage], message: MessageRecord) -> bool:
        """Look for a message among what the provider has, and note it where it is there and is no other of ours."""
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [other.sid for other in sent])
        found = next((s for s in reversed(sent) if s.sid not in known and is_same(s, message)), None)
        if found is not None:
            log.info("message_found_sent", message_id=message.id)
            self._delivery.was_sent(message, found)
        return found is not None


def until_overdue_s(message: MessageRecord, now: datetime) -> float:
    """Return the seconds for which a receipt may still come; 0 or less: no more."""
    if not is_near(message.changed_at, now, RECEIPT_WITHIN):
        return 0.0
    return (message.changed_at + RECEIPT_WITHIN - now).total_seconds()
