"""Limits how often clients ask, over all processes and machines together: each limit is a total of the ledger."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from sqlalchemy import Connection

from storage.database import Database
from storage.ledger import entries
from storage.ledger.entries import Use

KIND = "api-request"


class Window(IntEnum):
    """The time that a limit is for, in seconds; it begins with the clock's minute or hour."""

    MINUTE = 60
    HOUR = 3600


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit. name: unlike any other limit's."""

    name: str
    most: int
    window: Window

    def __str__(self) -> str:
        return f"{self.most} per 1 {self.window.name.lower()}"


@dataclass(frozen=True, slots=True)
class Counted:
    """A request as a limit counted it. count: the requests of the window. ends_at: when it ends, in s since 1970."""

    limit: RateLimit
    count: int
    ends_at: int

    @property
    def is_refused(self) -> bool:
        """Return whether it was one too many."""
        return self.count > self.limit.most

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell a client of it."""
        told = {
            "X-RateLimit-Limit": str(self.limit.most),
            "X-RateLimit-Remaining": str(max(0, self.limit.most - self.count)),
            "X-RateLimit-Reset": str(self.ends_at),
        }
        if self.is_refused:
            told["Retry-After"] = str(max(1, self.ends_at - int(time.time())))
        return told


class RateLimits:
    """Counts requests."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database

    def count(self, limits: Sequence[tuple[RateLimit, str]]) -> Counted:
        """Count a request, for each limit with whom it is of; return the limit that refuses it, else the first.

        What a limit refuses is not counted for those after it. Raises SQLAlchemyError.
        """
        now = int(time.time())

        def add(connection: Connection) -> Counted:
            counted = []
            for limit, whose in limits:
                begin = now // limit.window * limit.window
                found = entries.add_one(connection, _use(limit, whose, begin), 1)
                counted.append(Counted(limit, found, begin + limit.window))
                if counted[-1].is_refused:
                    return counted[-1]
            return counted[0]

        return self._database().run(add)


def _use(limit: RateLimit, whose: str, begin: int) -> Use:
    # A digest, for a client's address is no business of whoever reads the ledger
    account = hashlib.sha256(f"{limit.name}/{whose}".encode()).hexdigest()[:40]
    return Use(f"api:{account}", KIND, f"{datetime.fromtimestamp(begin, UTC):%Y-%m-%dT%H:%M}")
