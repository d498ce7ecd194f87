"""The worker as a process: what becomes of jobs when workers are killed, paused, doubled and told to stop."""

import signal
from datetime import timedelta

import pytest
from sqlalchemy import text

from jobs.leases import is_worker_alive, take_slot, worker_beats
from jobs.worker import LOST_SLOT_EXIT
from storage.base import utc_now
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases

# What depends on nothing that the two databases do differently runs on one of them.
on_sqlite = pytest.mark.sqlite_alone


def hand_over(database, work, job, *, partition=None, **payload):
    with database.write() as connection:
        work.enqueue(connection, job, payload, partition=partition)


def is_alive(database):
    with database.read() as connection:
        return is_worker_alive(connection, utc_now())


def beat(database):
    with database.read() as connection:
        return worker_beats(connection)["worker-1"]


def test_a_job_is_done_and_the_worker_is_seen_to_live(database, work, start_worker, notes):
    hand_over(database, work, "note", n=1)

    worker = start_worker()

    notes.wait_for(what="done", n=1)
    worker.wait_for_log("worker started")
    with database.read() as connection:
        assert list(worker_beats(connection)) == ["worker-1"]
    assert is_alive(database)


@on_sqlite
def test_a_worker_that_cannot_write_yet_waits(database, work, start_worker, notes):
    hand_over(database, work, "note", n=1)
    with database.write():
        worker = start_worker()
        worker.wait_for_log("worker waits for the database")

    notes.wait_for(what="done", n=1)


def test_told_to_stop_a_worker_ends_what_it_has_in_hand_and_gives_its_slot_back(
    database, work, start_worker, notes
):
    hand_over(database, work, "slow", n=1)
    worker = start_worker()
    notes.wait_for(what="began")

    worker.signal(signal.SIGTERM)
    worker.wait_for_log("worker stops")
    told_at = utc_now()
    wait_until(lambda: beat(database) > told_at + timedelta(seconds=1), "beats while the job ends")
    notes.go_on()

    assert worker.wait() == 0
    assert len(notes.read(what="ended")) == 1
    assert not is_alive(database)
    start_worker().wait_for_log("worker started")
    assert len(notes.read(what="began")) == 1


@on_sqlite
def test_a_job_that_does_not_end_in_time_is_left_to_the_next_worker(database, work, start_worker, notes):
    hand_over(database, work, "slow", n=1)
    worker = start_worker(drain_s=1)
    notes.wait_for(what="began")

    assert worker.stop() == 0

    assert notes.read(what="ended") == []
    notes.go_on()
    start_worker()
    notes.wait_for(what="ended")


def test_a_job_whose_worker_was_killed_runs_again_when_it_is_back(database, work, start_worker, notes):
    hand_over(database, work, "slow", n=1)
    worker = start_worker()
    notes.wait_for(what="began")

    worker.kill()
    notes.go_on()
    heir = start_worker()

    notes.wait_for(what="ended", n=1)
    assert len(notes.read(what="began")) == 2
    assert "took over" not in heir.log


def test_another_worker_adopts_the_jobs_of_one_that_was_killed(database, work, start_worker, notes):
    hand_over(database, work, "slow", partition="contact 1", n=1)
    worker = start_worker("worker-1")
    notes.wait_for(what="began", slot="worker-1")
    other = start_worker("worker-2")
    other.wait_for_log("worker started")

    worker.kill()
    notes.go_on()

    notes.wait_for(what="ended", slot="worker-2")
    other.wait_for_log("worker took over a dead worker's jobs")
    start_worker("worker-1").wait_for_log("worker started")
    assert len(notes.read(what="began")) == 2


def test_a_second_process_of_the_same_slot_waits_and_says_so_once(database, work, start_worker, notes):
    first = start_worker()
    first.wait_for_log("worker started")
    second = start_worker()
    second.wait_for_log("its slot is taken")
    hand_over(database, work, "note", n=1)
    notes.wait_for(what="done", n=1, pid=first.process.pid)

    first.kill()

    second.wait_for_log("worker started")
    assert second.log.count("its slot is taken") == 1
    hand_over(database, work, "note", n=2)
    notes.wait_for(what="done", n=2, pid=second.process.pid)


