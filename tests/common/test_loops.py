"""Loops: they go on after errors, and it is noticed when they do not."""

import threading

import pytest
from structlog.testing import capture_logs

from common.loops import STANDSTILL, Loop, late_loops
from tests.waiting import wait_until


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def started():
    """Start loops that are stopped in the end."""
    loops = []

    def start(run, **options):
        loops.append(Loop("ours", run, every_s=0.001, **options).start())
        return loops[-1]

    yield start
    for loop in loops:
        loop.stop()
        loop.join()


def late_ones():
    return [loop.name for loop in late_loops() if loop.name == "ours"]


@pytest.mark.parametrize("error", [ValueError, KeyError, OSError, RuntimeError, AssertionError])
def test_a_loop_goes_on_whatever_is_raised(started, error):
    rounds, went_on = [], threading.Event()

    def run():
        rounds.append("a round")
        if len(rounds) == 1:
            raise error("+34600000001 said something")
        went_on.set()

    with capture_logs() as logs:
        started(run, longest_pause_s=0.01)
        assert went_on.wait(10)

    [failed] = [line for line in logs if line["event"] == "loop_failed"]
    assert failed["error"] == error.__name__ and failed["at"].startswith("test_loops.py:")
    assert "600000001" not in str(logs)


def test_the_pauses_between_errors_grow(started):
    with capture_logs() as logs:
        started(lambda: 1 / 0, longest_pause_s=0.002)
        wait_until(lambda: len(logs) > 4)

    pauses = [line["again_in_s"] for line in logs]
    assert pauses == sorted(pauses, reverse=False) or max(pauses[1:]) == 0.002


def test_a_loop_ends_by_itself(started):
    loop = started(lambda: False)

    wait_until(lambda: not loop.is_alive)


def test_a_loop_without_a_successful_round_is_late(started):
    clock, fails = Clock(), threading.Event()

    def run():
        if fails.is_set():
            raise ValueError

    loop = started(run, late_after_s=60, longest_pause_s=0.001, monotonic=clock)
    assert late_ones() == []

    fails.set()
    clock.now += 61
    wait_until(late_ones)
    assert not loop.lateness().stands_still

    fails.clear()
    wait_until(lambda: not late_ones())


def test_a_loop_that_ends_no_round_stands_still(started):
    clock, began, may_end = Clock(), threading.Event(), threading.Event()

    def run():
        began.set()
        may_end.wait(10)

    loop = started(run, late_after_s=60, monotonic=clock)
    assert began.wait(10)
    clock.now += 61
    assert not loop.lateness().stands_still

    clock.now += STANDSTILL * 60
    assert loop.lateness().stands_still and late_ones() == ["ours"]

    may_end.set()


def test_a_loop_that_concerns_nobody_else_is_never_late(started):
    clock, may_end = Clock(), threading.Event()
    loop = started(lambda: may_end.wait(10), is_vital=False, monotonic=clock)

    clock.now += 10_000

    assert loop.lateness() is not None and late_ones() == []
    may_end.set()
