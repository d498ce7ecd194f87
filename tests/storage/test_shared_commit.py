"""Transactions that wait for one another share a commit, and nothing else."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

from storage import shared_commit
from storage.database import Database

PATIENCE_S = 10


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


@pytest.fixture
def commits(database):
    """How often something was committed."""
    committed = []
    event.listen(database.engine, "commit", committed.append)
    return committed


@pytest.fixture
def threads():
    with ThreadPoolExecutor(20) as pool:
        yield pool


def say(database, word, table="said"):
    with database.write() as connection:
        connection.execute(text(f"INSERT INTO {table} VALUES (:word)"), {"word": word})


def said(database):
    with database.read() as connection:
        return sorted(connection.scalars(text("SELECT word FROM said")))


class Held:
    """A thread that writes a word and is in no hurry to leave its block."""

    def __init__(self, database, threads, word="first", *, then=None):
        self.began, self.may_leave = threading.Event(), threading.Event()

        def hold():
            with database.write() as connection:
                connection.execute(text("INSERT INTO said VALUES (:word)"), {"word": word})
                self.began.set()
                assert self.may_leave.wait(PATIENCE_S)
                if then is not None:
                    raise then

        self.done = threads.submit(hold)
        assert self.began.wait(PATIENCE_S)


def wait_for_queue(database, many):
    queue = database._begin.__self__._queue
    until = threading.Event()
    for _ in range(1000):
        if len(queue) == many:
            return
        until.wait(0.005)
    raise AssertionError(f"{len(queue)} wait")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr(shared_commit, "OPEN_S", PATIENCE_S)  # a slow machine changes nothing


def test_those_who_wait_for_one_another_are_committed_together(database, commits, threads):
    first = Held(database, threads)
    others = [threads.submit(say, database, f"word {n}") for n in range(8)]
    wait_for_queue(database, 8)

    first.may_leave.set()
    for done in (first.done, *others):
        done.result(PATIENCE_S)

    assert len(said(database)) == 9
    assert len(commits) == 1


def test_who_waits_for_nobody_commits_alone(database, commits):
    for n in range(3):
        say(database, f"word {n}")

    assert len(commits) == 3


def test_nobody_is_told_before_it_is_committed(database, threads):
    first = Held(database, threads)
    second = threads.submit(Held, database, threads, "second")
    wait_for_queue(database, 1)

    first.may_leave.set()
    held = second.result(PATIENCE_S)  # goes on where the first one was

    assert not first.done.done()
    assert said(database) == []
    held.may_leave.set()
    first.done.result(PATIENCE_S)
    held.done.result(PATIENCE_S)
    assert said(database) == ["first", "second"]


def test_an_error_undoes_what_its_own_block_wrote(database, threads):
    say(database, "twice")
    first = Held(database, threads)
    others = [threads.submit(say, database, word) for word in ("second", "twice", "third")]
    wait_for_queue(database, 3)

    first.may_leave.set()

    first.done.result(PATIENCE_S)
    assert [type(other.exception(PATIENCE_S)) for other in others] == [type(None), IntegrityError, type(None)]
    assert said(database) == ["first", "second", "third", "twice"]


def test_the_last_one_s_error_has_the_others_committed(database, threads):
    say(database, "twice")
    first = Held(database, threads)
    last = threads.submit(say, database, "twice")
    wait_for_queue(database, 1)

    first.may_leave.set()

    first.done.result(PATIENCE_S)
    assert isinstance(last.exception(PATIENCE_S), IntegrityError)
    assert said(database) == ["first", "twice"]


def test_the_first_one_s_error_is_its_own(database, threads):
    first = Held(database, threads, then=ValueError("a mishap"))
    second = threads.submit(say, database, "second")
    wait_for_queue(database, 1)

    first.may_leave.set()

    assert isinstance(first.done.exception(PATIENCE_S), ValueError)
    second.result(PATIENCE_S)
    assert said(database) == ["second"]


def test_a_commit_that_fails_is_told_to_all_whom_it_concerns(database, threads):
    first = Held(database, threads)
    second = threads.submit(say, database, "second")
    wait_for_queue(database, 1)
    third = threads.submit(say, database, "never said", table="answered")
    wait_for_queue(database, 2)

    first.may_leave.set()

    assert all(isinstance(one.exception(PATIENCE_S), IntegrityError) for one in (first.done, second, third))
    assert said(database) == []
    say(database, "afterwards")
    assert said(database) == ["afterwards"]


def test_who_waits_too_long_leaves_the_queue(database, threads):
    first = Held(database, threads)

    with pytest.raises(QueueTimeoutError):
        say(database, "second")

    first.may_leave.set()
    first.done.result(PATIENCE_S)
    say(database, "third")
    assert said(database) == ["first", "third"]


def test_a_turn_is_given_at_once_so_that_nobody_leaves_the_queue_in_between(database, threads, monkeypatch):
    commits, was_locked = database._begin.__self__, []

    class Came(threading.Event):
        def set(self):
            was_locked.append(commits._lock.locked())
            super().set()

    class Place(shared_commit._Place):
        def __init__(self):
            super().__init__()
            self.came = Came()

    first = Held(database, threads)
    monkeypatch.setattr(shared_commit, "_Place", Place)
    second = threads.submit(say, database, "second")
    wait_for_queue(database, 1)

    first.may_leave.set()
    second.result(PATIENCE_S)

    assert was_locked == [True]


def test_a_lock_of_another_program_is_waited_for_and_no_longer(database):
    with closing(sqlite3.connect(database.engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError):
            say(database, "locked out")
        other.execute("ROLLBACK")

    say(database, "afterwards")

    assert said(database) == ["afterwards"]


def test_a_transaction_that_lasts_takes_nobody_else_in(database, commits, threads, monkeypatch):
    monkeypatch.setattr(shared_commit, "OPEN_S", 0)
    first = Held(database, threads)
    others = [threads.submit(say, database, f"word {n}") for n in range(3)]
    wait_for_queue(database, 3)

    first.may_leave.set()
    for done in (first.done, *others):
        done.result(PATIENCE_S)

    assert len(commits) == 4
