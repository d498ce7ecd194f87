"""A migration that was killed before it was noted as done is begun again, and nothing is lost or doubled."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from jobs.migrate import MIGRATIONS, is_up_to_date, run_alembic
from storage.models import HelpdeskFact, Process
from tests.records import every
from tests.storage.migrations.earlier import EARLIER

pytestmark = pytest.mark.both_databases


def revisions():
    """The migrations since EARLIER, oldest first, each with the one before it."""
    script = ScriptDirectory(str(MIGRATIONS))
    made = reversed(list(script.iterate_revisions("heads", EARLIER)))
    return [(revision.down_revision, revision.revision) for revision in made]


def test_a_migration_is_begun_again_where_it_was_killed(database, database_url):
    run_alembic(database_url, command.downgrade, EARLIER)
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO webhook_events (source, key, received_at) "
                "VALUES ('chatwoot-fact', 'named:1', '2026-03-02 12:00:00')"
            )
        )

    for before, revision in revisions():
        run_alembic(database_url, command.upgrade, revision)
        run_alembic(database_url, command.stamp, before)
        run_alembic(database_url, command.upgrade, revision)

    assert is_up_to_date(database_url)
    run_alembic(database_url, command.check)
    assert [fact.fact for fact in every(database, HelpdeskFact)] == ["named:1"]
    assert every(database, Process) == []
