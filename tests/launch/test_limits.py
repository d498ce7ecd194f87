"""What the processes may have: connections to the database, and threads in a container."""

import pytest
from sqlalchemy import create_engine, make_url, text

from launch.connections import few_connections
from launch.descriptors import FEWEST_CLIENTS, clients_at_most, container_limit, threads_at_most
from settings import load_settings


@pytest.fixture
def postgres_url(postgres):
    url = postgres.create()
    yield url
    postgres.drop(url)


def settings_for(url, **values):
    return load_settings(None, database_url=url, lang="en", **values)


def test_a_server_that_grants_fewer_connections_is_named_with_the_number_to_set(postgres_url):
    name = make_url(postgres_url).database
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" CONNECTION LIMIT 20'))
    engine.dispose()

    said = str(few_connections(settings_for(postgres_url)))

    assert "grants this program 20 connections" in said and "DATABASE_CONNECTIONS=17" in said
    assert few_connections(settings_for(postgres_url, database_connections=17)) is None


def test_where_there_are_enough_nothing_is_said(postgres_url, tmp_path):
    assert few_connections(settings_for(postgres_url, database_connections=11, web_concurrency=1)) is None
    assert few_connections(settings_for(f"sqlite:///{tmp_path / 'a.db'}")) is None


def test_the_databases_connections_are_none_of_the_clients():
    assert clients_at_most(1024) - clients_at_most(1024, 40) == 20
    assert clients_at_most(64, 40) == FEWEST_CLIENTS


@pytest.mark.parametrize(("written", "limit"), [("max\n", None), ("500\n", 500), ("", None)])
def test_a_containers_limit_is_read(tmp_path, written, limit):
    (tmp_path / "pids.max").write_text(written)

    assert container_limit(tmp_path / "pids.max") == limit
    assert container_limit(tmp_path / "missing") is None


@pytest.mark.parametrize(("limit", "threads"), [(None, 400), (10_000, 400), (500, 200), (90, 4)])
def test_there_are_no_more_threads_than_a_container_allows(limit, threads):
    assert threads_at_most(limit, web_processes=2, wanted=400) == threads
