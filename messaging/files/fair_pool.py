"""Runs tasks of many people on a few threads, one person after another."""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class FairPool:
    """Runs the tasks of each person in order, and takes turns among the people. Thread-safe.

    most_of_one: the most threads for one person at once, so that another one never waits for all of them.
    """

    def __init__(self, threads: int, *, most_of_one: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most_of_one = most_of_one
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, deque[Callable[[], bool]]] = OrderedDict()
        """By person, whose turn comes first."""
        self._running: Counter[int] = Counter()
        self._futures: set[Future[Any]] = set()

    def submit(self, person: int, task: Callable[[], T]) -> "Future[T]":
        """Run a task when it is this person's turn."""
        future: Future[T] = Future()
        with self._lock:
            self._waiting.setdefault(person, deque()).append(partial(_run, future, task))
        future.add_done_callback(self._futures.discard)
        self._futures.add(future)
        self._pool.submit(self._work)
        return future

    def close(self) -> None:
        """Run nothing more; tasks that have not begun are cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._waiting.clear()
        for future in list(self._futures):
            future.cancel()

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            person, run = taken
            try:
                run()
            finally:
                with self._lock:
                    self._running[person] -= 1
                    if not self._running[person]:
                        del self._running[person]

    def _next(self) -> tuple[int, Callable[[], bool]] | None:
        """Take the next task, of the person whose turn it is; None if nobody may have another one now."""
        with self._lock:
            free = (each for each in self._waiting if self._running[each] < self._most_of_one)
            person = next(free, None)
            if person is None:
                return None
            tasks = self._waiting[person]
            run = tasks.popleft()
            if tasks:
                self._waiting.move_to_end(person)
            else:
                del self._waiting[person]
            self._running[person] += 1
        return person, run


def _run(future: "Future[T]", task: Callable[[], T]) -> bool:
    if not future.set_running_or_notify_cancel():
        return False
    try:
        future.set_result(task())
    except BaseException as error:  # noqa: BLE001  (whoever waits for the result gets it)
        future.set_exception(error)
    return True
