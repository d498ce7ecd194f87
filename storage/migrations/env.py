"""Alembic's environment: our tables alone, whatever else lives in the same database."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

import storage.models  # noqa: F401  (its tables are what is compared)
from storage.base import Base, UtcDateTime, is_ours


def _render_type(kind: str, thing: Any, _context: object) -> str | Literal[False]:
    """Render our own time type as its database type: a migration outlives our code."""
    is_time = kind == "type" and isinstance(thing, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_time else False


def run() -> None:
    """Migrate over the connection that `jobs.migrate` passes."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_name=is_ours,  # type: ignore[arg-type]  # wider than it need be

        render_item=_render_type, render_as_batch=True, compare_type=True,
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


run()
