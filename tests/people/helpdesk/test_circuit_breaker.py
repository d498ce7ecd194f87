"""Leaving a Chatwoot in peace that does not answer."""

import pytest

from integrations.errors import IntegrationError
from people.helpdesk.circuit_breaker import PROBE_S, REST_S, Rest


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rest(clock):
    return Rest(clock)


def is_resting(rest):
    try:
        rest.check()
    except IntegrationError as error:
        assert not error.permanent
        return True
    return False


def test_nobody_rests_while_it_answers(rest):
    assert not is_resting(rest)


def test_while_it_rests_nobody_asks_and_then_one_alone_finds_out(rest, clock):
    rest.begin()
    assert is_resting(rest)

    clock.now += REST_S
    assert not is_resting(rest)
    assert is_resting(rest)  # the one before is finding out

    rest.end()
    assert not is_resting(rest)


def test_it_is_left_alone_for_as_long_as_it_asks(rest, clock):
    rest.begin(40)

    clock.now += 39
    assert is_resting(rest)
    clock.now += 1
    assert not is_resting(rest)


def test_who_finds_out_and_never_says_is_followed_by_another(rest, clock):
    rest.begin()
    clock.now += REST_S
    assert not is_resting(rest)

    clock.now += PROBE_S
    assert not is_resting(rest)
