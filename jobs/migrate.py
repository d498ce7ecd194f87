"""Migrates a database: our tables by Alembic, then those of DBOS.

Alembic is imported only where it migrates: it takes seven megabytes of each process that imports it.
"""

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import column, create_engine, inspect, select, table

from jobs.queue import prepare
from storage import locks
from storage.copies import copy
from storage.database import sqlite_path

MIGRATIONS = Path(__file__).parent.parent / "storage" / "migrations"
GLANCE_S = 0.2
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_AFTER = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)
_VERSION = table("alembic_version", column("version_num"))


def upgrade(database_url: str) -> None:
    """Create or migrate every table. Idempotent; of several at once, on any machine, the others wait."""
    from alembic import command

    with _one_at_a_time(database_url):
        run_alembic(database_url, command.upgrade, "head")
        prepare(database_url)


@contextmanager
def _one_at_a_time(database_url: str) -> Iterator[None]:
    """Wait until nobody else migrates this database: on Postgres by a lock in it, on SQLite by one beside its file."""
    file = sqlite_path(database_url)
    if file is not None:
        with file.with_name(f"{file.name}.migrating").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    # CREATE INDEX CONCURRENTLY waits for the end of every transaction: whoever holds the lock or waits for it has none
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            while not locks.try_to_hold(connection, "migrations"):
                time.sleep(GLANCE_S)
            yield  # the lock ends with the connection
    finally:
        engine.dispose()


def copy_before_upgrade(database_url: str, now: datetime) -> Path | None:
    """Copy an SQLite database that is to be migrated; return the copy, or None if there is nothing to copy.

    Raises storage.copies.NoRoomError, and OSError.
    """
    path = sqlite_path(database_url)
    if path is None or not path.exists():
        return None
    revisions = _revisions(database_url)
    return copy(path, "-".join(sorted(revisions)), now) if revisions - newest_revisions() else None


def is_up_to_date(database_url: str) -> bool:
    """Return whether our tables match this version's migrations."""
    return _revisions(database_url) == newest_revisions()


def is_empty(database_url: str) -> bool:
    """Return whether a database has none of our tables yet."""
    return not _revisions(database_url)


def _revisions(database_url: str) -> set[str]:
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(_VERSION.name):
                return set()
            return set(connection.execute(select(_VERSION.c.version_num)).scalars())
    finally:
        engine.dispose()


def newest_revisions() -> set[str]:
    """Return the latest migrations, as found in their files."""
    texts = [path.read_text(encoding="utf-8") for path in (MIGRATIONS / "versions").glob("*.py")]
    made, followed = ({name for text in texts for name in said.findall(text)} for said in (_REVISION, _AFTER))
    return made - followed


def run_alembic(database_url: str, action: Any, *arguments: object, **options: object) -> None:
    """Run one of Alembic's commands over its own connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))  # read by ConfigParser
    engine = create_engine(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        action(config, *arguments, **options)
        connection.commit()
    engine.dispose()
