"""The database: an engine that writes, one that reads, and how SQLite and Postgres are set.

SQLite: WAL, synchronous=NORMAL, and BEGIN IMMEDIATE, because a deferred transaction that turns into a write
fails at once under load and pysqlite's own default loses updates. All writers of a process queue for one
connection: SQLite lets one write at a time anyway, and a queue is fair where its busy handler is not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

WEB_BUSY_TIMEOUT_S = 1.0
"""How long a caller may wait for a lock before the answer is spoken from RAM."""
SQLITE_READERS = 5
"""Reads are short, and each connection costs memory; a queue for a few is quicker than many at once."""


class Database:
    """Two session makers over one database. Thread-safe; made once per process, after any fork."""

    def __init__(self, url: str, *, busy_timeout_s: float = WEB_BUSY_TIMEOUT_S, pool_size: int = 20) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = _sqlite_engine(url, busy_timeout_s, pool_size=1)
            event.listen(self.engine, "begin", _begin_immediate)
            self._read_engine = _sqlite_engine(url, busy_timeout_s, pool_size=SQLITE_READERS)
        else:
            self.engine = _postgres_engine(url, busy_timeout_s, pool_size)
            self._read_engine = self.engine
        self._write = sessionmaker(self.engine, expire_on_commit=False)
        self._read = sessionmaker(self._read_engine, expire_on_commit=False, autoflush=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that writes: committed at the end, rolled back on any error.

        Never open one inside another in the same thread: on SQLite there is one connection to write with.
        """
        with self._write.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads, and waits for no writer."""
        with self._read() as session:
            yield session

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self._read_engine.dispose()


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
    return engine


def _postgres_engine(url: str, busy_timeout_s: float, pool_size: int) -> Engine:
    lock_ms = int(busy_timeout_s * 1000)
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=busy_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 2,
            "options": f"-c lock_timeout={lock_ms} -c statement_timeout={lock_ms * 10}",
        },
    )


def _set_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
