"""The database's two engines, for writing and for reading, and the setup of SQLite and Postgres.

SQLite: WAL, synchronous=NORMAL, and BEGIN IMMEDIATE, because a deferred transaction that turns into a write fails at
once under load and pysqlite's own default loses updates. All writers of a process queue for one connection: SQLite
allows one write at a time anyway, and a queue is fair while its waiting for a lock is not.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from storage.after_commit import run_actions, take_actions
from storage.group_commit import GroupCommit
from storage.sqlite_functions import add_unixepoch

WEB_BUSY_TIMEOUT_S = 1.0
"""Seconds that a caller may wait for a lock before the answer is spoken from memory."""
_LOOK_AGAIN_S = (0.001, 0.003)
KEPT_OPEN = 20
"""The most connections to Postgres that stay open while nobody needs them."""
SQLITE_READERS = 5
"""Reads are short, and each connection costs memory; a queue for a few is quicker than many at once."""
FROZEN_S = 60
"""How long a transaction on PostgreSQL may wait for its own process, before the server ends it and frees its locks."""
SQLITE_CACHE_KB = 512
"""Page cache of a connection, in KB. The system caches the file's pages as well, once for all connections."""

T = TypeVar("T")


class Database:
    """A writing and a reading engine over one database. Thread-safe; made once per process, after any fork."""

    def __init__(
        self, url: str, *, busy_timeout_s: float = WEB_BUSY_TIMEOUT_S, connections: int = 40
    ) -> None:
        """connections: the most that are open at once, on Postgres."""
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = _sqlite_engine(url, busy_timeout_s, pool_size=1)
            event.listen(self.engine, "connect", _do_not_wait)
            event.listen(self.engine, "begin", _begin_immediate(busy_timeout_s))
            self._read_engine = _sqlite_engine(url, busy_timeout_s, pool_size=SQLITE_READERS)
            self._commits: GroupCommit | _OwnCommits = GroupCommit(self.engine, wait_s=2 * busy_timeout_s)
        else:
            self.engine = _postgres_engine(url, busy_timeout_s, connections)
            self._read_engine, self._commits = self.engine, _OwnCommits(self.engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction, committed at the end and rolled back on any error.

        Never open one inside another in the same thread: on SQLite there is one connection to write with.
        """
        with self._commits.write() as connection:
            yield connection

    def run(self, writes: Callable[[Connection], T]) -> T:
        """Return the result of `writes`, run in a transaction and committed; on SQLite together with others.

        For writes that come many at a time. `writes` may run in another thread, and twice: it may change nothing but
        the database. Never call it inside a transaction. Raises its errors, and SQLAlchemyError.
        """
        return self._commits.run(writes)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and waits for no writer."""
        with self._read_engine.connect() as connection:
            yield connection

    def empty_log(self) -> bool:
        """Move what SQLite's log (the file -wal) holds to the database, and empty it; return False if it is in use.

        Until then the log holds pages as they were, with words that have been deleted since.
        """
        if not self.is_sqlite:
            return True
        with self.read() as connection:
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not is_busy

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._read_engine.dispose()


class _OwnCommits:
    """Gives each piece of work its own transaction, on databases with concurrent writers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction, committed at the end of the block and rolled back on an error."""
        with self._engine.connect() as connection:
            take_actions(connection)  # of one that was rolled back
            with connection.begin():
                yield connection
            actions = take_actions(connection)
        run_actions(actions)

    def run(self, writes: Callable[[Connection], T]) -> T:
        """Return the result once it is committed."""
        with self.write() as connection:
            return writes(connection)


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite URL, or None for Postgres."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def _sqlite_engine(url: str, busy_timeout_s: float, *, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,  # an error that is logged must not hold people's words
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=2 * busy_timeout_s,  # in a rush the queue is longer than a lock should be
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_sqlite)
    event.listen(engine, "connect", add_unixepoch)
    return engine


def _postgres_engine(url: str, busy_timeout_s: float, connections: int) -> Engine:
    kept = min(connections, KEPT_OPEN)
    lock_ms = int(busy_timeout_s * 1000)
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=kept,
        max_overflow=connections - kept,
        pool_timeout=busy_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,
            "options": f"-c lock_timeout={lock_ms} -c statement_timeout={lock_ms * 10}"
            f" -c idle_in_transaction_session_timeout={FROZEN_S * 1000}",
        },
    )


def _set_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # most systems' SQLite overwrites what was deleted anyway
    cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KB}")
    cursor.close()


def _do_not_wait(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout=0")


def _begin_immediate(busy_timeout_s: float) -> Callable[[Connection], None]:
    """Return a function that begins a write transaction once no other process is writing.

    It tries again every few milliseconds. SQLite's own waiting checks ever less often, up to 100 ms apart: with several
    writers somebody is always unlucky.
    """

    def begin(connection: Connection) -> None:
        sqlite = cast(sqlite3.Connection, connection.connection.driver_connection)
        deadline = time.monotonic() + busy_timeout_s
        while time.monotonic() < deadline:
            try:
                sqlite.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(random.uniform(*_LOOK_AGAIN_S))  # noqa: S311  # keeps two from looking in step
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # a last time, for SQLAlchemy's error

    return begin
