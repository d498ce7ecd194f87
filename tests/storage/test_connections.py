"""The connections to PostgreSQL of all processes together: no more than they were told, and each has some."""

import pytest
from sqlalchemy import create_engine, text

from storage.connections import FEWEST, USUAL, granted_connections, plan_connections
from storage.database import Database


@pytest.mark.parametrize("total", [FEWEST, 17, 20, 50, USUAL, 97, 200, 500])
@pytest.mark.parametrize("web_processes", [1, 2])
def test_together_they_open_no_more_than_they_may(total, web_processes):
    plan = plan_connections(total, web_processes=web_processes)

    assert plan.total <= total
    assert min(plan.web, plan.worker, plan.queue, plan.jobs) >= 1


def test_by_default_a_new_server_has_enough_for_them():
    plan = plan_connections(web_processes=2)

    assert plan.total <= 97 - 3
    assert plan.web >= 25


def test_no_process_opens_more_than_it_has_threads_for():
    assert plan_connections(500, threads=8).web == 8


def test_a_server_is_asked_what_it_grants(postgres):
    url = postgres.create()

    assert granted_connections(url) == asked(url, "SHOW max_connections") - asked(
        url, "SHOW superuser_reserved_connections"
    )

    name = url.rpartition("/")[2].partition("?")[0]
    execute(url, f'ALTER DATABASE "{name}" CONNECTION LIMIT 20')
    assert granted_connections(url) == 20
    postgres.drop(url)


def test_nothing_is_known_of_sqlite_and_of_a_server_that_does_not_answer(tmp_path):
    assert granted_connections(f"sqlite:///{tmp_path / 'a.db'}") is None
    assert granted_connections("postgresql+psycopg://nobody@127.0.0.1:1/nothing") is None


def test_a_database_opens_no_more_than_it_is_told(postgres):
    url = postgres.create()
    database = Database(url, busy_timeout_s=0.05, connections=2)

    with database.read(), database.read(), pytest.raises(Exception, match="QueuePool limit"), database.read():
        pass

    database.close()
    postgres.drop(url)


def test_the_server_ends_the_transaction_of_a_process_that_froze(postgres):
    url = postgres.create()
    database = Database(url)

    with database.read() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1min"

    database.close()
    postgres.drop(url)


def execute(url, statement):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def asked(url, statement):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text(statement))
    engine.dispose()
    return int(found)
