"""Transactions that wait for one another share a commit, and nothing else."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import ContextVar

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

from storage import group_commit
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


def insert(word, table="said"):
    def write(connection):
        connection.execute(text(f"INSERT INTO {table} VALUES (:word)"), {"word": word})
        return word

    return write


def say(database, word, table="said"):
    return database.run(insert(word, table))


def said(database):
    with database.read() as connection:
        return sorted(connection.scalars(text("SELECT word FROM said")))


class Held:
    """A thread that has a word written and is in no hurry to come to an end with it."""

    def __init__(self, database, threads, word="first", *, then=None):
        self.began, self.may_end = threading.Event(), threading.Event()

        def hold(connection):
            insert(word)(connection)
            self.began.set()
            assert self.may_end.wait(PATIENCE_S)
            if then is not None:
                raise then

        self.done = threads.submit(database.run, hold)
        assert self.began.wait(PATIENCE_S)


def wait_for_queue(database, many):
    queue = database._commits._queue
    until = threading.Event()
    for _ in range(1000):
        if len(queue) == many:
            return
        until.wait(0.005)
    raise AssertionError(f"{len(queue)} wait")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    monkeypatch.setattr(group_commit, "OPEN_S", PATIENCE_S)  # a slow machine changes nothing


def test_those_who_wait_for_one_another_are_committed_together(database, commits, threads):
    first = Held(database, threads)
    others = [threads.submit(say, database, f"word {n}") for n in range(8)]
    wait_for_queue(database, 8)

    first.may_end.set()
    for done in (first.done, *others):
        done.result(PATIENCE_S)

    assert len(said(database)) == 9
    assert len(commits) == 1


def test_who_waits_for_nobody_commits_alone(database, commits):
    for n in range(3):
        say(database, f"word {n}")

    assert len(commits) == 3


def test_each_is_told_what_came_of_its_own(database, threads):
    first = Held(database, threads)
    others = [threads.submit(say, database, f"word {n}") for n in range(3)]
    wait_for_queue(database, 3)

    first.may_end.set()

    assert sorted(other.result(PATIENCE_S) for other in others) == ["word 0", "word 1", "word 2"]


def test_nobody_is_told_before_it_is_committed(database, threads):
    first = Held(database, threads)
    began, may_end = threading.Event(), threading.Event()

    def second(connection):
        insert("second")(connection)
        began.set()
        assert may_end.wait(PATIENCE_S)

    other = threads.submit(database.run, second)
    wait_for_queue(database, 1)

    first.may_end.set()
    assert began.wait(PATIENCE_S)  # behind the first one, in its transaction

    assert not first.done.done()
    assert said(database) == []
    may_end.set()
    first.done.result(PATIENCE_S)
    other.result(PATIENCE_S)
    assert said(database) == ["first", "second"]


def test_what_is_written_for_another_thread_is_logged_as_its_own(database, threads):
    first, request, seen = Held(database, threads), ContextVar("request", default="none"), []

    def ask(name):
        request.set(name)
        database.run(lambda _connection: seen.append(request.get()))

    others = [threads.submit(ask, name) for name in ("one", "two")]
    wait_for_queue(database, 2)

    first.may_end.set()
    for other in others:
        other.result(PATIENCE_S)

    assert sorted(seen) == ["one", "two"]


def test_an_error_undoes_its_own_alone(database, threads):
    say(database, "twice")
    first = Held(database, threads)
    others = [threads.submit(say, database, word) for word in ("second", "twice", "third")]
    wait_for_queue(database, 3)

    first.may_end.set()

    first.done.result(PATIENCE_S)
    assert [type(other.exception(PATIENCE_S)) for other in others] == [type(None), IntegrityError, type(None)]
    assert said(database) == ["first", "second", "third", "twice"]


def test_the_first_one_s_error_is_its_own(database, threads):
    first = Held(database, threads, then=ValueError("a mishap"))
    second = threads.submit(say, database, "second")
    wait_for_queue(database, 1)

    first.may_end.set()

    assert isinstance(first.done.exception(PATIENCE_S), ValueError)
    second.result(PATIENCE_S)
    assert said(database) == ["second"]


def test_a_commit_that_fails_is_told_to_whom_it_concerns(database, threads):
    first = Held(database, threads)
    second = threads.submit(say, database, "second")
    wait_for_queue(database, 1)
    third = threads.submit(say, database, "never said", table="answered")
    wait_for_queue(database, 2)

    first.may_end.set()

    assert isinstance(third.exception(PATIENCE_S), IntegrityError)
    first.done.result(PATIENCE_S)
    second.result(PATIENCE_S)
    say(database, "third")
    assert said(database) == ["first", "second", "third"]


def test_an_interruption_is_told_to_all_and_nothing_is_kept(database, threads):
    first = Held(database, threads)

    def interrupted(_connection):
        raise KeyboardInterrupt

    others = [threads.submit(database.run, interrupted), threads.submit(say, database, "third")]
    wait_for_queue(database, 2)

    first.may_end.set()

    assert isinstance(others[0].exception(PATIENCE_S), KeyboardInterrupt)
    assert isinstance(first.done.exception(PATIENCE_S), KeyboardInterrupt)
    others[1].exception(PATIENCE_S)  # before it, with it or after it
    say(database, "afterwards")
    assert "first" not in said(database)


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