def test_a_worker_whose_slot_was_taken_while_it_was_paused_ends_at_once(database, work, start_worker, notes):
    paused = start_worker()
    hand_over(database, work, "slow", n=1)
    notes.wait_for(what="began", pid=paused.process.pid)

    pause(paused, database)
    heir = start_worker()
    notes.wait_for(what="began", pid=heir.process.pid)
    paused.signal(signal.SIGCONT)

    assert paused.wait() == LOST_SLOT_EXIT
    assert "worker lost its slot" in paused.log
    notes.go_on()
    notes.wait_for(what="ended", pid=heir.process.pid)
    assert notes.read(what="ended", pid=paused.process.pid) == []


def pause(worker, database):
    """Stop a worker that holds no lock, or on PostgreSQL none for long."""
    with database.write():  # of SQLite's one writer
        worker.pause()
    if not database.is_sqlite:
        end_transactions_of_others(database)


def end_transactions_of_others(database):
    """Do at once what PostgreSQL does when a process has left it waiting for a minute."""
    others = "datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
    with database.read() as connection:
        connection.execute(
            text(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}")
        )


def test_a_worker_whose_slot_is_taken_ends_at_its_next_beat(database, start_worker):
    worker = start_worker()
    worker.wait_for_log("worker started")

    with database.write() as connection:
        assert take_slot(connection, "worker-1", "thief", now=utc_now() + timedelta(hours=1), lease_s=5)

    assert worker.wait() == LOST_SLOT_EXIT
    assert "another process holds it" in worker.log


def test_a_worker_that_cannot_write_its_beats_ends_before_its_lease_does(database, start_worker):
    worker = start_worker()
    worker.wait_for_log("worker started")

    with database.write() as connection:
        connection.execute(text("UPDATE worker_slots SET beat_at = beat_at"))
        assert worker.wait() == LOST_SLOT_EXIT

    assert "no beat was written" in worker.log


def test_of_a_partition_one_job_runs_at_a_time_over_all_workers(database, work, start_worker, notes):
    for n in range(6):
        hand_over(database, work, "brief", partition="contact 1", n=n)
    start_worker("worker-1")
    start_worker("worker-2")

    notes.wait_for(6, what="ended")

    whats = [note["what"] for note in notes.read() if note["what"] in ("began", "ended")]
    assert whats == ["began", "ended"] * 6


@on_sqlite
def test_periodic_jobs_are_run_by_one_worker_and_by_the_next_when_it_died(start_worker, notes):
    first = start_worker("worker-1")
    notes.wait_for(2, what="tick", slot="worker-1")
    start_worker("worker-2").wait_for_log("worker started")
    notes.wait_for(len(notes.read(what="tick")) + 2, what="tick")
    assert notes.read(what="tick", slot="worker-2") == []

    first.kill()

    notes.wait_for(2, what="tick", slot="worker-2")


def test_finished_jobs_are_deleted_in_time(database, database_url, work, start_worker, notes):
    hand_over(database, work, "note", n=1)
    hand_over(database, work, "fail", n=2)
    table = "workflow_status" if database_url.startswith("sqlite") else "dbos.workflow_status"

    start_worker(keep_done_s=0, sweep_s=0.2)

    notes.wait_for(2, what="failed")

    def kept():
        with database.read() as connection:
            return [row.status for row in connection.execute(text(f"SELECT status FROM {table}"))]

    wait_until(lambda: kept() == ["ERROR"], "only the failed job to be kept")


@on_sqlite
def test_a_log_holds_ids_and_no_words(database, work, start_worker, notes):
    hand_over(database, work, "fail", secret="a word of the payload")
    worker = start_worker()

    worker.wait_for_log("job given up")
    worker.stop()

    assert "ValueError" in worker.log
    assert "worker_program.py" in worker.log
    assert "word" not in worker.log.replace("worker", "")
    assert "Conductor" not in worker.log
    assert "Traceback" not in worker.log
