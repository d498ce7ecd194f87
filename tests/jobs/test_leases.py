"""Slots: who may lease one, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.leases import (
    HOUSEKEEPING,
    is_worker_alive,
    keep_slot,
    lapsed_slots,
    release_slot,
    slot_holder,
    take_slot,
    worker_beats,
)

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def take(database, slot, holder, now=NOW):
    with database.write() as connection:
        return take_slot(connection, slot, holder, now=now, lease_s=5)


def keep(database, slot, holder, now):
    with database.write() as connection:
        return keep_slot(connection, slot, holder, now=now, lease_s=5)


def test_a_slot_that_is_taken_is_given_to_nobody_else(database):
    assert take(database, "worker-1", "a")

    assert not take(database, "worker-1", "b", after(4.9))
    with database.read() as connection:
        assert slot_holder(connection, "worker-1") == "a"


def test_slots_are_leased_apart(database):
    assert take(database, "worker-1", "a")
    assert take(database, "worker-2", "b")


def test_a_lapsed_slot_is_given_to_the_next_who_asks_and_the_last_holder_is_told(database):
    take(database, "worker-1", "a")

    assert take(database, "worker-1", "b", after(5))

    assert not keep(database, "worker-1", "a", after(5))
    assert keep(database, "worker-1", "b", after(6))


def test_a_beat_lengthens_the_lease(database):
    take(database, "worker-1", "a")
    keep(database, "worker-1", "a", after(4))

    assert not take(database, "worker-1", "b", after(8))
    assert take(database, "worker-1", "b", after(9))


def test_a_beat_after_the_lease_lapsed_is_good_while_nobody_took_the_slot(database):
    take(database, "worker-1", "a")

    assert keep(database, "worker-1", "a", after(60))


def test_a_released_slot_is_free_at_once_and_only_its_holder_can_release_it(database):
    take(database, "worker-1", "a")

    with database.write() as connection:
        release_slot(connection, "worker-1", "b", now=NOW)
    assert not take(database, "worker-1", "b")

    with database.write() as connection:
        release_slot(connection, "worker-1", "a", now=NOW)
    assert take(database, "worker-1", "b")


def test_slots_nobody_lives_in_are_lapsed_whether_ever_leased_or_not(database):
    take(database, "worker-1", "a")
    take(database, "worker-2", "b", after(3))

    with database.read() as connection:
        lapsed = lapsed_slots(connection, ["worker-3", "worker-2", "worker-1"], now=after(6))

    assert lapsed == ["worker-1", "worker-3"]


def test_a_worker_is_alive_while_one_holds_a_lease_and_its_beats_are_known(database):
    take(database, "worker-1", "a")
    keep(database, "worker-1", "a", after(1))

    with database.read() as connection:
        assert is_worker_alive(connection, after(5))
        assert not is_worker_alive(connection, after(6))
        assert worker_beats(connection) == {"worker-1": after(1)}


def test_the_housekeeping_slot_is_no_worker(database):
    take(database, HOUSEKEEPING, "a")
    keep(database, HOUSEKEEPING, "a", NOW)

    with database.read() as connection:
        assert not is_worker_alive(connection, NOW)
        assert worker_beats(connection) == {}
