"""A function of SQLite that the tables of durable work need and that SQLite before 3.42 lacks."""

import sqlite3
import time
from contextlib import closing
from typing import Any


def add_unixepoch(connection: Any, _record: object = None) -> None:
    """Give a connection SQLite 3.42's unixepoch('subsec'): a listener of SQLAlchemy's "connect" event.

    On Python 3.12 and later DBOS makes tables whose defaults call it, and calls it in queries. To an older SQLite it
    is NULL or unknown, and times 1000 a newer one's is sometimes no whole number. A database that one Python
    made may be opened by another, so every connection has it.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(moment: Any) -> float | int | None:
    """Return seconds since 1970 (https://sqlite.org/lang_datefunc.html): milliseconds count for "subsec"."""
    if moment in ("subsec", "subsecond"):
        return seconds_of(time.time_ns() // 1_000_000)
    with closing(sqlite3.connect(":memory:")) as plain:
        (seconds,) = plain.execute("SELECT CAST(strftime('%s', ?) AS INTEGER)", (moment,)).fetchone()
    return None if seconds is None else int(seconds)


def seconds_of(ms: int) -> float:
    """Return a number that times 1000 is whole, up to some milliseconds earlier.

    DBOS multiplies by 1000, and SQLite keeps a product that is not whole as a REAL in a column of integers.
    """
    while ms / 1000 * 1000 != ms:
        ms -= 1
    return ms / 1000
