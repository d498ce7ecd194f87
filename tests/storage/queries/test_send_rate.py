"""The rate of a number that several workers send from at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from storage.queries import send_rate
from tests.waiting import is_anyone_blocked, wait_until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
INTERVAL, WITHIN = timedelta(seconds=3), timedelta(seconds=30)


def take(connection):
    return send_rate.take(connection, "us", INTERVAL, NOON, within=WITHIN)


def hold(connection):
    return send_rate.hold(connection, "us", NOON + timedelta(seconds=20), NOON)


@pytest.fixture
def at_once(postgres_database):
    """Let a second worker begin when the first has read the row and not yet written it; return what both got."""

    def run(writes):
        with postgres_database.write() as connection:
            return writes(connection)

    def at_once(first, second):
        others = []

        def begin_other(_connection, statement, *_):
            if statement.is_update:
                others.append(pool.submit(run, second))
                wait_until(lambda: others[0].done() or is_anyone_blocked(postgres_database))

        with ThreadPoolExecutor(1) as pool:
            with postgres_database.write() as connection:
                event.listen(connection, "before_execute", begin_other)
                got = first(connection)
            return got, others[0].result()

    run(take)  # so that the number has its row
    return at_once


def test_two_workers_at_once_get_one_place_after_another(at_once):
    assert at_once(take, take) == (NOON + INTERVAL, NOON + 2 * INTERVAL)


def test_whoever_takes_a_place_while_the_number_is_held_back_waits_as_long(at_once):
    assert at_once(hold, take) == (None, NOON + timedelta(seconds=20))


def test_a_number_that_nobody_sent_from_has_one_first_place(at_once):
    def take_theirs(connection):
        return send_rate.take(connection, "theirs", INTERVAL, NOON, within=WITHIN)

    assert at_once(take_theirs, take_theirs) == (NOON, NOON + INTERVAL)


def take_free(connection, most=8):
    ahead, batch = timedelta(milliseconds=50), timedelta(seconds=6)
    return send_rate.take_free(connection, "us", INTERVAL, NOON, ahead=ahead, batch=batch, most=most)


@pytest.mark.both_databases
def test_what_nobody_waits_for_takes_a_few_times_in_a_row(database):
    with database.write() as connection:
        assert take_free(connection) == ([NOON, NOON + INTERVAL], NOON + 2 * INTERVAL)


@pytest.mark.both_databases
def test_what_nobody_waits_for_takes_nothing_while_others_have_the_number(database):
    with database.write() as connection:
        take(connection)

        assert take_free(connection) == ([], NOON + INTERVAL)
        assert take(connection) == NOON + INTERVAL, "nothing was reserved"


@pytest.mark.both_databases
def test_a_single_message_has_its_time_however_long_that_is(database):
    with database.write() as connection:
        ahead, batch = timedelta(milliseconds=50), timedelta(milliseconds=100)
        times, free_at = send_rate.take_free(
            connection, "us", INTERVAL, NOON, ahead=ahead, batch=batch, most=8
        )

        assert (times, free_at) == ([NOON], NOON + INTERVAL)
