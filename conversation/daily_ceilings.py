"""Ceilings on all that the business begins in a day: messages and calls of campaigns, notices and scripts alike.

Answers to people are no part of it. What is begun is counted in the database, in the transaction in which it begins, so
that all processes and machines count together. Nothing is counted while no ceiling is set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from storage.ledger import entries
from storage.ledger.entries import Use

EVERYBODY = "business"
"""The account of the ledger that all of it is counted for."""
_SPEND = "daily-spend"
_MILLION = 1_000_000
_TRIES = 3


class Begun(StrEnum):
    """What is begun. The names are kept in databases."""

    MESSAGE = "daily-messages"
    CALL = "daily-calls"


@dataclass(frozen=True, slots=True)
class Limit:
    """A ceiling. setting: its name in .env. most: of it in a day. price: what one of it costs, as estimated."""

    setting: str
    most: int | None
    price: float


@dataclass(frozen=True, slots=True)
class Reached:
    """A ceiling that is used up. setting, limit: as they are in .env. until: the end of the business's day, aware."""

    setting: str
    limit: str
    until: datetime


@dataclass(frozen=True, slots=True)
class _Counter:
    """A total of a day and its ceiling. units: what one of it adds."""

    use: Use
    units: int
    ceiling: int
    setting: str
    limit: str


class DailyCeilings:
    """The ceilings. zone: the business's, of its days. spend: in the currency of the account that is billed.

    Each method works in the caller's transaction; now: aware.
    """

    def __init__(self, zone: ZoneInfo, messages: Limit, calls: Limit, spend: float | None) -> None:
        self._zone, self._spend = zone, spend
        self._limits = {Begun.MESSAGE: messages, Begun.CALL: calls}

    def is_set(self, kind: Begun) -> bool:
        """Return whether there is a ceiling on something."""
        return self._spend is not None or self._limits[kind].most is not None

    def left(self, connection: Connection, kind: Begun, now: datetime) -> int | None:
        """Return how much more may begin today; None: there is no ceiling."""
        left = [self._left(connection, counter) for counter in self._counters(kind, now)]
        return min(left, default=None)

    def reached(self, connection: Connection, kind: Begun, now: datetime) -> Reached | None:
        """Return the ceiling that is used up today; None if more may begin."""
        for counter in self._counters(kind, now):
            if self._left(connection, counter) == 0:
                return Reached(counter.setting, counter.limit, self.next_day(now))
        return None

    def take(self, connection: Connection, kind: Begun, many: int, now: datetime) -> int:
        """Count what is about to begin, as much of it as the ceilings allow; return how much may."""
        if not self.is_set(kind):
            return many
        for _ in range(_TRIES):
            many = min(many, self.left(connection, kind, now) or 0)
            if many <= 0:
                return 0
            if self._take(connection, kind, many, now):
                return many
        return 0

    def count(self, connection: Connection, kind: Begun, now: datetime) -> None:
        """Count one that begins whatever the ceilings: a person was promised it."""
        entries.add(connection, {counter.use: counter.units for counter in self._counters(kind, now)})

    def give_back(self, connection: Connection, kind: Begun, taken_at: datetime) -> None:
        """Count one less: it has certainly not begun. taken_at: when it was counted."""
        for counter in self._counters(kind, taken_at):
            entries.give_back(connection, counter.use, counter.units)

    def next_day(self, now: datetime) -> datetime:
        """Return when the business's next day begins, aware, in UTC."""
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).astimezone(UTC)

    def _take(self, connection: Connection, kind: Begun, many: int, now: datetime) -> bool:
        taken = list[_Counter]()
        for counter in self._counters(kind, now):
            if not entries.take(connection, counter.use, many * counter.units, counter.ceiling):
                for other in taken:
                    entries.give_back(connection, other.use, many * other.units)
                return False
            taken.append(counter)
        return True

    def _left(self, connection: Connection, counter: _Counter) -> int:
        return max(0, counter.ceiling - entries.used(connection, counter.use)) // counter.units

    def _counters(self, kind: Begun, now: datetime) -> Iterator[_Counter]:
        """Yield what one of a kind is counted in: always in this order, so that of two none waits for the other."""
        day, limit = entries.day_in(self._zone, now), self._limits[kind]
        if limit.most is not None:
            yield _Counter(Use(EVERYBODY, kind, day), 1, limit.most, limit.setting, str(limit.most))
        if self._spend is not None:
            price = max(1, round(limit.price * _MILLION))
            ceiling = round(self._spend * _MILLION)
            yield _Counter(Use(EVERYBODY, _SPEND, day), price, ceiling, "DAILY_SPEND", f"{self._spend:.2f}")


def no_ceilings(zone: ZoneInfo) -> DailyCeilings:
    """Return ceilings of which none is set."""
    return DailyCeilings(zone, Limit("DAILY_MESSAGES", None, 0), Limit("DAILY_CALLS", None, 0), None)
