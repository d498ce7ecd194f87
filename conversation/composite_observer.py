"""Several who watch conversations, told as one."""

from datetime import datetime

from sqlalchemy import Connection

from conversation.observers import ConversationObserver
from storage.models import MessageStatus


class CompositeObserver:
    """Passes on what it is told, to each in their order, in the same transaction."""

    def __init__(self, *mirrors: ConversationObserver) -> None:
        self._mirrors = list(mirrors)

    def add(self, mirror: ConversationObserver) -> None:
        """Tell one more from now on: one that could not be made before whoever tells it."""
        self._mirrors.append(mirror)

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, outbound: bool = True
    ) -> None:
        """A written message is about to go out, or has come in."""
        for mirror in self._mirrors:
            mirror.message(connection, message_id, now, outbound=outbound)

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Something became of a message of ours. code: the provider's, where it failed."""
        for mirror in self._mirrors:
            mirror.receipt(connection, message_id, status, code, now)

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """A turn of a phone call is complete."""
        for mirror in self._mirrors:
            mirror.turn(connection, turn_id, now)

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        for mirror in self._mirrors:
            mirror.call_ended(connection, conversation_id, now)
