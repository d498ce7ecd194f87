"""Handing work over: with the caller's transaction, once per key, again after a failure."""

import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from jobs.job import Job, JobRunner, run_pending
from jobs.queue import DONE, FAILED, JobRecord, Work, prepare
from storage import models  # noqa: F401  (Alembic compares with all of them)
from storage.base import Base, is_ours, utc_now
from storage.database import Database
from tests.jobs.conftest import wait_until

pytestmark = pytest.mark.both_databases


class Rejected(Exception):
    code = 21211


@pytest.fixture
def hand_over(database, work):
    def hand_over(job, payload=None, **options):
        with database.write() as connection:
            work.enqueue(connection, job, payload or {}, **options)

    return hand_over


@pytest.fixture
def run(work):
    """Run what is due with these handlers; return how many ran and what they were given."""

    def run(later_s=0, is_permanent=lambda error: isinstance(error, Rejected), **handlers):
        jobs = {name: job if isinstance(job, Job) else Job(job) for name, job in handlers.items()}
        now = utc_now() + timedelta(seconds=later_s)
        return run_pending(work, jobs, is_permanent=is_permanent, now=now)

    return run


def fail_with(error):
    def fail(_payload):
        raise error

    return fail


def set_rows(database, values):
    schema = "" if database.is_sqlite else "dbos."
    with database.write() as connection:
        connection.execute(text(f"UPDATE {schema}workflow_status SET {values}"))


def job_ids(work):
    return [row.workflow_id for row in work.client.list_workflows()]


def test_making_a_producer_opens_nothing_and_starts_nothing(tmp_path):
    threads = threading.active_count()

    Work(Database(f"sqlite:///{tmp_path / 'nowhere' / 'a.db'}")).close()

    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []


def test_a_job_runs_once_with_the_payload_it_was_handed(hand_over, run):
    seen = []
    hand_over("greet", {"id": 7, "names": ["Ana", "Íñigo"], "nothing": None})

    assert run(greet=seen.append) == 1
    assert run(greet=seen.append) == 0
    assert seen == [{"id": 7, "names": ["Ana", "Íñigo"], "nothing": None}]


def test_a_transaction_that_is_rolled_back_leaves_no_job(database, work, run):
    with pytest.raises(RuntimeError), database.write() as connection:
        work.enqueue(connection, "greet", {})
        work.enqueue(connection, "greet", {}, key="one")
        raise RuntimeError

    assert run(greet=lambda _: None) == 0


def test_a_job_is_visible_only_once_its_transaction_is_committed(database, database_url, work):
    other = Database(database_url)

    def jobs():
        with other.read() as connection:
            schema = "" if other.is_sqlite else "dbos."
            return connection.scalar(text(f"SELECT count(*) FROM {schema}workflow_status"))

    with database.write() as connection:
        work.enqueue(connection, "greet", {})
        assert jobs() == 0
    assert jobs() == 1
    other.close()


def test_a_payload_that_is_not_json_is_refused(database, work):
    with pytest.raises(TypeError), database.write() as connection:
        work.enqueue(connection, "greet", {"what": object()})


def test_while_a_job_waits_another_of_its_key_changes_nothing_nor_harms_the_transaction(database, work, run):
    seen = []
    with database.write() as connection:
        work.enqueue(connection, "greet", {"n": 1}, key="contact 1")
    with database.write() as connection:
        work.enqueue(connection, "greet", {"n": 2}, key="contact 1")
        work.enqueue(connection, "greet", {"n": 3}, key="contact 2")
        work.enqueue(connection, "part", {"n": 4}, key="contact 1")

    run(greet=seen.append, part=seen.append)

    assert sorted(payload["n"] for payload in seen) == [1, 3, 4]


def test_a_key_holds_for_a_job_that_waits_for_its_time(hand_over, run):
    seen = []
    hand_over("greet", {"n": 1}, key="one", delay_s=60)
    hand_over("greet", {"n": 2}, key="one")

    run(greet=seen.append)
    run(later_s=61, greet=seen.append)

    assert seen == [{"n": 1}]


def test_a_key_is_free_again_once_its_job_has_started(hand_over, run):
    seen = []

    def greet(payload):
        seen.append(payload["n"])
        if payload["n"] == 1:
            hand_over("greet", {"n": 2}, key="one")

    hand_over("greet", {"n": 1}, key="one")

    assert run(greet=greet) == 2
    assert seen == [1, 2]


def test_a_worker_frees_the_key_before_it_runs_the_job(hand_over, work):
    """The synchronous form has taken the row away by then; a worker's row is still there."""
    hand_over("greet", key="one")
    [job_id] = job_ids(work)
    runner = JobRunner(work, {"greet": Job(lambda _: hand_over("greet", key="one"))}, lambda _: False)

    runner.do(job_id, JobRecord("greet", {}, key="one"))

    assert len(job_ids(work)) == 2


@pytest.mark.parametrize("first_is_kept", [True, False])
def test_two_transactions_that_use_a_key_at_once_make_one_job(database_url, work, run, first_is_kept):
    seen = []
    patient = Database(database_url, busy_timeout_s=20)

    def hand_over_second():
        with patient.write() as connection:
            Work(patient).enqueue(connection, "greet", {"n": 2}, key="one")

    second = threading.Thread(target=hand_over_second)
    with suppress(RuntimeError), work.database.write() as connection:
        work.enqueue(connection, "greet", {"n": 1}, key="one")
        second.start()
        wait_until(lambda: patient.is_sqlite or is_anyone_blocked(patient), "the second to wait")
        if not first_is_kept:
            raise RuntimeError
    second.join()
    run(greet=seen.append)

    assert seen == [{"n": 1 if first_is_kept else 2}]
    patient.close()


def is_anyone_blocked(database):
    with database.read() as connection:
        return connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) > 0


def test_a_job_does_not_start_before_a_transaction_that_counts_on_it_has_ended(
    database, database_url, work, hand_over
):
    hand_over("greet", key="one")
    [job_id] = job_ids(work)
    hasty = Database(database_url, busy_timeout_s=0.1)
    worker = Work(hasty)

    with database.write() as connection:
        work.enqueue(connection, "greet", {}, key="one")
        with pytest.raises(OperationalError):
            worker.free_key(job_id)

    worker.free_key(job_id)
    hasty.close()


def test_a_delayed_job_waits_for_its_time(hand_over, run):
    seen = []
    hand_over("greet", {"n": 1}, delay_s=60)

    assert run(greet=seen.append) == 0
    assert run(later_s=59, greet=seen.append) == 0
    assert run(later_s=61, greet=seen.append) == 1


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
