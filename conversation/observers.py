"""What conversations tell whoever brings in people: the seams that app.py joins.

Each is told inside the transaction that makes it so, and hands its work over there: nobody on a line waits for it.
"""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from storage.models import MessageStatus


class HandoffListener(Protocol):
    """Who is told of handoffs."""

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """A conversation goes to a person."""
        ...


class ConversationObserver(Protocol):
    """Who shows conversations to people as they happen."""

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, outbound: bool = True
    ) -> None:
        """A written message is about to go out, or has come in."""
        ...

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Something became of a message of ours. code: the provider's, where it failed."""
        ...

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """A turn of a phone call is complete."""
        ...

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        ...


class NullObserver:
    """Nobody to bring in, and nobody who watches."""

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """Tell nobody."""

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, outbound: bool = True
    ) -> None:
        """Show nobody."""

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Show nobody."""

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """Show nobody."""

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """Show nobody."""


NULL_OBSERVER = NullObserver()
