"""Tries to log in, counted for each address and in all, in a small file of their own that every process shares.

They are no business of the database: a guess that is being counted must not wait for a call's write, nor a call
for a guess.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

EVERYBODY = "*"
MOST_WRONG = {False: 5, True: 20}
"""How many wrong tries are free: for one address, and (True) for all of them together."""
FIRST_LOCK_S = 30.0
LONGEST_LOCK_S = {False: 3600.0, True: 300.0}
"""Doubling stops here. All together are locked for less: otherwise anybody could keep everybody out."""
FORGOTTEN_AFTER_S = 24 * 3600.0
KNOWN_FOR_S = 30 * 24 * 3600.0
"""How long an address that was right once is spared the others' lock."""

_TABLE = """
CREATE TABLE IF NOT EXISTS tries (
    address TEXT PRIMARY KEY, wrong INTEGER NOT NULL DEFAULT 0,
    tried_at REAL NOT NULL DEFAULT 0, locked_until REAL NOT NULL DEFAULT 0, right_at REAL NOT NULL DEFAULT 0
)
"""
_COUNT = """
INSERT INTO tries (address, wrong, tried_at) VALUES (:address, 1, :now)
ON CONFLICT (address) DO UPDATE SET
    wrong = CASE WHEN tried_at < :now - :forgotten THEN 1 ELSE wrong + 1 END, tried_at = :now
RETURNING wrong
"""
_RIGHT = """
INSERT INTO tries (address, tried_at, right_at) VALUES (:address, :now, :now)
ON CONFLICT (address) DO UPDATE SET wrong = 0, locked_until = 0, tried_at = :now, right_at = :now
"""
_FORGIVE = "UPDATE tries SET wrong = max(0, wrong - 1), locked_until = 0 WHERE address = :address"
_FORGET = "DELETE FROM tries WHERE tried_at < :now - :forgotten AND right_at < :now - :known"


class LoginTries:
    """Says who may try to log in now. clock: seconds since the epoch."""

    def __init__(self, path: Path, clock: Callable[[], float] = time) -> None:
        self._path, self._clock = path, clock

    def begin(self, address: str, *, spared: bool = False) -> float:
        """Count a try as wrong until `was_right` says otherwise; return 0, or the seconds that it is locked for.

        It is counted before the password is looked at, so that tries made at once get no more guesses than tries
        made in turn. A try that is locked is not counted. spared: the lock of everybody does not hold for it.
        """
        now = self._clock()
        with self._transaction() as connection:
            connection.execute(_FORGET, {"now": now, "forgotten": FORGOTTEN_AFTER_S, "known": KNOWN_FOR_S})
            known = spared or self._is_known(connection, address, now)
            counted = [address] if known else [address, EVERYBODY]
            wait_s = max(_locked_until(connection, each) for each in counted) - now
            if wait_s > 0:
                return wait_s
            for each in counted:
                _count(connection, each, now)
        return 0

    def was_right(self, address: str, *, spared: bool = False) -> None:
        """Take back the try that was counted; the address is known from here on."""
        now = self._clock()
        with self._transaction() as connection:
            if not (spared or self._is_known(connection, address, now)):
                connection.execute(_FORGIVE, {"address": EVERYBODY})
            connection.execute(_RIGHT, {"address": address, "now": now})

    @staticmethod
    def _is_known(connection: sqlite3.Connection, address: str, now: float) -> bool:
        return _field(connection, "right_at", address) > now - KNOWN_FOR_S

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=5)
        try:
            connection.execute("PRAGMA synchronous = OFF")  # a power cut may forget a few tries
            connection.execute(_TABLE)
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # without COMMIT it undoes what was begun


def _count(connection: sqlite3.Connection, address: str, now: float) -> None:
    values = {"address": address, "now": now, "forgotten": FORGOTTEN_AFTER_S}
    (wrong,) = connection.execute(_COUNT, values).fetchone()
    together = address == EVERYBODY
    beyond = wrong - MOST_WRONG[together]
    if beyond >= 0:
        lock_s = min(FIRST_LOCK_S * 2 ** min(beyond, 20), LONGEST_LOCK_S[together])
        connection.execute("UPDATE tries SET locked_until = ? WHERE address = ?", (now + lock_s, address))


def _locked_until(connection: sqlite3.Connection, address: str) -> float:
    return _field(connection, "locked_until", address)


def _field(connection: sqlite3.Connection, name: str, address: str) -> float:
    row = connection.execute(f"SELECT {name} FROM tries WHERE address = ?", (address,)).fetchone()  # noqa: S608
    return float(row[0]) if row else 0.0
