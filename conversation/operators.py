"""Protocols of what operators work with, wherever they do: the dashboard, Chatwoot, a seller's phone.

The container connects them. Each method is called inside the caller's transaction, and enqueues its work there.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment


class MessageSender(Protocol):
    """Sends messages by people of ours, and notices to sellers."""

    def write(
        self,
        connection: Connection,
        recipient: Recipient,
        body: str,
        *,
        author: str,
        kind: str = "text",
        attachments: Sequence[Attachment] = (),
    ) -> int:
        """Keep a message and hand over its sending; return its id."""
        ...

    def send_later(self, connection: Connection, conversation_id: int) -> None:
        """Hand over the sending of what a conversation has unsent."""
        ...


class Helpdesk(Protocol):
    """The helpdesk that shows conversations to operators: Chatwoot."""

    def note(self, connection: Connection, contact_id: int, ref: str, words: str, now: datetime) -> None:
        """Show a private note. ref: shown once, however often it is said."""
        ...

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, outbound: bool = True
    ) -> None:
        """Show a written message."""
        ...

    def opened(self, connection: Connection, contact_id: int, ref: str, now: datetime) -> None:
        """Show that the conversation waits for a person."""
        ...
