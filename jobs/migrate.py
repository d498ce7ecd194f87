"""Bring a database up to date: our tables by Alembic, then those of durable work.

Alembic is imported where it migrates, and nowhere else: it takes seven megabytes of each process that holds it.
"""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import column, create_engine, inspect, select, table

from jobs.queue import prepare

MIGRATIONS = Path(__file__).parent.parent / "storage" / "migrations"
_REVISION = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
_AFTER = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)
_VERSION = table("alembic_version", column("version_num"))


def upgrade(database_url: str) -> None:
    """Make or migrate every table. Idempotent."""
    from alembic import command

    run_alembic(database_url, command.upgrade, "head")
    prepare(database_url)


def is_up_to_date(database_url: str) -> bool:
    """Say whether our tables are what this version's migrations make."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(_VERSION.name):
                return False
            return set(connection.execute(select(_VERSION.c.version_num)).scalars()) == newest_revisions()
    finally:
        engine.dispose()


def newest_revisions() -> set[str]:
    """Return the migrations that no other comes after, as they stand in their files."""
    texts = [path.read_text(encoding="utf-8") for path in (MIGRATIONS / "versions").glob("*.py")]
    made, followed = ({name for text in texts for name in said.findall(text)} for said in (_REVISION, _AFTER))
    return made - followed


def run_alembic(database_url: str, action: Any, *arguments: object, **options: object) -> None:
    """Run one of Alembic's commands over a connection of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        action(config, *arguments, **options)
        connection.commit()
    engine.dispose()
