"""Reports today's model usage, and its cost if prices are configured."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection

from storage.reports.overview import Tokens, tokens

COUNTED_EVERY = timedelta(seconds=30)
"""Shortest interval between counts in a process: adding up a busy day's turns is slow."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a million input and output tokens, in the currency of the model's bill."""

    read: float
    written: float

    def of(self, used: Tokens) -> float:
        """Return the cost of some tokens."""
        return (used.read * self.read + used.written * self.written) / 1e6


@dataclass(frozen=True, slots=True)
class Used:
    """The tokens of a day: of answers to people, and of those in the simulator."""

    real: Tokens
    tried: Tokens


class TokensToday:
    """Counts the tokens of a day, and caches the result. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[datetime, datetime, Used] | None = None

    def count(self, connection: Connection, since: datetime, now: datetime) -> Used:
        """Return the tokens of the answers since then, up to COUNTED_EVERY old."""
        with self._lock:
            known = self._known
        if known is not None and known[0] == since and timedelta(0) <= now - known[1] < COUNTED_EVERY:
            return known[2]
        found = Used(tokens(connection, since, now), tokens(connection, since, now, simulated=True))
        with self._lock:
            self._known = (since, now, found)
        return found
