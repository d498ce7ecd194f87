"""`flask --app app db upgrade`, which copies an SQLite database before it migrates it."""

import os
import shutil

import pytest
from alembic import command

from jobs.migrate import is_up_to_date, run_alembic
from storage import copies
from tests.warm import PROGRAMS


@pytest.fixture
def upgrade(sqlite_url, tmp_path):
    def upgrade(language="en", url=sqlite_url):
        variables = {
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path / "data"),
            "LANG": f"{language}.UTF-8",
        }
        arguments = ["-m", "flask", "--app", "app", "db", "upgrade"]
        return PROGRAMS.run(arguments, env=os.environ | variables, timeout=60)

    return upgrade


def test_a_database_of_an_earlier_version_is_copied_beside_it_and_migrated(upgrade, sqlite_url, tmp_path):
    run_alembic(sqlite_url, command.downgrade, "0010")

    done, again = upgrade(), upgrade()

    [copy] = copies.copies_of(tmp_path / "assistant.db")
    assert (done.returncode, again.returncode) == (0, 0)
    assert f"A copy of the database, as it was: {copy}" in done.stdout
    assert is_up_to_date(sqlite_url) and not is_up_to_date(f"sqlite:///{copy}")
    assert "copy" not in again.stdout


def test_where_it_cannot_be_copied_it_is_not_migrated(upgrade, sqlite_url, tmp_path):
    run_alembic(sqlite_url, command.downgrade, "0010")
    longest = tmp_path / f"{'a' * 235}.db"  # so that the copy's name is longer than a file's can be
    shutil.copy(tmp_path / "assistant.db", longest)

    done = upgrade("es_ES", f"sqlite:///{longest}")

    assert done.returncode == 1
    assert "copia" in done.stderr
