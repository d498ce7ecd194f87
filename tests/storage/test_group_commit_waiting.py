"""Own transactions in a group commit, and how long others are waited for."""

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

from storage import group_commit
from storage.database import Database
from tests.storage.threads import PATIENCE_S, Held, insert, said, say, wait_for_queue


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'test.db'}", busy_timeout_s=0.3)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE said (word TEXT PRIMARY KEY)"))
        connection.execute(
            text("CREATE TABLE answered (word TEXT REFERENCES said DEFERRABLE INITIALLY DEFERRED)")
        )
    yield database
    database.close()


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr(group_commit, "OPEN_S", PATIENCE_S)  # a slow machine changes nothing


def test_one_s_own_transaction_is_shared_with_nobody(database, commits, threads):
    first, undone = Held(database, threads), []
    event.listen(database.engine, "rollback", undone.append)

    def write():
        with database.write() as connection:
            insert("own")(connection)

    own = threads.submit(write)
    wait_for_queue(database, 1)
    behind = threads.submit(say, database, "behind")
    wait_for_queue(database, 2)

    first.may_end.set()
    for done in (first.done, own, behind):
        done.result(PATIENCE_S)

    assert said(database) == ["behind", "first", "own"]
    assert len(commits) == 3
    assert undone == []


def test_an_error_undoes_one_s_own_transaction(database):
    with pytest.raises(ValueError, match="a mishap"), database.write() as connection:
        insert("never")(connection)
        raise ValueError("a mishap")

    say(database, "afterwards")
    assert said(database) == ["afterwards"]


def test_who_waits_too_long_leaves_the_queue(database, threads):
    first = Held(database, threads)

    with pytest.raises(QueueTimeoutError):
        say(database, "second")

    first.may_end.set()
    first.done.result(PATIENCE_S)
    say(database, "third")
    assert said(database) == ["first", "third"]


def test_who_is_taken_out_as_its_time_ends_waits_for_the_end(database, threads, monkeypatch):
    class Place(group_commit.WriteRequest):
        def wait(self, seconds=-1):
            if seconds < 0:
                return super().wait()
            first.may_end.set()
            assert begun.wait(PATIENCE_S)
            return False  # its time is over, and another thread is writing it

    begun, may_end = threading.Event(), threading.Event()

    def write(connection):
        insert("second")(connection)
        begun.set()
        assert may_end.wait(PATIENCE_S)

    first = Held(database, threads)
    monkeypatch.setattr(group_commit, "WriteRequest", Place)
    second = threads.submit(database.run, write)
    assert begun.wait(PATIENCE_S)

    may_end.set()
    second.result(PATIENCE_S)

    assert said(database) == ["first", "second"]


def test_a_lock_of_another_program_is_waited_for_and_no_longer(database):
    with closing(sqlite3.connect(database.engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            say(database, "locked out")
        other.execute("ROLLBACK")

    say(database, "afterwards")

    assert said(database) == ["afterwards"]


def test_a_transaction_that_lasts_takes_nobody_else_in(database, commits, threads, monkeypatch):
    monkeypatch.setattr(group_commit, "OPEN_S", 0)
    first = Held(database, threads)
    others = [threads.submit(say, database, f"word {n}") for n in range(3)]
    wait_for_queue(database, 3)

    first.may_end.set()
    for done in (first.done, *others):
        done.result(PATIENCE_S)

    assert len(commits) == 4
