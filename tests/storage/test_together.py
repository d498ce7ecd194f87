"""What threads write together: in one transaction, each told of its own failure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event, insert, select

from storage.base import utc_now
from storage.database import Database
from storage.models import WebhookEvent
from storage.together import Together

MANY = 12


@pytest.fixture
def commits(database):
    counted = []
    event.listen(database.engine, "commit", counted.append)
    return counted


def keep(connection: Connection, key: str) -> None:
    if key == "bad":
        raise ValueError(key)
    values = {"source": "test", "key": key, "received_at": utc_now()}
    connection.execute(insert(WebhookEvent).values(values))


def kept(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(WebhookEvent.key)).scalars())


def write_all(together: Together[str], keys: list[str]) -> list[BaseException | None]:
    """Write them in a thread each, all at the same moment; return what each of them raised."""
    ready = threading.Barrier(len(keys))

    def write(key: str) -> None:
        ready.wait()
        together.write(key)

    with ThreadPoolExecutor(len(keys)) as pool:
        return [future.exception() for future in [pool.submit(write, key) for key in keys]]


def test_what_comes_at_about_the_same_moment_is_one_transaction(database, commits):
    together = Together(database, keep, order=str, wait_s=0.1)
    keys = [f"{n:02}" for n in range(MANY)]

    raised = write_all(together, keys)

    assert raised == [None] * MANY
    assert kept(database) == set(keys)
    assert len(commits) < MANY / 2


def test_who_returns_has_its_write_committed(database):
    together = Together(database, keep, order=str, wait_s=0)

    together.write("one")

    assert kept(database) == {"one"}


def test_one_that_cannot_be_written_fails_alone(database):
    together = Together(database, keep, order=str, wait_s=0.1)

    raised = write_all(together, ["a", "bad", "c"])

    assert [type(error) for error in raised] == [type(None), ValueError, type(None)]
    assert kept(database) == {"a", "c"}
