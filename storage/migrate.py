"""Bring a database up to date: our tables by Alembic, then those of durable work."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from storage.work import prepare

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database_url: str) -> None:
    """Make or migrate every table. Idempotent."""
    run_alembic(database_url, command.upgrade, "head")
    prepare(database_url)


def is_up_to_date(database_url: str) -> bool:
    """Say whether our tables are what this version's migrations make."""
    script = ScriptDirectory(str(MIGRATIONS))
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads()) == set(script.get_heads())
    finally:
        engine.dispose()


def run_alembic(database_url: str, action: object, *arguments: object, **options: object) -> None:
    """Run one of Alembic's commands over a connection of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        action(config, *arguments, **options)  # type: ignore[operator]
        connection.commit()
    engine.dispose()
