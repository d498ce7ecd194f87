"""Copies of an SQLite database before it is migrated: whole, few, and never half made."""

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from storage import copies

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    """A database with a row that is in its WAL alone."""
    path = tmp_path / "assistant.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE words (said TEXT)")
        connection.execute("INSERT INTO words VALUES ('hola')")
        connection.commit()
        yield path


def said(path):
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT said FROM words")]


def test_a_copy_has_what_is_in_the_wal_alone_and_is_its_owners(database):
    copy = copies.copy(database, "0010", NOON)

    assert copy.name == "assistant-0010-20260302T120000.db"
    assert said(copy) == ["hola"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_the_last_few_are_kept_whatever_revision_they_are_of(database):
    made = [
        copies.copy(database, revision, NOON + timedelta(minutes=n))
        for n, revision in enumerate(("0010", "0009", "0011", "0012"))
    ]

    assert copies.copies_of(database) == made[-copies.KEPT :]
    assert said(database) == ["hola"]


def test_a_copy_that_cannot_be_made_is_an_error(database):
    longest = database.with_name("a" * 235 + ".db")  # so that the copy's name is longer than a file's can be
    shutil.copy(database, longest)

    with pytest.raises(OSError):
        copies.copy(longest, "0010", NOON)

    assert copies.copies_of(longest) == []


def test_without_room_nothing_is_left(database):
    before = {path.name for path in database.parent.iterdir()}

    with pytest.raises(copies.NoRoomError):
        copies.copy(database, "0010", NOON, room=lambda _: 4096)

    assert {path.name for path in database.parent.iterdir()} == before
