from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from storage.database import Database
from storage.login_tries import FORGOTTEN_AFTER, KNOWN_FOR, LoginTries, LoginTry

HOME, OTHER = "203.0.113.5", "203.0.113.6"


class Clock:
    def __init__(self):
        self.now = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

    def __call__(self):
        return self.now

    def go_on(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tries(database, clock):
    return LoginTries(database, clock)


def guess(tries, address, times=1):
    """Try a wrong password so many times; return how long each had to wait."""
    return [tries.begin(address) for _ in range(times)]


def test_the_sixth_wrong_try_of_an_address_has_to_wait(tries):
    waits = guess(tries, HOME, 6)

    assert waits == [0, 0, 0, 0, 0, 30]


def test_each_wrong_try_after_a_lock_locks_for_twice_as_long_up_to_an_hour(tries, clock):
    guess(tries, HOME, 5)

    waits = []
    for _ in range(10):
        waits.append(tries.begin(HOME))
        clock.go_on(waits[-1])
        assert tries.begin(HOME, spared=True) == 0

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_what_is_tried_while_locked_does_not_lengthen_the_lock(tries, clock):
    guess(tries, HOME, 5)

    guess(tries, HOME, 50)
    clock.go_on(30)

    assert tries.begin(HOME) == 0


def test_one_address_does_not_lock_another(tries):
    guess(tries, HOME, 9)

    assert tries.begin(OTHER) == 0


def test_twenty_wrong_tries_from_anywhere_lock_everybody_for_five_minutes_at_most(tries, clock):
    waits = [tries.begin(f"203.0.113.{n}") for n in range(21)]
    for n in range(20):
        clock.go_on(300)
        waits.append(tries.begin(f"198.51.100.{n}"))
    waits.append(tries.begin("198.51.100.99"))

    assert waits == [0] * 20 + [30] + [0] * 20 + [300]


def test_an_address_that_was_right_once_is_spared_what_others_did(tries, clock):
    tries.begin(HOME)
    tries.was_right(HOME)

    for n in range(25):
        tries.begin(f"198.51.100.{n}")

    assert tries.begin(HOME) == 0
    assert tries.begin(OTHER) > 0
    clock.now += KNOWN_FOR + timedelta(seconds=1)
    for n in range(25):
        tries.begin(f"198.51.100.{n}")
    assert tries.begin(HOME) > 0


def test_who_sits_at_the_machine_is_spared_what_others_did(tries):
    for n in range(25):
        tries.begin(f"198.51.100.{n}")

    assert tries.begin("this machine", spared=True) == 0


def test_a_right_password_takes_back_the_wrong_tries(tries):
    guess(tries, HOME, 5)
    tries.was_right(HOME)

    assert guess(tries, HOME, 6) == [0, 0, 0, 0, 0, 30]


def test_right_tries_do_not_count_towards_the_lock_of_everybody(tries):
    for n in range(40):
        assert tries.begin(f"203.0.113.{n}") == 0
        tries.was_right(f"203.0.113.{n}")

    assert tries.begin("198.51.100.1") == 0


@pytest.mark.parametrize("known", [False, True])
def test_wrong_tries_are_forgotten_after_a_day(tries, clock, known):
    if known:
        tries.was_right(HOME)
    guess(tries, HOME, 4)

    clock.now += FORGOTTEN_AFTER + timedelta(seconds=1)

    assert guess(tries, HOME, 5) == [0, 0, 0, 0, 0]


def test_two_processes_count_together(database_url, clock):
    with ExitStack() as stack:
        one, other = (LoginTries(opened(stack, database_url), clock) for _ in range(2))

        guess(one, HOME, 3)
        guess(other, HOME, 2)

        assert one.begin(HOME) == other.begin(HOME) == 30


def test_tries_made_at_once_get_no_more_guesses_than_tries_made_in_turn(database_url, clock):
    with ExitStack() as stack, ThreadPoolExecutor(12) as threads:
        processes = [LoginTries(opened(stack, database_url), clock) for _ in range(3)]

        waits = list(threads.map(lambda n: processes[n % 3].begin(HOME), range(24)))

    assert sorted(waits) == [0] * 5 + [30] * 19


def opened(stack, url):
    database = Database(url)
    stack.callback(database.close)
    return database


def test_what_is_forgotten_is_gone_from_the_database(tries, clock, database):
    guess(tries, HOME, 2)
    tries.was_right(OTHER)
    clock.now += FORGOTTEN_AFTER + timedelta(seconds=1)

    tries.begin("198.51.100.1")

    with database.read() as connection:
        assert set(connection.scalars(select(LoginTry.address))) == {OTHER, "198.51.100.1", "*"}


# Where the database cannot be written to


@pytest.fixture
def locked(database_url):
    """A database that another process has locked, as a long migration does, and a way to end that."""
    with ExitStack() as stack:
        other = opened(stack, database_url)
        ours = Database(database_url, busy_timeout_s=0.05)
        stack.callback(ours.close)
        lock = stack.enter_context(ExitStack())
        connection = lock.enter_context(other.write())
        if not ours.is_sqlite:
            connection.exec_driver_sql("LOCK TABLE login_tries IN ACCESS EXCLUSIVE MODE")
        yield ours, lock.close


def test_no_guess_is_free_while_the_database_is_locked(locked, clock):
    database, _ = locked
    tries = LoginTries(database, clock)

    with capture_logs() as logs:
        waits = guess(tries, HOME, 6)

    assert waits == [0, 0, 0, 0, 0, 30]
    assert {line["event"] for line in logs} == {"login_tries_database"}


def test_the_right_password_is_let_in_while_the_database_is_locked(locked, clock):
    database, _ = locked
    tries = LoginTries(database, clock)

    assert tries.begin(HOME) == 0
    tries.was_right(HOME)

    assert guess(tries, HOME, 6) == [0, 0, 0, 0, 0, 30]


def test_once_the_database_can_be_written_to_it_is_what_counts(locked, clock):
    database, unlock = locked
    tries = LoginTries(database, clock)
    guess(tries, HOME, 6)

    unlock()

    assert tries.begin(HOME) == 0
    with database.read() as connection:
        assert connection.scalar(select(LoginTry.wrong).where(LoginTry.address == HOME)) == 1
