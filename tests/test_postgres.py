import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

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


@pytest.fixture
def seven(postgres):
    """Return a function that makes, like those before, a database with the row 7 and room for others."""

    def prepare(url):
        query(url, "CREATE TABLE t AS SELECT 7 AS x")
        query(url, "CREATE TABLE u (id serial PRIMARY KEY)")
        query(url, "CREATE TABLE of_u (u_id int NOT NULL REFERENCES u)")

    return lambda: postgres.create_like("seven and more", prepare)


def test_a_database_that_is_given_back_is_as_new(postgres, seven):
    url = seven()
    query(url, "WITH new AS (INSERT INTO u DEFAULT VALUES RETURNING id) INSERT INTO of_u SELECT id FROM new")

    postgres.give_back(url, "seven and more")

    again = seven()
    assert query(again, "INSERT INTO u DEFAULT VALUES RETURNING id") == [(1,)]
    assert query(again, "SELECT * FROM of_u") == []
    postgres.drop(again)


def test_whoever_uses_one_that_was_given_back_is_cut_off(postgres, seven):
    url = seven()
    connection = psycopg.connect(url.replace("+psycopg", ""))

    postgres.give_back(url, "seven and more")

    with pytest.raises(psycopg.OperationalError, match="terminating connection"):
        connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url.replace("+psycopg", ""))
    postgres.drop(seven())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET x = 8",
        "DROP TABLE of_u",
        "ALTER TABLE u ADD y int",
        "ALTER TABLE u ADD CHECK (id < 0)",
        "ALTER DATABASE {name} SET lock_timeout = 1",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1",
    ],
)
def test_one_that_was_changed_in_more_than_rows_is_not_used_again(postgres, seven, change):
    url = seven()
    query(url, change.format(name=make_url(url).database))

    postgres.give_back(url, "seven and more")

    again = seven()
    assert query(again, "SELECT x FROM t") == [(7,)]
    assert query(again, "SELECT lock_timeout FROM current_setting('lock_timeout') AS lock_timeout") == [
        ("0",)
    ]
    query(again, "INSERT INTO u DEFAULT VALUES")
    query(again, "SELECT * FROM of_u")
    assert query(again, "SELECT count(*) FROM pg_proc WHERE proname = 'one'") == [(0,)]
    postgres.drop(again)


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
