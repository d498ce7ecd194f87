"""One commit for what many threads have to write.

SQLite lets one transaction write at a time, and each of its calls lets go of the interpreter: a thread that has
the turn waits for all the others after each statement, and all the others wait for it. So in a rush whoever has
the turn writes what those behind it have brought as well, one after the other, and commits for all. Nobody is told
that something is written before it is.
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

OPEN_S = 0.02
"""A transaction that has lasted so long takes nothing more in."""
PAUSE_S = 0.003
"""Between two of them, so that another process, which looks about as often, gets its turn."""

T = TypeVar("T")


class WriteRequest:
    """A thread's place in the queue. brings: what is to be written for it; None: it writes by itself."""

    def __init__(self, work: Callable[[Connection], Any] | None = None) -> None:
        self.work = work
        self.is_settled = False
        """Whether it was written, or failed; else the thread that is called has the turn."""
        self._context = copy_context()  # what is logged by it is logged under its own request
        self._result: Any = None
        self._error: BaseException | None = None
        self._called = threading.Lock()
        self._called.acquire()

    def wait(self, seconds: float = -1) -> bool:
        """Wait to be called; False where that takes longer."""
        return self._called.acquire(timeout=seconds)

    def call(self) -> None:
        """Wake the thread."""
        self._called.release()

    def write(self, connection: Connection) -> None:
        """Write what it brings. Raises what that raises."""
        assert self.work is not None
        self._result = self._context.run(self.work, connection)

    def settle(self, error: BaseException | None = None) -> None:
        """Say that it is committed, or why not."""
        self.is_settled, self._error = True, error

    def outcome(self) -> Any:
        """Return what the writing returned. Raises what kept it from being written."""
        if self._error is not None:
            raise self._error
        return self._result


class GroupCommit:
    """Transactions of one process, one after the other, in the order in which they are asked for. Thread-safe.

    wait_s: how long a thread waits for its turn.
    """

    def __init__(self, engine: Engine, *, wait_s: float) -> None:
        self._engine, self._wait_s = engine, wait_s
        self._lock = threading.Lock()
        self._queue: deque[WriteRequest] = deque()
        self._is_taken = False
        self._rests_until = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of one's own, committed when the block is left; an error undoes what was written in it.

        Raises SQLAlchemyError where its turn does not come, or it cannot be begun or committed.
        """
        self._wait_for_turn(WriteRequest())
        try:
            with self._transaction() as connection:
                yield connection
        finally:
            self._next()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what `brings` returns once that is committed, together with what other threads brought.

        It may run in another thread, and twice. Raises what it raises, and as `write`.
        """
        place = WriteRequest(work)
        self._wait_for_turn(place)
        if not place.is_settled:
            try:
                self._write_with_others(place)
            finally:
                self._next()
        result: T = place.outcome()
        return result

    def _write_with_others(self, mine: WriteRequest) -> None:
        """Write this, and what waits behind it, in one transaction; where that fails each in its own."""
        places = [mine]
        try:
            with self._transaction() as connection:
                until = time.monotonic() + OPEN_S
                mine.write(connection)
                while time.monotonic() < until and (other := self._take()) is not None:
                    places.append(other)
                    other.write(connection)
        except BaseException as error:  # noqa: BLE001  (raised in the thread that it concerns)
            self._after_failure(places, error)
        else:
            for place in places:
                place.settle()
        finally:
            for other in places[1:]:
                other.call()

    def _after_failure(self, places: list[WriteRequest], error: BaseException) -> None:
        if len(places) == 1 or not isinstance(error, Exception):
            for place in places:
                place.settle(error)
            return
        for place in places:  # one that cannot be written must not keep the others from it
            try:
                with self._transaction() as connection:
                    place.write(connection)
            except BaseException as own:  # noqa: BLE001
                place.settle(own)
            else:
                place.settle()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        time.sleep(max(0.0, self._rests_until - time.monotonic()))
        with self._engine.connect() as connection:
            whole, began = connection.begin(), time.monotonic()
            try:
                yield connection
                _commit(connection, whole)
            finally:
                is_long = time.monotonic() - began >= OPEN_S
                self._rests_until = time.monotonic() + PAUSE_S if is_long else 0.0

    def _wait_for_turn(self, place: WriteRequest) -> None:
        """Wait until it is this thread's turn, or what it brings is settled. Raises sqlalchemy.exc.TimeoutError."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            self._queue.append(place)
        if not place.wait(self._wait_s):
            self._leave_queue(place)

    def _leave_queue(self, place: WriteRequest) -> None:
        with self._lock:
            if place in self._queue:
                self._queue.remove(place)
                raise QueueTimeoutError(f"no turn to write within {self._wait_s:g} s")
        place.wait()  # it was taken out in this very moment

    def _take(self) -> WriteRequest | None:
        """Take out whoever waits next, where it is for something to be written for them."""
        with self._lock:
            return self._queue.popleft() if self._queue and self._queue[0].work is not None else None

    def _next(self) -> None:
        """Give the turn to whoever waits next."""
        with self._lock:
            self._is_taken = bool(self._queue)
            place = self._queue.popleft() if self._queue else None
        if place is not None:
            place.call()


def _commit(connection: Connection, transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except BaseException as error:
        connection.invalidate(error)  # SQLite's own transaction may still be open
        raise
