import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.postgres import NoPostgresError, find_programs


def query(url, statement):
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        rows = result.all() if result.returns_rows else []
    engine.dispose()
    return rows


def test_each_database_is_fresh(postgres):
    first, second = postgres.create(), postgres.create()

    query(first, "CREATE TABLE t (x int)")

    assert query(second, "SELECT to_regclass('t')") == [(None,)]
    postgres.drop(first)
    postgres.drop(second)


def test_a_prepared_database_is_prepared_once_and_copied(postgres):
    prepared = []

    def prepare(url):
        prepared.append(url)
        query(url, "CREATE TABLE t AS SELECT 7 AS x")

    first = postgres.create_like("seven", prepare)
    query(first, "UPDATE t SET x = 8")
    second = postgres.create_like("seven", prepare)

    assert query(second, "SELECT x FROM t") == [(7,)]
    assert len(prepared) == 1


def test_a_database_is_dropped_with_whoever_is_connected_to_it(postgres, postgres_url):
    connection = psycopg.connect(postgres_url.replace("+psycopg", ""))

    postgres.drop(postgres_url)

    with pytest.raises(psycopg.OperationalError, match="terminating connection"):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(postgres_url.replace("+psycopg", ""))


def test_where_none_is_installed_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.postgres.DEBIANS", tmp_path)

    with pytest.raises(NoPostgresError, match="not installed"):
        find_programs()
