import pytest

from storage.login_tries import FORGOTTEN_AFTER_S, KNOWN_FOR_S, LoginTries

HOME, OTHER = "203.0.113.5", "203.0.113.6"


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return self.now


def make(tmp_path):
    clock = Clock()
    return LoginTries(tmp_path / "tries.db", clock), clock


def guess(tries, address, times=1):
    """Try a wrong password so many times; return how long each had to wait."""
    return [tries.begin(address) for _ in range(times)]


def test_the_sixth_wrong_try_of_an_address_has_to_wait(tmp_path):
    tries, _ = make(tmp_path)

    waits = guess(tries, HOME, 6)

    assert waits == [0, 0, 0, 0, 0, 30]


def test_each_wrong_try_after_a_lock_locks_for_twice_as_long_up_to_an_hour(tmp_path):
    tries, clock = make(tmp_path)
    guess(tries, HOME, 5)

    waits = []
    for _ in range(10):
        waits.append(tries.begin(HOME))
        clock.now += waits[-1]
        assert tries.begin(HOME, spared=True) == 0

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_what_is_tried_while_locked_does_not_lengthen_the_lock(tmp_path):
    tries, clock = make(tmp_path)
    guess(tries, HOME, 5)

    guess(tries, HOME, 50)
    clock.now += 30

    assert tries.begin(HOME) == 0


def test_one_address_does_not_lock_another(tmp_path):
    tries, _ = make(tmp_path)

    guess(tries, HOME, 9)

    assert tries.begin(OTHER) == 0


def test_twenty_wrong_tries_from_anywhere_lock_everybody_for_five_minutes_at_most(tmp_path):
    tries, clock = make(tmp_path)

    waits = [tries.begin(f"203.0.113.{n}") for n in range(21)]
    for n in range(20):
        clock.now += 300
        waits.append(tries.begin(f"198.51.100.{n}"))
    waits.append(tries.begin("198.51.100.99"))

    assert waits == [0] * 20 + [30] + [0] * 20 + [300]


def test_an_address_that_was_right_once_is_spared_what_others_did(tmp_path):
    tries, clock = make(tmp_path)
    tries.begin(HOME)
    tries.was_right(HOME)

    for n in range(25):
        tries.begin(f"198.51.100.{n}")

    assert tries.begin(HOME) == 0
    assert tries.begin(OTHER) > 0
    clock.now += KNOWN_FOR_S + 1
    for n in range(25):
        tries.begin(f"198.51.100.{n}")
    assert tries.begin(HOME) > 0


def test_who_sits_at_the_machine_is_spared_what_others_did(tmp_path):
    tries, _ = make(tmp_path)

    for n in range(25):
        tries.begin(f"198.51.100.{n}")

    assert tries.begin("this machine", spared=True) == 0


def test_a_right_password_takes_back_the_wrong_tries(tmp_path):
    tries, _ = make(tmp_path)
    guess(tries, HOME, 5)
    tries.was_right(HOME)

    assert guess(tries, HOME, 6) == [0, 0, 0, 0, 0, 30]


def test_right_tries_do_not_count_towards_the_lock_of_everybody(tmp_path):
    tries, _ = make(tmp_path)

    for n in range(40):
        assert tries.begin(f"203.0.113.{n}") == 0
        tries.was_right(f"203.0.113.{n}")

    assert tries.begin("198.51.100.1") == 0


@pytest.mark.parametrize("known", [False, True])
def test_wrong_tries_are_forgotten_after_a_day(tmp_path, known):
    tries, clock = make(tmp_path)
    if known:
        tries.was_right(HOME)
    guess(tries, HOME, 4)

    clock.now += FORGOTTEN_AFTER_S + 1

    assert guess(tries, HOME, 5) == [0, 0, 0, 0, 0]


def test_two_processes_count_together(tmp_path):
    clock = Clock()
    one, other = (LoginTries(tmp_path / "tries.db", clock) for _ in range(2))

    guess(one, HOME, 3)
    guess(other, HOME, 2)

    assert one.begin(HOME) == other.begin(HOME) == 30
