"""The clock of a machine is put back by an hour: nothing waits for that hour to pass again."""

from datetime import timedelta

import pytest

from jobs.job import Job, run_pending
from jobs.leases import is_worker_alive, keep_slot, lapsed_slots, take_slot
from storage.base import utc_now

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)


@pytest.fixture
def before():
    """The time that the clock had shown before it was put back."""
    return utc_now() + HOUR


def test_a_lease_from_the_future_binds_nobody(database, before):
    with database.write() as connection:
        assert take_slot(connection, "worker-1", "dead", now=before, lease_s=5)
        assert take_slot(connection, "worker-2", "dead", now=before, lease_s=5)
        assert not is_worker_alive(connection, utc_now())
        assert lapsed_slots(connection, ["worker-1", "worker-2"], now=utc_now()) == ["worker-1", "worker-2"]

        assert take_slot(connection, "worker-1", "living", now=utc_now(), lease_s=5)

        assert is_worker_alive(connection, utc_now())
        assert lapsed_slots(connection, ["worker-1", "worker-2"], now=utc_now()) == ["worker-2"]


def test_a_living_worker_keeps_its_lease(database, before):
    with database.write() as connection:
        assert take_slot(connection, "worker-1", "living", now=before, lease_s=5)

        assert keep_slot(connection, "worker-1", "living", now=utc_now(), lease_s=5)

        assert not take_slot(connection, "worker-1", "other", now=utc_now(), lease_s=5)


def test_a_delayed_job_waits_no_longer_than_it_was_to(database, work):
    ran = []
    jobs = {"remind": Job(ran.append)}
    with database.write() as connection:
        work.enqueue(connection, "remind", {"n": 1}, delay_s=15)
    back = utc_now() - HOUR

    assert work.bring_forward(back) == 1

    assert run_pending(work, jobs, now=back + timedelta(seconds=10)) == 0
    assert run_pending(work, jobs, now=back + timedelta(seconds=20)) == 1
    assert ran == [{"n": 1}]


def test_delayed_jobs_are_left_alone_while_the_clock_is_right(database, work):
    with database.write() as connection:
        work.enqueue(connection, "remind", {"n": 1}, delay_s=7200)

    assert work.bring_forward(utc_now()) == 0
    assert work.bring_forward(utc_now() + HOUR) == 0
