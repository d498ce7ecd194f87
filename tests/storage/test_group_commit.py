"""Transactions that wait for one another share a commit, and nothing else."""

import threading
from contextvars import ContextVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

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
