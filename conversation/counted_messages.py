"""Counts in the ledger what operators write to people, on its way to whoever sends it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from conversation.ledger import Kind, Ledger
from conversation.operators import MessageSender
from storage.base import utc_now
from storage.ledger import accounts
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment


class CountedMessages:
    """A MessageSender for operators. What they write has no ceiling."""

    def __init__(
        self, outbox: MessageSender, ledger: Ledger, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._outbox, self._ledger, self._clock = outbox, ledger, clock

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
        """Keep a message, count it and hand over its sending; return its id."""
        account = accounts.of_contact(connection, recipient.contact_id)
        self._ledger.count(connection, account, [(Kind.BY_OPERATOR, 1)], self._clock())
        return self._outbox.write(
            connection, recipient, body, author=author, kind=kind, attachments=attachments
        )

    def send_later(self, connection: Connection, conversation_id: int) -> None:
        """Hand over the sending of what a conversation has unsent."""
        self._outbox.send_later(connection, conversation_id)
