"""What waits for the commit happens once, and only where there is one."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.after_commit import after_commit
from storage.database import Database
from tests.storage.threads import PATIENCE_S, Held, insert, say, wait_for_queue

pytestmark = pytest.mark.both_databases


@pytest.fixture
def words(database):
    with database.write() as connection:
        connection.execute(text("CREATE TABLE said (word VARCHAR(20) PRIMARY KEY)"))
    return []


def writes(words, word):
    def write(connection):
        insert(word)(connection)
        after_commit(connection, words.append, word)

    return write


def test_it_happens_after_the_commit(database, words):
    with database.write() as connection:
        writes(words, "first")(connection)
        assert words == []

    assert words == ["first"]


def test_it_does_not_happen_where_the_transaction_is_rolled_back(database, words):
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        writes(words, "first")(connection)
        raise ZeroDivisionError

    database.run(writes(words, "second"))

    assert words == ["second"]


def test_an_error_of_it_does_not_undo_what_is_written(database, words):
    def keep(connection):
        after_commit(connection, lambda: 1 / 0)
        writes(words, "first")(connection)

    database.run(keep)

    assert words == ["first"]


@pytest.mark.sqlite_alone
def test_it_happens_once_where_the_writes_run_twice(database, words, threads):
    say(database, "taken")
    runs = []

    def keep(connection):
        runs.append("once more")
        writes(words, "second")(connection)

    first = Held(database, threads)
    second = threads.submit(database.run, keep)
    wait_for_queue(database, 1)
    third = threads.submit(say, database, "taken")
    wait_for_queue(database, 2)
    first.may_end.set()

    second.result(PATIENCE_S)

    assert isinstance(third.exception(PATIENCE_S), IntegrityError)
    assert len(runs) == 2
    assert words == ["second"]


def test_two_databases_have_nothing_of_each_other(database, words, tmp_path):
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")

    with pytest.raises(ZeroDivisionError), database.write() as connection:
        after_commit(connection, words.append, "never")
        raise ZeroDivisionError
    with other.write():
        pass

    assert words == []
    other.close()
