"""The lease of the process that prepares the model's server."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from conversation.models.preparation_lease import LEASE_S, PreparationLease
from jobs.leases import is_worker_alive, worker_beats

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def lease(database):
    """A lease as another process takes it, so many seconds later."""

    def lease_at(seconds=0, **values):
        return PreparationLease(database, clock=lambda: NOW + timedelta(seconds=seconds), **values)

    return lease_at


def test_who_dies_with_it_keeps_it_from_nobody_for_long_and_has_prepared_nothing(lease):
    dead = lease().held(threading.Event())
    dead.__enter__()

    with lease(LEASE_S + 1).held(threading.Event()) as is_prepared:
        assert is_prepared is False

    dead.__exit__(None, None, None)


def test_each_machine_has_one(lease):
    with (
        lease(machine="a").held(threading.Event()) as first,
        lease(machine="b").held(threading.Event()) as second,
    ):
        assert (first, second) == (False, False)


def test_it_passes_for_no_worker(lease, database):
    with lease().held(threading.Event()), database.read() as connection:
        assert not is_worker_alive(connection, NOW)
        assert worker_beats(connection) == {}


def test_nothing_is_left_of_it(lease, database):
    with lease().held(threading.Event()):
        pass

    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM worker_slots").scalar_one() == 0
