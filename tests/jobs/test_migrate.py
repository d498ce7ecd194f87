"""Migrations: they make what the models say, and leave alone what is not ours."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from jobs.migrate import MIGRATIONS, is_up_to_date, newest_revisions, run_alembic, upgrade
from storage.base import Base

pytestmark = pytest.mark.both_databases


def tables(url, schema=None):
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names(schema=schema))
    engine.dispose()
    return names


def test_the_migrations_make_what_the_models_say(database_url):
    run_alembic(database_url, command.check)

    assert set(Base.metadata.tables) <= tables(database_url)


def test_the_newest_migration_is_the_one_that_alembic_goes_to():
    script = ScriptDirectory(str(MIGRATIONS))

    assert newest_revisions() == set(script.get_heads())


def test_a_program_that_does_not_migrate_does_not_import_alembic():
    program = "import sys, jobs.migrate; sys.exit('alembic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=MIGRATIONS.parents[1]).returncode == 0


def test_whether_it_is_up_to_date_is_known(database_url):
    assert is_up_to_date(database_url)

    run_alembic(database_url, command.downgrade, "base")

    assert not is_up_to_date(database_url)


def test_upgrading_again_changes_nothing(database_url):
    before = tables(database_url)

    upgrade(database_url)

    assert tables(database_url) == before


def test_going_back_leaves_the_tables_of_durable_work_alone(database_url):
    theirs = tables(database_url) - set(Base.metadata.tables)
    in_schema = tables(database_url, "dbos") if database_url.startswith("postgresql") else None

    run_alembic(database_url, command.downgrade, "base")

    assert tables(database_url) >= theirs - {"alembic_version"}
    assert not tables(database_url) & set(Base.metadata.tables)
    if in_schema is not None:
        assert tables(database_url, "dbos") == in_schema != set()
