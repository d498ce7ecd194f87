"""A backup that is put back erases again whoever was erased after it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from app import create_app
from container.privacy import RECORD
from people.privacy.erasures import Erasures
from storage.database import sqlite_path
from storage.models import Contact
from storage.privacy.digests import Digests
from storage.privacy.record_file import RecordFile
from tests.fakes.openai.replies import text
from tests.journeys.people.chatwoot_setup import person_of
from tests.journeys.people.privacy.customer import ABOUT_HER, NAME, NUMBER, leaves_traces
from tests.people.privacy.everywhere import tables_that_hold
from tests.records import every

pytestmark = pytest.mark.sqlite_alone  # what is put back is its file


@pytest.fixture
def backup(line, twilio, chatwoot, openai, tmp_path):
    """A copy of the database as a backup makes it, with a customer in it."""
    leaves_traces(line, twilio, chatwoot, openai)
    path = tmp_path / "backup.db"
    with (
        closing(sqlite3.connect(sqlite_path(line.settings.database_url))) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return path


def put_back(line, backup):
    """Stop the application, and put the copy in the place of the database."""
    line.close()
    path = sqlite_path(line.settings.database_url)
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    shutil.copy(backup, path)


@pytest.mark.parametrize("command", [["db", "upgrade"], None])
def test_who_was_erased_after_the_backup_is_erased_again(line, erase, backup, command):
    erase()
    put_back(line, backup)
    app = create_app(line.settings)
    container = app.extensions["container"]
    database = container.database
    assert tables_that_hold(database, [NAME]) != []

    if command is not None:
        result = app.test_cli_runner().invoke(args=command)
        assert result.exit_code == 0
    else:
        assert container.privacy.erasures.reconcile() == 1

    assert tables_that_hold(database, ABOUT_HER) == []
    assert container.privacy.erasures.reconcile() == 0
    container.end_serving()
    database.close()


def test_who_came_after_the_erasure_stays(line, erase, backup, twilio, openai):
    erase()
    openai.default = text("Hola.")
    person_of(line, twilio, number=NUMBER, profile_name=NAME).send("Hola otra vez")
    line.parts.privacy.erasures.reconcile()

    assert [each.name for each in every(line.parts.database, Contact) if each.address.startswith("+52")] == [
        NAME
    ]


def test_without_a_backup_put_back_nobody_is_compared_at_a_start(line, erase, backup):
    erase()
    asked = []

    def key():
        asked.append(True)
        return "a secret"

    parts = line.parts
    record = RecordFile(line.settings.data_dir / RECORD)

    assert Erasures(parts.database, parts.work, Digests(key), record).reconcile() == 0
    assert asked == []
