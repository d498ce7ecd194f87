"""Streams "changed" events to open pages, with a bounded number of threads.

One thread in each process polls the database for all streams. Above the limit, pages poll by themselves. A stream
carries no content: the page fetches the change with an ordinary request, behind the same guard.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from common.loops import Loop
from storage.database import Database
from storage.reports import transcripts

log = structlog.get_logger()

CALLS = "calls"
MOST_VIEWERS = 8
"""Most streams in a process; each occupies a thread that could answer calls."""
LASTS_S = 60.0
"""Longest life of a stream. An open page reconnects by itself; an abandoned connection ends."""
POLL_EVERY_S = 0.5
KEEPALIVE_EVERY_S = 10.0
RETRY_MS = 1000
LONGEST_PAUSE_S = 5.0
"""Between looks that fail."""


class TooManyViewers(Exception):
    """Every stream of this process is taken."""


def topic_of(conversation_id: int) -> str:
    """Return a conversation's topic."""
    return f"conversation:{conversation_id}"


def version(connection: Connection, topic: str) -> str:
    """Return a topic's version, different after each change."""
    kind, _, id_ = topic.partition(":")
    seen: Any = (
        transcripts.pulse_of_calls(connection) if kind == CALLS else transcripts.pulse(connection, int(id_))
    )
    return digest(seen)


def digest(seen: Any) -> str:
    """Return a version of what is shown, the same as long as it is."""
    return sha256(repr(seen).encode()).hexdigest()[:16]


class Live:
    """Notifies viewers of changes. Thread-safe; its thread runs while there are viewers."""

    def __init__(
        self,
        database: Database,
        *,
        most: int = MOST_VIEWERS,
        lasts_s: float = LASTS_S,
        every_s: float = POLL_EVERY_S,
        keepalive_s: float = KEEPALIVE_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._most, self._lasts_s = database, most, lasts_s
        self._every_s, self._keepalive_s, self._clock = every_s, keepalive_s, clock
        self._changed = threading.Condition()
        self._watched: Counter[str] = Counter()
        self._versions: dict[str, str] = {}
        self._polling, self._closed = False, False

    @property
    def is_full(self) -> bool:
        """Return whether all streams are taken."""
        with self._changed:
            return self._closed or self._watched.total() >= self._most

    def watch(self, topic: str, seen: str) -> Iterator[str]:
        """Return a stream of server-sent events. seen: the version on the page. Raises TooManyViewers."""
        self._enter(topic)
        return _Stream(self._events(topic, seen), lambda: self._leave(topic))

    def close(self) -> None:
        """End every stream."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _enter(self, topic: str) -> None:
        with self._changed:
            if self._closed or self._watched.total() >= self._most:
                raise TooManyViewers
            if not self._polling:
                Loop("live-updates", self._poll, longest_pause_s=LONGEST_PAUSE_S).start()
                self._polling = True
            self._watched[topic] += 1

    def _leave(self, topic: str) -> None:
        with self._changed:
            self._watched[topic] -= 1
            if self._watched[topic] <= 0:
                del self._watched[topic]
                self._versions.pop(topic, None)
            self._changed.notify_all()

    def _events(self, topic: str, seen: str) -> Iterator[str]:
        # https://html.spec.whatwg.org/multipage/server-sent-events.html
        yield f"retry: {RETRY_MS}\n\n"
        ends = self._clock() + self._lasts_s
        while (left_s := ends - self._clock()) > 0 and not self._closed:
            found = self._wait(topic, seen, min(left_s, self._keepalive_s))
            if found != seen:
                seen = found
                yield f"event: changed\ndata: {seen}\n\n"
            else:
                yield ": still here\n\n"

    def _wait(self, topic: str, seen: str, timeout_s: float) -> str:
        """Return the version after its next change, or the same one after timeout_s."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._versions.get(topic, seen) != seen, timeout=timeout_s
            )
            return self._versions.get(topic, seen)

    # The polling thread

    def _poll(self) -> bool:
        """Look once for changes; return False once nobody watches."""
        topics = self._topics()
        if not topics:
            return False
        try:
            with self._database.read() as connection:
                found = {topic: version(connection, topic) for topic in topics}
        except SQLAlchemyError as error:  # pages also poll by themselves now and then
            log.warning("live_not_read", error=type(error).__name__)
            found = {}
        with self._changed:
            if any(self._versions.get(topic) != now for topic, now in found.items()):
                self._versions |= {t: now for t, now in found.items() if t in self._watched}
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or not self._watched, timeout=self._every_s)
        return True

    def _topics(self) -> list[str]:
        with self._changed:
            if self._closed or not self._watched:
                self._polling = False
                return []
            return list(self._watched)


class _Stream:
    """An iterator released exactly once, even if never read."""

    def __init__(self, events: Iterator[str], leave: Callable[[], None]) -> None:
        self._events, self._leave, self._left = events, leave, False

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> str:
        try:
            return next(self._events)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the stream; WSGI servers call it when the browser has disconnected."""
        if not self._left:
            self._left = True
            self._leave()
