"""Reports today's model usage and its cost where prices are set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection

from storage.reports.overview import Tokens, tokens

COUNTED_EVERY = timedelta(seconds=30)
"""A busy day's turns are many to add up; each process does it as seldom as this."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a million input and output tokens, in the currency that the model is paid in."""

    read: float
    written: float

    def of(self, used: Tokens) -> float:
        """Return what some tokens cost."""
        return (used.read * self.read + used.written * self.written) / 1e6


class TokensToday:
    """Adds up the tokens of a day, now and then. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[datetime, datetime, Tokens] | None = None

    def count(self, connection: Connection, since: datetime, now: datetime) -> Tokens:
        """Return the tokens of the answers since then; they may be of a moment ago."""
        with self._lock:
            known = self._known
        if known is not None and known[0] == since and timedelta(0) <= now - known[1] < COUNTED_EVERY:
            return known[2]
        found = tokens(connection, since, now)
        with self._lock:
            self._known = (since, now, found)
        return found
