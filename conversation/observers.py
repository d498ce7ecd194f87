"""Protocols of those notified of handoffs and conversations; the container connects them.

Each method is called inside the transaction of its event, and enqueues its work there: no caller waits for it.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from conversation.handoff_states import Event
from storage.models import MessageStatus
from storage.queries.contacts import Recipient


class HandoffListener(Protocol):
    """Is notified of handoffs."""

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """A conversation goes to a person."""
        ...

    def happened(
        self, connection: Connection, handoff_id: int, event: Event, now: datetime, *, by: str = ""
    ) -> bool:
        """Something happened to a handoff; return whether that changes it. by: who has it from now on."""
        ...

    def missed(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """A handoff has ended, and nobody has come."""
        ...


class ConversationObserver(Protocol):
    """Shows conversations to people as they happen."""

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """A written message is about to go out, or has come in. sender: who wrote it; None: it is ours."""
        ...

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """The status of a message of ours changed. code: the provider's, if it failed."""
        ...

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """A turn of a phone call is complete."""
        ...

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        ...


class NullObserver:
    """Ignores every event."""

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """Ignore the handoff."""

    def happened(
        self, connection: Connection, handoff_id: int, event: Event, now: datetime, *, by: str = ""
    ) -> bool:
        """Ignore the event."""
        return False

    def missed(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """Ignore the end of the handoff."""

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """Ignore the message."""

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Ignore the receipt."""

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """Ignore the turn."""

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """Ignore the end of the call."""


NULL_OBSERVER = NullObserver()
