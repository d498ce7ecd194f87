"""Jobs that fail, are put back, or are done with."""

from datetime import timedelta
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from structlog.testing import capture_logs

from jobs.job import Job, JobRunner
from jobs.queue import DONE, FAILED, JobRecord, prepare
from storage import models  # noqa: F401  (Alembic compares with all of them)
from storage.base import Base, is_ours, utc_now
from tests.jobs.handing_over import Rejected, job_ids

pytestmark = pytest.mark.both_databases


def fail_with(error):
    def fail(_payload):
        raise error

    return fail


def set_rows(database, values):
    schema = "" if database.is_sqlite else "dbos."
    with database.write() as connection:
        connection.execute(text(f"UPDATE {schema}workflow_status SET {values}"))


def test_a_job_that_fails_is_tried_again_after_a_growing_wait(hand_over, run):
    seen = []

    def greet(payload):
        seen.append(payload)
        raise ConnectionError

    hand_over("greet", {"n": 1}, partition="contact 1", key="one")
    job = Job(greet, attempts=3, backoff_s=10)

    assert run(greet=job) == 1
    assert run(later_s=9, greet=job) == 0
    assert run(later_s=11, greet=job) == 1
    assert run(later_s=19, greet=job) == 0
    with capture_logs() as logs:
        assert run(later_s=21, greet=job) == 1
    assert run(later_s=9999, greet=job) == 0
    assert seen == [{"n": 1}] * 3
    assert [entry["event"] for entry in logs] == ["job given up"]


def test_waits_double_up_to_the_longest():
    job = Job(print, backoff_s=2, longest_backoff_s=30)

    assert [job.wait_s(attempt) for attempt in range(1, 7)] == [2, 4, 8, 16, 30, 30]


def test_what_is_permanent_is_given_up_at_once_and_logged_without_words(hand_over, run):
    hand_over("greet", {"text": "palabras"})

    with capture_logs() as logs:
        assert run(greet=fail_with(Rejected("palabras"))) == 1

    assert run(later_s=9999, greet=fail_with(Rejected())) == 0
    [entry] = logs
    assert (entry["event"], entry["error"], entry["code"]) == ("job given up", "Rejected", 21211)
    assert "palabras" not in str(logs)


def test_a_retry_keeps_its_key(hand_over, run):
    seen = []
    hand_over("greet", {"n": 1}, key="one")
    run(greet=fail_with(ConnectionError()))

    hand_over("greet", {"n": 2}, key="one")
    run(later_s=60, greet=seen.append)

    assert seen == [{"n": 1}]


def test_a_job_of_a_name_that_nobody_knows_waits_for_a_worker_who_does(hand_over, run):
    seen = []
    hand_over("greet", {"n": 1})

    assert run() == 1
    assert run(later_s=60, greet=seen.append) == 1
    assert seen == [{"n": 1}]


@pytest.mark.parametrize("key", [None, "one"])
def test_putting_a_job_back_twice_makes_one_job(work, key):
    for _ in range(2):
        work.enqueue_again("some-id", JobRecord("greet", {}, key, attempt=2), delay_s=0)

    assert job_ids(work) == ["some-id.1"]


def test_where_two_workers_took_jobs_of_one_partition_one_is_put_back(database, hand_over, work):
    seen = []
    hand_over("greet", partition="contact 1")
    set_rows(database, "status = 'PENDING', executor_id = 'worker-2'")
    runner = JobRunner(work, {"greet": Job(seen.append)}, lambda _: False)

    runner.do("mine", JobRecord("greet", {}, partition="contact 1"))
    runner.do("another", JobRecord("greet", {"n": 2}, partition="contact 2"))

    assert seen == [{"n": 2}]
    assert "mine.1" in job_ids(work)


def test_jobs_of_a_dead_worker_can_be_put_back(database, hand_over, work, run):
    hand_over("greet")
    set_rows(database, "status = 'PENDING', executor_id = 'worker-7', owner_xid = 'x'")
    assert run(greet=lambda _: None) == 0

    with database.write() as connection:
        assert work.slots_with_jobs(connection) == ["worker-7"]
        assert work.put_back(connection, "worker-8") == 0
        assert work.put_back(connection, "worker-7") == 1

    assert run(greet=lambda _: None) == 1


def test_finished_jobs_are_deleted_by_age_and_kind_a_few_at_a_time(database, hand_over, work):
    for n in range(3):
        hand_over("greet", {"n": n})
    ended_at = utc_now() - timedelta(days=2)
    set_rows(database, f"status = 'SUCCESS', completed_at = {int(ended_at.timestamp() * 1000)}")
    hand_over("greet")
    delete = partial(work.delete_finished, limit=2)

    assert delete(DONE, before=ended_at - timedelta(hours=1)) == 0
    assert delete(FAILED, before=utc_now()) == 0
    assert [delete(DONE, before=utc_now()) for _ in range(3)] == [2, 1, 0]
    assert len(job_ids(work)) == 1


def test_preparing_a_database_again_changes_nothing_that_waits_in_it(database_url, hand_over, run):
    hand_over("greet")

    prepare(database_url)

    assert run(greet=lambda _: None) == 1


def test_alembic_sees_our_tables_and_nothing_of_dbos(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": is_ours, "include_schemas": True}
        )

        assert compare_metadata(context, Base.metadata) == []


def test_who_is_concerned_is_told_once_a_job_is_given_up(hand_over, run):
    told = []
    hand_over("greet", {"n": 1})
    job = Job(fail_with(ConnectionError()), attempts=2, backoff_s=10, given_up=told.append)

    run(greet=job)
    before = list(told)
    run(later_s=11, greet=job)

    assert (before, told) == ([], [{"n": 1}])


def test_what_is_permanent_is_told_at_once(hand_over, run):
    told = []
    hand_over("greet", {"n": 1})

    run(greet=Job(fail_with(Rejected()), given_up=told.append))

    assert told == [{"n": 1}]
