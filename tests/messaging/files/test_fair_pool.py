"""One person's many files, and the one file of another."""

import threading
from collections import Counter

import pytest

from messaging.files.fair_pool import FairPool
from tests.waiting import PATIENCE_S, wait_until

ANA, LUIS, EVA = 1, 2, 3


@pytest.fixture
def pool():
    pool = FairPool(4, most_of_one=3, name="test")
    yield pool
    pool.close()


class Tasks:
    """Tasks that last until they are let go, and the order in which they began."""

    def __init__(self):
        self.begun, self.may_end = [], threading.Event()
        self.steps = threading.Semaphore(0)

    def of(self, person):
        def task():
            self.begun.append(person)
            assert self.steps.acquire(timeout=PATIENCE_S)
            return person

        return task


@pytest.fixture
def tasks():
    tasks = Tasks()
    yield tasks
    tasks.steps.release(1000)


def test_somebody_elses_file_need_not_wait_for_ten_of_one_person(pool, tasks):
    for _ in range(10):
        pool.submit(ANA, tasks.of(ANA))
    wait_until(lambda: len(tasks.begun) == 3)

    pool.submit(LUIS, tasks.of(LUIS))
    wait_until(lambda: LUIS in tasks.begun)

    assert Counter(tasks.begun) == {ANA: 3, LUIS: 1}


def test_people_take_turns(pool, tasks):
    for person in [ANA] * 8 + [LUIS] * 2 + [EVA] * 2:
        pool.submit(person, tasks.of(person))
    wait_until(lambda: len(tasks.begun) == 4)

    for count in range(5, 13):
        tasks.steps.release()
        wait_until(lambda count=count: len(tasks.begun) == count)

    assert {LUIS, EVA} < set(tasks.begun[:6]) and tasks.begun[-3:] == [ANA] * 3


def test_what_goes_wrong_is_the_results_and_nobody_elses(pool):
    def broken():
        raise ValueError("no")

    bad, good = pool.submit(ANA, broken), pool.submit(ANA, lambda: 7)

    assert isinstance(bad.exception(PATIENCE_S), ValueError) and good.result(PATIENCE_S) == 7


def test_what_has_not_begun_at_the_end_is_cancelled(pool, tasks):
    futures = [pool.submit(ANA, tasks.of(ANA)) for _ in range(5)]
    wait_until(lambda: len(tasks.begun) == 3)

    pool.close()

    assert [future.cancelled() for future in futures] == [False] * 3 + [True] * 2
