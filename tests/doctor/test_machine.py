"""Settings, database, worker, disks, clock and limits, each as it is and as it ought to be."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from doctor.clock import ClockPart
from doctor.database import DatabasePart
from doctor.disk import DiskPart
from doctor.findings import Status
from doctor.limits import LimitsPart
from doctor.settings_part import SettingsPart
from doctor.worker import WorkerPart
from integrations.errors import NO_CONNECTION, IntegrationError
from integrations.http.server_clock import server_time
from jobs.leases import take_slot
from jobs.migrate import is_empty, is_up_to_date
from launch.limits import Limits, limits_of
from observability.disk import DiskState, look_at_disks
from observability.settings_errors import misspelt_sentence
from settings import load_settings
from storage.base import utc_now
from storage.database import Database
from storage.processes import give_sign
from tests.doctor.scripted import said
from tests.fakes.fixed_answers import Answer, FixedAnswers
from translations import Message

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_misspelt_name_is_said_with_the_one_to_write():
    misspelt = misspelt_sentence("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN")
    found = SettingsPart([misspelt], [Message("No person is set.")]).check()

    assert [finding.status for finding in found] == [Status.FIX, Status.OFF]
    assert "did you mean TWILIO_AUTH_TOKEN?" in said(found) and "No person is set." in said(found)
    assert [finding.status for finding in SettingsPart([], []).check()] == [Status.OK]


# The database


def database_part(url, **options):
    database = Database(url, **options)
    return DatabasePart(lambda: database, partial(is_up_to_date, url), partial(is_empty, url), kind="SQLite")


@pytest.mark.both_databases
def test_a_database_of_this_version_is_fine(database_url):
    [found] = database_part(database_url).check()

    assert (found.status, found.stops_calls) == (Status.OK, False)


def test_a_database_without_tables_or_without_a_server_stops_calls(tmp_path):
    empty = database_part(f"sqlite:///{tmp_path / 'empty.db'}").check()
    gone = database_part("postgresql+psycopg://nobody@127.0.0.1:1/nothing").check()

    assert [finding.stops_calls for finding in (*empty, *gone)] == [True, True]
    assert "no tables yet" in said(empty) and "./start.sh" in said(empty)
    assert "OperationalError" in said(gone) and "nobody" not in said(gone)


def test_a_database_of_another_version_stops_calls(sqlite_url):
    with Database(sqlite_url).write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    [found] = database_part(sqlite_url).check()

    assert found.stops_calls
    assert "not of this version" in said([found]) and "db upgrade" in said([found])


def test_a_database_that_is_locked_stops_none(sqlite_url):
    holder = Database(sqlite_url)
    part = database_part(sqlite_url, busy_timeout_s=0.05)
    with holder.write():
        [found] = part.check()

    assert (found.status, found.stops_calls) == (Status.FIX, False)
    assert "spoken and not kept" in str(found.sentence)


# The worker


def work_on(database, **options):
    return said(WorkerPart(lambda: database, **options).check())


def test_a_worker_that_is_missing_late_or_fine_is_said(database, work):
    with database.write() as connection:
        work.enqueue(connection, "summarise", {})

    assert "fix: No worker is running; 1 job waits." in work_on(database)
    with database.write() as connection:
        take_slot(connection, "worker-1", "living", now=utc_now(), lease_s=50)
    assert work_on(database).startswith("ok: The worker is running; 1 job waits.")
    later = utc_now() + timedelta(seconds=100)
    with database.write() as connection:
        take_slot(connection, "worker-1", "living", now=later, lease_s=50)
        give_sign(connection, "web", "web", later, late_loop="answers-beat", late_since=later)
    late = work_on(database, clock=lambda: later)
    assert "is behind" in late and "answers-beat of a web process has not succeeded since" in late


# Disks and clock


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (DiskState(("data",), 5), "fix: Nothing can be written to {folder}."),
        (DiskState((), 100), "fix: The disk is nearly full: 100 MB are left."),
        (DiskState((), 5000), "ok: The disk has 5,000 MB left."),
    ],
)
def test_disks_are_said_as_they_are(tmp_path, state, says):
    part = DiskPart({"data": tmp_path}, lambda folders: state)

    assert says.format(folder=tmp_path) in said(part.check())


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    part = DiskPart({"data": tmp_path / "none"}, lambda folders: look_at_disks(folders, None))

    assert "Nothing can be written" in said(part.check())


@pytest.mark.parametrize(
    ("ours", "says"),
    [
        (NOON, "ok: The clock agrees with Twilio's."),
        (NOON + timedelta(seconds=15), "ok:"),
        (NOON + timedelta(hours=1), "fix: The clock is 3600 s ahead of Twilio's."),
        (NOON - timedelta(seconds=90), "fix: The clock is 90 s behind Twilio's."),
    ],
)
def test_the_clock_is_compared_with_the_date_of_an_answer(ours, says):
    dated = Answer(b"{}", 404, {"Date": "Sat, 21 Nov 2026 12:00:00 GMT"})
    with FixedAnswers({"/": dated}) as twilio:
        part = ClockPart("Twilio", partial(server_time, twilio.url), clock=lambda: ours)

        assert says in said(part.check())


def test_a_clock_that_cannot_be_compared_is_said_with_why():
    def unreachable():
        raise IntegrationError("no", permanent=False, code=NO_CONNECTION)

    assert "fix: The clock could not be compared. Twilio cannot be reached." in said(
        ClockPart("Twilio", unreachable).check()
    )
    assert "off:" in said(ClockPart("", None).check())
    with FixedAnswers({"/": Answer(b"")}) as undated, pytest.raises(IntegrationError):
        server_time(undated.url)


# Limits


def test_fewer_descriptors_than_threads_need_are_said(tmp_path):
    settings = load_settings(None, data_dir=tmp_path, lang="en")

    enough, few = limits_of(settings, 65_536), limits_of(settings, 512)

    assert (enough.threads, enough.clients, enough.too_few) == (400, 4400, None)
    assert few.threads < 400 and "may open 512 files and connections" in str(few.too_few)
    found = LimitsPart(lambda: few, lambda: Message("PostgreSQL grants 20.")).check()
    assert [finding.status for finding in found] == [Status.FIX, Status.FIX]
    [fine] = LimitsPart(lambda: Limits(400, 4400, None), lambda: None).check()
    assert "400 answers and 4,400 connections" in str(fine.sentence)
