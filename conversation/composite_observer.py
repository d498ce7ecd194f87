"""Several conversation observers behind one interface."""

from datetime import datetime

from sqlalchemy import Connection

from conversation.observers import ConversationObserver
from storage.models import MessageStatus
from storage.queries.contacts import Recipient


class CompositeObserver:
    """Passes each event to every observer, in order, in the same transaction."""

    def __init__(self, *observers: ConversationObserver) -> None:
        self._observers = list(observers)

    def add(self, observer: ConversationObserver) -> None:
        """Add an observer that could not be made before the objects it observes."""
        self._observers.append(observer)

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """A written message is about to go out, or has come in."""
        for observer in self._observers:
            observer.message(connection, message_id, now, sender=sender)

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """The status of a message of ours changed. code: the provider's, if it failed."""
        for observer in self._observers:
            observer.receipt(connection, message_id, status, code, now)

    def turn(self, connection: Connection, turn_id: int, now: datetime) -> None:
        """A turn of a phone call is complete."""
        for observer in self._observers:
            observer.turn(connection, turn_id, now)

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        for observer in self._observers:
            observer.call_ended(connection, conversation_id, now)
