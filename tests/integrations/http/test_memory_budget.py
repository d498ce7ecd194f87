"""The budget of memory for files: what is given out, in which order, and what comes back."""

import threading

import pytest

from integrations.errors import IntegrationError
from integrations.http.memory_budget import NO_MEMORY, HeldFile, MemoryBudget
from tests.waiting import wait_until


@pytest.fixture
def budget():
    return MemoryBudget(100)


def waiter(budget, size, got):
    """Somebody who waits for memory, and says what came of it."""

    def wait():
        try:
            got.append((size, budget.reserve(size, within_s=30)))
        except IntegrationError as error:
            got.append((size, error))

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_what_is_released_can_be_reserved_again(budget):
    first = budget.reserve(70, within_s=0)

    with pytest.raises(IntegrationError) as refused:
        budget.reserve(40, within_s=0)
    first.release()
    first.release()

    assert (refused.value.code, refused.value.permanent) == (NO_MEMORY, False)
    assert budget.free_bytes == 100


def test_more_than_there_is_means_all_there_is(budget):
    whole = budget.reserve(10**9, within_s=0)

    assert budget.free_bytes == 0
    whole.release()
    assert budget.free_bytes == 100


def test_what_is_not_needed_comes_back_at_once(budget):
    room = budget.reserve(80, within_s=0)
    part = room.split(50)

    part.shrink(10)

    assert budget.free_bytes == 60
    room.release()
    assert budget.free_bytes == 90
    part.release()
    assert budget.free_bytes == 100


def test_what_nobody_refers_to_is_released(budget):
    budget.reserve(80, within_s=0)

    assert budget.free_bytes == 100


def test_a_large_file_is_not_overtaken_by_small_ones(budget):
    got = []
    held = budget.reserve(60, within_s=0)
    large = waiter(budget, 90, got)
    wait_until(lambda: budget.is_short)
    small = waiter(budget, 30, got)  # there is room for it, but beside the large one there is none

    held.release()
    large.join(30)

    assert [size for size, _ in got] == [90]
    got[0][1].release()
    small.join(30)
    assert [size for size, _ in got] == [90, 30]


def test_what_waits_in_vain_keeps_nobody_waiting(budget):
    got = []
    held = budget.reserve(60, within_s=0)

    with pytest.raises(IntegrationError):
        budget.reserve(90, within_s=0.05)
    waiter(budget, 40, got).join(30)

    assert [size for size, _ in got] == [40] and not budget.is_short
    held.release()


def test_what_can_be_fetched_again_gives_way(budget):
    kept = [budget.reserve(60, within_s=0)]
    budget.when_short(lambda: kept.pop().release())

    room = budget.reserve(90, within_s=5)

    assert kept == [] and budget.free_bytes == 10
    room.release()


def test_a_file_that_cannot_be_read_leaves_its_memory(budget):
    def broken():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        HeldFile.read(broken, budget.reserve(50, within_s=0))

    assert budget.free_bytes == 100


def test_a_file_counts_as_what_it_is_until_it_is_released(budget):
    with HeldFile.read(lambda: b"sixteen bytes...", budget.reserve(50, within_s=0)) as file:
        assert (file.content, budget.free_bytes) == (b"sixteen bytes...", 84)

    assert (file.content, budget.free_bytes) == (b"", 100)
