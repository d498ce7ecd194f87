"""Handing work over: with the caller's transaction, once per key, again after a failure."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from jobs.job import Job, JobRunner
from jobs.queue import JobRecord, Work
from storage import models  # noqa: F401  (Alembic compares with all of them)
from storage.database import Database
from tests.jobs.handing_over import job_ids
from tests.waiting import is_anyone_blocked, wait_until

pytestmark = pytest.mark.both_databases


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


def test_a_job_that_puts_itself_off_runs_as_often_as_there_is_time_for(run, hand_over):
    """It waits from when it was due, not from now: looking ahead by 40 s is no reason to run it for so long."""
    hand_over("look")

    assert run(later_s=40, look=lambda _payload: hand_over("look", delay_s=15)) == 3
