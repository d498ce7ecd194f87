"""Engines for DBOS's tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from storage.database import FROZEN_S
from storage.sqlite_functions import add_unixepoch

POOL_SIZE = 8

_POSTGRES = {
    "connect_timeout": 5,
    "options": f"-c idle_in_transaction_session_timeout={FROZEN_S * 1000}",
}


def make_engine(url: str, pool_size: int = POOL_SIZE) -> Engine:
    """Return an engine as DBOS expects one: not the application's, which begins every transaction itself."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=not is_sqlite,
        hide_parameters=True,  # an error's text ends up in the log
        connect_args={"timeout": 10} if is_sqlite else _POSTGRES,
    )
    if is_sqlite:
        event.listen(engine, "connect", _set_sqlite)
        event.listen(engine, "connect", add_unixepoch)
    return engine


@contextmanager
def unixepoch_everywhere() -> Iterator[None]:
    """Have every engine of this process add unixepoch() to its connections, those that DBOS makes itself too."""
    event.listen(Engine, "connect", add_unixepoch)
    try:
        yield
    finally:
        event.remove(Engine, "connect", add_unixepoch)


def _set_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")
