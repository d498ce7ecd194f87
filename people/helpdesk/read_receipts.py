"""Shows receipts as Chatwoot's ticks: a user's token may set them, an agent bot's may not."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.shapes import ReceiptStatus
from integrations.errors import IntegrationError
from people.helpdesk.phrases import HelpdeskPhrases
from people.helpdesk.rendering import provider_had, receipt_of
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import helpdesk, helpdesk_facts, helpdesk_items
from storage.queries.helpdesk_items import Item

log = structlog.get_logger()

_SHOWN_AS = {
    MessageStatus.DELIVERED: ReceiptStatus.DELIVERED,
    MessageStatus.READ: ReceiptStatus.READ,
    MessageStatus.UNDELIVERED: ReceiptStatus.FAILED,
    MessageStatus.FAILED: ReceiptStatus.FAILED,
    MessageStatus.HELD: ReceiptStatus.FAILED,
}
_REFUSED = frozenset({401, 403})
REFUSED_FOR = timedelta(days=14)
"""After which Chatwoot is asked once more: the token may have got the right."""


class ReadReceipts:
    """Shows receipts, until Chatwoot refuses one. fact: the key under which a refusal is noted; None: no token."""

    def __init__(
        self,
        database: Database,
        client: Chatwoot,
        words: HelpdeskPhrases,
        *,
        fact: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._client, self._words = database, client, words
        self._fact, self._clock = fact, clock
        self._is_refused: bool | None = True if fact is None else None  # None: not known yet

    def show(self, item: Item) -> None:
        """Show an item of the kind RECEIPT. Raises IntegrationError if it is worth another try."""
        status, code = receipt_of(item)
        shown_as = _SHOWN_AS.get(status)
        target = self._target(item, is_lost=shown_as is ReceiptStatus.FAILED)
        if shown_as is None or target is None:
            return
        reason = None
        if shown_as is ReceiptStatus.FAILED:
            with self._database.read() as connection:
                reason = self._words.why_lost(status, provider_had(connection, item), code)
        try:
            self._client.set_receipt(*target, shown_as, reason)
        except IntegrationError as error:
            if not error.permanent:
                raise
            self._after_refusal(item, error)

    def _target(self, item: Item, *, is_lost: bool) -> tuple[int, int] | None:
        """Return Chatwoot's conversation and message; None if there are none, or it is not to be shown."""
        with self._database.read() as connection:
            if self._may_not(connection):
                return None
            shown = helpdesk_items.item_by_ref(connection, f"message:{item.subject_id}")
            place = helpdesk.place_of(connection, item.contact_id)
            if shown is None or shown.remote_id is None or place.conversation_id is None:
                return None
            if not is_lost and helpdesk_items.is_part_lost(connection, shown.remote_id):
                return None
        return place.conversation_id, shown.remote_id

    def _may_not(self, connection: Connection) -> bool:
        if self._is_refused is None:
            self._is_refused = is_refused(connection, str(self._fact), self._clock())
        return self._is_refused

    def _after_refusal(self, item: Item, error: IntegrationError) -> None:
        log.info("receipt_not_shown", item_id=item.id, status=error.status)
        if error.status in _REFUSED and self._fact is not None:
            self._is_refused = True  # a wrong token would not have got so far
            with self._database.write() as connection:
                helpdesk_facts.note_fact(connection, self._fact, self._clock())


def is_refused(connection: Connection, fact: str, now: datetime) -> bool:
    """Return whether a refusal was noted lately."""
    return helpdesk_facts.is_fact(connection, fact, since=now - REFUSED_FOR)


def receipts_fact(token: str | None) -> str | None:
    """Return the key of the fact that a token may not show receipts; None without one."""
    return None if not token else f"no-receipts:{hashlib.sha256(token.encode()).hexdigest()[:32]}"
