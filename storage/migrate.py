"""Bring a database up to date: our tables by Alembic, then those of durable work."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from storage.work import prepare

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database_url: str) -> None:
    """Make or migrate every table. Idempotent."""
    run_alembic(database_url, command.upgrade, "head")
    prepare(database_url)


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
