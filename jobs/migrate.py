"""Migrates a database: our tables by Alembic, then those of DBOS.

Alembic is imported only where it migrates: it takes seven megabytes of each process that imports it.
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
    """Create or migrate every table. Idempotent."""
    from alembic import command

    run_alembic(database_url, command.upgrade, "head")
    prepare(database_url)


def is_up_to_date(database_url: str) -> bool:
    """Return whether our tables match this version's migrations."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table(_VERSION.name):
                return False
            return set(connection.execute(select(_VERSION.c.version_num)).scalars()) == newest_revisions()
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
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        action(config, *arguments, **options)
        connection.commit()
    engine.dispose()
