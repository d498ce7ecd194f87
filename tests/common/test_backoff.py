"""Pauses between tries: longer and longer, up to a limit, and none after a success."""

from common.backoff import Backoff


def test_each_pause_is_twice_as_long_as_the_one_before_up_to_the_longest():
    now = [100.0]
    backoff = Backoff(first_s=1, longest_s=5, monotonic=lambda: now[0])
    assert backoff.is_due and not backoff.has_failed

    pauses = []
    for _ in range(5):
        backoff.failed()
        began = now[0]
        while not backoff.is_due:
            now[0] += 0.5
        pauses.append(now[0] - began)

    assert pauses == [1, 2, 4, 5, 5] and backoff.has_failed

    backoff.failed()
    backoff.succeeded()
    assert backoff.is_due and not backoff.has_failed
    backoff.failed()
    now[0] += 1
    assert backoff.is_due
