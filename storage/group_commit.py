"""Group commit: one transaction for the writes of many threads.

SQLite allows one write transaction at a time, and each of its calls releases the interpreter's lock: a thread that has
the turn waits for all the others after each statement, and all the others wait for it. Under load, therefore, the
thread that has the turn also runs the write requests queued behind it, one after the other, and commits for all. No
request is reported as written before the commit.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

from storage.after_commit import run_actions, take_actions

OPEN_S = 0.02
"""Seconds after which a transaction takes no more requests."""
PAUSE_S = 0.003
"""Seconds between two transactions, so that another process, which polls about as often, gets its turn."""

T = TypeVar("T")


class WriteRequest:
    """A thread's write request in the queue. work: run for the thread; None: the thread writes by itself."""

    def __init__(self, work: Callable[[Connection], Any] | None = None) -> None:
        self.work = work
        self.is_settled = False
        """Written or failed; otherwise the thread that is called has the turn."""
        self._context = copy_context()  # its log lines belong to its own web request
        self._result: Any = None
        self._error: BaseException | None = None
        self._called = threading.Lock()
        self._called.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Wait to be called; return False after a timeout."""
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """Wake the thread."""
        self._called.release()

    def write(self, connection: Connection) -> None:
        """Run the work. Raises its errors."""
        assert self.work is not None
        self._result = self._context.run(self.work, connection)

    def settle(self, error: BaseException | None = None) -> None:
        """Record the commit, or the reason for its failure."""
        self.is_settled, self._error = True, error

    def outcome(self) -> Any:
        """Return the result of the work. Raises the error that kept it from being written."""
        if self._error is not None:
            raise self._error
        return self._result


class GroupCommit:
    """The transactions of one process, one after the other, in the order of their requests. Thread-safe.

    What waits for a commit (storage/after_commit.py) is done before the next transaction.

    wait_s: seconds that a thread waits for its turn.
    """

    def __init__(self, engine: Engine, *, wait_s: float) -> None:
        self._engine, self._wait_s = engine, wait_s
        self._lock = threading.Lock()
        self._queue: deque[WriteRequest] = deque()
        self._is_taken = False
        self._rests_until = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction of one's own, committed at the end of the block and rolled back on an error.

        Raises SQLAlchemyError if its turn does not come, or it cannot be begun or committed.
        """
        self._wait_for_turn(WriteRequest())
        try:
            with self._transaction() as connection:
                yield connection
        finally:
            self._next()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return the result of `work` once it is committed, together with other threads' work.

        `work` may run in another thread, and twice. Raises its errors, and those of `write`.
        """
        request = WriteRequest(work)
        self._wait_for_turn(request)
        if not request.is_settled:
            try:
                self._write_with_others(request)
            finally:
                self._next()
        result: T = request.outcome()
        return result

    def _write_with_others(self, mine: WriteRequest) -> None:
        """Write this request, and those behind it, in one transaction; if that fails, each in its own."""
        requests = [mine]
        try:
            with self._transaction() as connection:
                until = time.monotonic() + OPEN_S
                mine.write(connection)
                while time.monotonic() < until and (other := self._take()) is not None:
                    requests.append(other)
                    other.write(connection)
        except BaseException as error:  # noqa: BLE001  (raised in the thread that it concerns)
            self._after_failure(requests, error)
        else:
            for request in requests:
                request.settle()
        finally:
            for other in requests[1:]:
                other.call()

    def _after_failure(self, requests: list[WriteRequest], error: BaseException) -> None:
        if len(requests) == 1 or not isinstance(error, Exception):
            for request in requests:
                request.settle(error)
            return
        for request in requests:  # a failing request must not hold up the others
            try:
                with self._transaction() as connection:
                    request.write(connection)
            except BaseException as own:  # noqa: BLE001
                request.settle(own)
            else:
                request.settle()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        time.sleep(max(0.0, self._rests_until - time.monotonic()))
        with self._engine.connect() as connection:
            whole, began = connection.begin(), time.monotonic()
            take_actions(connection)  # of one that was rolled back
            try:
                yield connection
                _commit(connection, whole)
                actions = take_actions(connection)
            finally:
                is_long = time.monotonic() - began >= OPEN_S
                self._rests_until = time.monotonic() + PAUSE_S if is_long else 0.0
        run_actions(actions)

    def _wait_for_turn(self, request: WriteRequest) -> None:
        """Wait for this thread's turn, or until its request is settled. Raises sqlalchemy.exc.TimeoutError."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            self._queue.append(request)
        if not request.wait(self._wait_s):
            self._leave_queue(request)

    def _leave_queue(self, request: WriteRequest) -> None:
        with self._lock:
            if request in self._queue:
                self._queue.remove(request)
                raise QueueTimeoutError(f"no turn to write within {self._wait_s:g} s")
        request.wait()  # it was taken out in this very moment

    def _take(self) -> WriteRequest | None:
        """Remove and return the next request, if it has work to run."""
        with self._lock:
            return self._queue.popleft() if self._queue and self._queue[0].work is not None else None

    def _next(self) -> None:
        """Give the turn to the next request."""
        with self._lock:
            self._is_taken = bool(self._queue)
            request = self._queue.popleft() if self._queue else None
        if request is not None:
            request.call()


def _commit(connection: Connection, transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except BaseException as error:
        connection.invalidate(error)  # SQLite's own transaction may still be open
        raise
