"""Writes later what could not be written in time, in order for each conversation."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

from common.backoff import Backoff
from storage.database import Database

log = structlog.get_logger()

FORGET_OWED_S = 900.0
"""Seconds of retrying to write what could only be spoken from memory."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Seconds between two tries of a write that fails for a reason of its own."""
_AWAY = (OperationalError, QueueTimeoutError)


class Tries:
    """The tries of one write."""

    def __init__(self) -> None:
        self._backoff = Backoff(first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)

    def attempt(
        self, database: Database, write: Callable[[Connection], Any], *, is_last: bool = False
    ) -> bool:
        """Write in a transaction; return False where that fails for a reason of its own, which holds up no other.

        Between failures there are pauses, in which nothing is tried; is_last: try without waiting for their end.
        Raises SQLAlchemyError where the database is locked, full or away.
        """
        if not is_last and not self._backoff.is_due:
            return False
        try:
            with database.write() as connection:
                write(connection)
        except _AWAY:
            raise
        except Exception as error:  # noqa: BLE001  (what writes has errors of its own, such as for the erased)
            if not self._backoff.has_failed:
                log.error("late_write_failed", error=type(error).__name__)
            self._backoff.failed()
            return False
        return True


@dataclass(frozen=True, slots=True, eq=False)
class _LateWrite:
    """Something to be written. until: tried no longer, by the monotonic clock."""

    key: str
    write: Callable[[Connection], None]
    until: float
    tries: Tries = field(default_factory=Tries)


class LateWrites:
    """What is to be written of conversations. Thread-safe, but `run` is for one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._waiting: list[_LateWrite] = []

    def add(self, key: str, write: Callable[[Connection], None]) -> None:
        """Have something written. key: of its conversation."""
        with self._lock:
            self._waiting.append(_LateWrite(key, write, time.monotonic() + FORGET_OWED_S))

    def has(self, key: str) -> bool:
        """Return True while something of a conversation waits."""
        with self._lock:
            return any(late.key == key for late in self._waiting)

    def run(self, *, is_last: bool = False) -> None:
        """Write what can be written; is_last: what failed a moment ago too. Raises SQLAlchemyError if nothing can."""
        with self._lock:
            waiting = list(self._waiting)
        failed: set[str] = set()
        for late in waiting:
            if late.key in failed:
                continue
            if late.until <= time.monotonic():
                log.error("late_write_given_up")
            elif not late.tries.attempt(self._database, late.write, is_last=is_last):
                failed.add(late.key)
                continue
            with self._lock:
                self._waiting.remove(late)
