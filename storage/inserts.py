"""Inserts that a second try leaves alone, on SQLite and on Postgres."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.base import Base


def insert_once(session: Session, model: type[Base], **values: Any) -> int | None:
    """Insert a row unless a unique constraint already has it; return its id, or None where it was there."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(model).values(**values).on_conflict_do_nothing().returning(model.__table__.c.id)
    return session.execute(statement).scalar_one_or_none()
