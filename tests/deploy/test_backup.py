import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

BACKUP = Path(__file__).resolve().parent.parent.parent / "deploy" / "backup.py"


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "simulator.key").write_text("kept")
    (folder / "erasures").write_text("who was erased")
    return folder


@pytest.fixture
def database(data):
    """Open, with what was written last still in the -wal file."""
    connection = sqlite3.connect(data / "assistant.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE calls (sid)")
    connection.execute("INSERT INTO calls VALUES ('CA1')")
    connection.commit()
    yield connection
    connection.close()


def back_up(data, *days):
    subprocess.run([sys.executable, BACKUP, data, data.parent / "backups", *days], check=True)
    return data.parent / "backups" / datetime.now(UTC).date().isoformat()


def rows(path):
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT sid FROM calls").fetchall()
    connection.close()
    return found


def test_what_was_committed_last_is_in_the_copy_and_nobody_else_can_read_it(data, database):
    folder = back_up(data)

    assert rows(folder / "assistant.db") == [("CA1",)]
    assert (folder / "simulator.key").read_text() == "kept"
    assert (folder / "erasures").read_text() == "who was erased"
    assert {oct(path.stat().st_mode)[-3:] for path in folder.iterdir()} <= {"600", "644"}
    assert oct(folder.stat().st_mode)[-3:] == "700"


def test_a_second_backup_of_the_day_takes_the_place_of_the_first(data, database):
    back_up(data)
    database.execute("INSERT INTO calls VALUES ('CA2')")
    database.commit()

    folder = back_up(data)

    assert rows(folder / "assistant.db") == [("CA1",), ("CA2",)]


def test_only_days_that_are_old_enough_are_removed(data, database):
    backups = data.parent / "backups"
    today = datetime.now(UTC).date()
    for name in (str(today - timedelta(days=8)), str(today - timedelta(days=7)), "mine"):
        (backups / name).mkdir(parents=True)

    folder = back_up(data, "7")

    assert {path.name for path in backups.iterdir()} == {str(today - timedelta(days=7)), "mine", folder.name}
