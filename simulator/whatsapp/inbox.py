"""Stores a person's received messages, and waits for new ones."""

import threading
import time
from collections import deque
from collections.abc import Callable

from simulator.whatsapp.messages import Message, Received, Via


class Inbox:
    """One person's messages. Thread-safe. listener: receives each message, on the thread of its arrival."""

    def __init__(self, listener: Callable[[Received], None]) -> None:
        self.received: list[Received] = []
        self._listener = listener
        self._unread: deque[Received] = deque()
        self._arrived = threading.Condition()
        self._opened_at = self._wrote_at = time.monotonic()

    def note_writing(self) -> None:
        """Record that the person has written: their wait begins now."""
        self._wrote_at = time.monotonic()

    def take(self, message: Message, via: Via, reply_to: str | None = None) -> Received:
        """Store a message that arrives now. reply_to: the SID of the message it replies to."""
        with self._arrived:
            received = self._seen(message, via, reply_to)
            self.received.append(received)
            if via == "rest":
                self._unread.append(received)
            self._arrived.notify_all()
        self._listener(received)
        return received

    def next(self, timeout_s: float) -> Received:
        """Return the oldest message of the REST API not returned before. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._unread, timeout_s):
                raise TimeoutError(f"no message came in {timeout_s:g} s")
            return self._unread.popleft()

    def _seen(self, message: Message, via: Via, reply_to: str | None) -> Received:
        now = time.monotonic()
        return Received(
            sid=message.sid,
            text=message.body,
            media=message.media,
            via=via,
            at=now - self._opened_at,
            wait_s=now - self._wrote_at,
            sender=message.sender,
            status_callback=message.status_callback,
            reply_to=reply_to,
            content_sid=message.content_sid,
            content_variables=message.content_variables,
        )
