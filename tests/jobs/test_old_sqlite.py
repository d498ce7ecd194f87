"""SQLite before 3.42, and databases that a process under another Python made.

DBOS writes other defaults into its tables under Python 3.12 than under 3.11 (dbos._migration).
"""

import re
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine, event, text

from jobs.dbos_engine import make_engine
from jobs.migrate import upgrade
from jobs.queue import Work
from storage.database import Database
from storage.sqlite_functions import add_unixepoch, seconds_of

pytestmark = [pytest.mark.quick, pytest.mark.sqlite_alone]

BEFORE_312 = "strftime('%s','now') * 1000"
SINCE_312 = "unixepoch('subsec') * 1000"


@pytest.fixture(params=[BEFORE_312, SINCE_312])
def made_elsewhere(request, sqlite_url):
    """A database as another Python's DBOS makes it."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        for other in {BEFORE_312, SINCE_312} - {request.param}:
            connection.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (other, request.param))
        connection.execute("PRAGMA writable_schema=RESET")
        schema = "".join(sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql > ''"))
    assert set(re.findall(r"(?:strftime|unixepoch)\([^)]*\) \* 1000", schema)) == {request.param}
    return sqlite_url


@pytest.fixture(params=[Database, make_engine], ids=["the application's", "DBOS's"])
def engine(request, sqlite_url):
    """Each engine that writes DBOS's tables."""
    made = request.param(sqlite_url)
    engine = made.engine if isinstance(made, Database) else made
    yield engine
    engine.dispose()


def test_a_job_is_done_whichever_python_made_the_database(made_elsewhere, start_worker, notes):
    upgrade(made_elsewhere)
    database = Database(made_elsewhere)
    work = Work(database)

    with database.write() as connection:
        work.enqueue(connection, "note", {"n": 1})
    start_worker(url=made_elsewhere)

    notes.wait_for(what="done", n=1)
    work.close()
    database.close()


def test_every_default_of_a_time_is_a_whole_number_of_milliseconds(made_elsewhere):
    engine = make_engine(made_elsewhere)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO queues (queue_id, name) VALUES ('q', 'q')"))
        types = connection.execute(text("SELECT DISTINCT typeof(created_at) FROM queues")).scalars().all()

    engine.dispose()
    assert types == ["integer"]


@pytest.mark.parametrize("first", range(1_700_000_000_000, 2_500_000_000_000, 19_999_999_999))
def test_seconds_times_1000_are_whole(first):
    for ms in range(first, first + 100):
        whole = seconds_of(ms) * 1000

        assert whole == int(whole)
        assert ms - 5 <= whole <= ms


def test_every_engine_knows_the_time_in_milliseconds(engine):
    with engine.connect() as connection:
        now, earlier = connection.execute(
            text("SELECT unixepoch('subsec'), CAST(strftime('%s','now') AS INTEGER)")
        ).one()

    assert earlier <= now < earlier + 2


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [("1970-01-02", 86400), ("2026-11-28 10:00:00", 1795860000), (None, None), ("so", None)],
)
def test_any_other_time_is_what_sqlite_itself_says(engine, moment, seconds):
    with engine.connect() as connection:
        assert connection.execute(text("SELECT unixepoch(:moment)"), {"moment": moment}).scalar() == seconds


def test_the_migration_leaves_the_engines_of_others_as_they_are(tmp_path):
    upgrade(f"sqlite:///{tmp_path / 'a.db'}")
    engine = create_engine("sqlite://")

    with engine.connect():
        assert not event.contains(type(engine), "connect", add_unixepoch)
