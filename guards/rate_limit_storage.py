"""Counts requests against rate limits in the ledger, for all processes and machines together."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import g, has_app_context
from limits.storage import Storage
from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database
from storage.ledger import entries
from storage.ledger.entries import Use

KIND = "api-request"
SCHEME = "ledger"

_WINDOWS_S = {"minute": 60, "hour": 3600}


class LedgerStorage(Storage):
    """A storage of the library limits: one total of the ledger for each limit, client and window."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  (as the library declares it)

    def __init__(self, uri: str, database: Callable[[], Database], wrap_exceptions: bool = False) -> None:
        super().__init__(uri, wrap_exceptions)
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """What is raised while the database cannot be used."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a request; return how many the window has."""
        use = _use(key)
        with self._database().write() as connection:
            count = entries.add_one(connection, use, amount)
        _counted()[use] = count
        return count

    def get(self, key: str) -> int:
        """Return how many requests the window has, as this request found it where it was counted."""
        use = _use(key)
        if (count := _counted().get(use)) is not None:
            return count
        with self._database().read() as connection:
            return entries.used(connection, use)

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return float(_begin(key) + _window_s(key))

    def check(self) -> bool:
        """Say that there is a database."""
        return True

    def reset(self) -> int | None:
        """Refuse: totals of others are in the ledger too."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Refuse: what was counted stays counted."""
        raise NotImplementedError


def _counted() -> dict[Use, int]:
    """Return what the totals were when this request was added; nothing outside of requests."""
    if not has_app_context():
        return {}
    counted: dict[Use, int] = g.setdefault("rate_limits_counted", {})
    return counted


def _use(key: str) -> Use:
    begin = datetime.fromtimestamp(_begin(key), UTC)
    # A digest, for the address of a client is in the key
    account = f"api:{hashlib.sha256(key.encode()).hexdigest()[:40]}"
    return Use(account, KIND, f"{begin:%Y-%m-%dT%H:%M}")


def _begin(key: str) -> int:
    window_s = _window_s(key)
    return int(time.time()) // window_s * window_s


def _window_s(key: str) -> int:
    """Return the length of a limit's window; its unit is the last part of the key."""
    return _WINDOWS_S[key.rpartition("/")[2]]
