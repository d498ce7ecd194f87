"""Queues turns and messages to be shown in Chatwoot.

Each becomes an item, in the transaction that creates it; a job sends a contact's items in order.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from jobs.queue import Work
from people.helpdesk.read_receipts import is_refused
from storage.database import Database
from storage.models import LOST, MessageStatus
from storage.queries import helpdesk, helpdesk_items
from storage.queries.contacts import Recipient
from storage.queries.helpdesk_items import Kind

JOB = "mirror"
SWEEP = "sweep"
SWEEP_EVERY_S = 60.0
SWEEP_AFTER = timedelta(seconds=60)
MOST_SWEPT = 200
FACTS_FOR_S = 60.0
"""Seconds for which a process relies on the facts it has read about the token."""

_NOT_ARRIVED = (*LOST, MessageStatus.HELD)
_ARRIVED = (MessageStatus.DELIVERED, MessageStatus.READ)


class ChatwootObserver:
    """Queues items, each with one insert, as answers wait for it. Thread-safe.

    receipts_fact: the fact noted once Chatwoot has refused a receipt; None: without a token they cannot be
    shown at all.
    """

    def __init__(
        self,
        work: Work,
        *,
        receipts_fact: str | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work, self._receipts_fact, self._monotonic = work, receipts_fact, monotonic
        self._read_at: float | None = None
        self._shows_receipts = receipts_fact is not None

    # What happens

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """A written message is about to go out, or has come in."""
        self._show(connection, helpdesk.add_message(connection, message_id, now))

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Queue a message's receipt. code: the provider's, if it failed."""
        if status in _NOT_ARRIVED or (status in _ARRIVED and self._can_show_receipts(connection, now)):
            self._show(connection, helpdesk.add_receipt(connection, message_id, status, code, now))

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """A turn of a phone call is complete."""
        self._show(connection, helpdesk.add_turn(connection, turn_id, now))

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        self._show(connection, helpdesk.add_call(connection, conversation_id, now))

    # What people are told

    def note(self, connection: Connection, contact_id: int, ref: str, words: str, now: datetime) -> None:
        """Show operators a note. ref: shown once, however often it is said."""
        self._show(connection, helpdesk.add_words(connection, contact_id, Kind.NOTE, ref, words, now))

    def opened(self, connection: Connection, contact_id: int, ref: str, now: datetime) -> None:
        """Show that the conversation waits for a person."""
        self._show(connection, helpdesk.add_words(connection, contact_id, Kind.OPEN, ref, "", now))

    # How it gets there

    def _show(self, connection: Connection, contact_id: int | None) -> None:
        if contact_id is not None:
            show_later(self._work, connection, contact_id)

    def _can_show_receipts(self, connection: Connection, at: datetime) -> bool:
        if self._receipts_fact is None:
            return False
        now = self._monotonic()
        if self._read_at is None or now - self._read_at > FACTS_FOR_S:
            self._shows_receipts = not is_refused(connection, self._receipts_fact, at)
            self._read_at = now
        return self._shows_receipts


def show_later(
    work: Work, connection: Connection, contact_id: int, *, after_s: float = 0, why: str = ""
) -> None:
    """Queue the job for a contact's open items, in the caller's transaction.

    why: keeps a later try apart from the first; SWEEP: tried once.
    """
    key = f"{contact_id}:{why}" if why else f"{contact_id}"
    payload = {"contact_id": contact_id} | ({"is_sweep": True} if why == SWEEP else {})
    work.enqueue(connection, JOB, payload, key=key, partition=f"mirror:{contact_id}", delay_s=after_s)


def sweep(database: Database, work: Work, now: datetime) -> None:
    """Queue jobs for items open for a while, soon after Chatwoot is back."""
    with database.read() as connection:
        waiting = helpdesk_items.contacts_waiting(connection, now - SWEEP_AFTER, limit=MOST_SWEPT)
    for contact_id in waiting:
        with database.write() as connection:
            show_later(work, connection, contact_id, why=SWEEP)
