"""Inserts that change nothing when repeated, on SQLite and on Postgres."""

from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.base import Base


def insert_once(connection: Connection, model: type[Base], **values: Any) -> int | None:
    """Insert a row unless a unique constraint forbids it; return its id, or None if it was there before."""
    return connection.execute(_insert(model, connection.dialect.name), values).scalar_one_or_none()


@cache  # building a statement costs as much as running it
def _insert(model: type[Base], dialect: str) -> Executable:
    table = cast(Table, model.__table__)
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing().returning(table.c.id)
