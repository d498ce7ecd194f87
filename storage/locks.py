"""Locks that end with their transaction."""

from sqlalchemy import Connection, func, select


def hold(connection: Connection, name: str) -> None:
    """Wait for a named lock and hold it until the transaction ends. SQLite, with its one writer, needs none."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
