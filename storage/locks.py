"""Locks that end with their transaction, or with their connection."""

from sqlalchemy import Connection, func, select


def hold(connection: Connection, name: str) -> None:
    """Wait for a named lock and hold it until the transaction ends. SQLite, with its one writer, needs none."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def hold_if_free(connection: Connection, name: str) -> bool:
    """Hold the same lock until the transaction ends; return False at once if somebody else does."""
    if connection.dialect.name != "postgresql":
        return True
    taken = select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))
    return bool(connection.execute(taken).scalar_one())


def try_to_hold(connection: Connection, name: str) -> bool:
    """Hold a named lock of PostgreSQL's until the connection is closed; return False if somebody else does."""
    taken = select(func.pg_try_advisory_lock(func.hashtextextended(name, 0)))
    return bool(connection.execute(taken).scalar_one())
