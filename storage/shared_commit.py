"""One commit for transactions that wait for one another.

SQLite lets one transaction write at a time. In a rush most of a transaction's time would go into beginning it,
after the other processes', and into its commit: so whoever finds another thread of this process writing goes on
in that thread's transaction, behind a savepoint of its own, and the last one commits for all. Nobody is told that
something is written before it is.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as QueueTimeoutError

log = structlog.get_logger()

OPEN_S = 0.02
"""A transaction that has lasted so long takes nobody else in."""
PAUSE_S = 0.003
"""Between two of them, so that another process, which looks about as often, gets its turn."""


class _Transaction:
    """One that is open, for whoever's turn it is."""

    def __init__(self, engine: Engine) -> None:
        """Raises SQLAlchemyError."""
        self.connection = engine.connect()
        try:
            self._whole = self.connection.begin()
        except BaseException:
            self.connection.close()
            raise
        self.began = time.monotonic()
        self._ended = threading.Event()
        self._error: BaseException | None = None

    def commit(self) -> None:
        """End it, and let all who wrote in it know. Raises what the commit raises."""
        try:
            self._whole.commit()
        except BaseException as error:
            self._error = error
            self.connection.invalidate(error)  # SQLite's own transaction may still be open
            raise
        finally:
            self._end()

    def undo(self, error: BaseException | None) -> None:
        """End it without a trace; error: why, for those who wrote in it before."""
        self._error = error
        self._end()

    def _end(self) -> None:
        try:
            self.connection.close()  # which rolls back what was not committed
        finally:
            self._ended.set()

    def wait(self) -> None:
        """Wait for the commit. Raises what it raised."""
        self._ended.wait()
        if self._error is not None:
            raise self._error


class _Place:
    """A thread's place in the queue. given: the transaction to go on with; None: it begins one."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.given: _Transaction | None = None


class SharedCommits:
    """Transactions of one process, one after the other, in the order in which they are asked for. Thread-safe.

    wait_s: how long a thread waits for its turn.
    """

    def __init__(self, engine: Engine, *, wait_s: float) -> None:
        self._engine, self._wait_s = engine, wait_s
        self._lock = threading.Lock()
        self._queue: deque[_Place] = deque()
        self._is_taken = False
        self._rests_until = 0.0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed when the block is left; an error undoes what was written in the block.

        Raises SQLAlchemyError where its turn does not come, or it cannot be begun or committed.
        """
        transaction, is_first = self._join()
        savepoint: NestedTransaction | None = None
        try:
            if not is_first:
                savepoint = transaction.connection.begin_nested()
            yield transaction.connection
            if savepoint is not None:
                savepoint.commit()
        except BaseException as error:
            if is_first:
                self._give_up(transaction)
            else:
                self._undo(transaction, savepoint, error)
            raise
        self._pass_on(transaction)

    def _join(self) -> tuple[_Transaction, bool]:
        """Wait for the turn; return the transaction to write in, and whether nobody else has written in it."""
        given = self._wait_for_turn()
        if given is not None:
            return given, False
        try:
            time.sleep(max(0.0, self._rests_until - time.monotonic()))
            return _Transaction(self._engine), True
        except BaseException:
            self._next(None)
            raise

    def _wait_for_turn(self) -> _Transaction | None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return None
            place = _Place()
            self._queue.append(place)
        if not place.came.wait(self._wait_s):
            with self._lock:
                if not place.came.is_set():
                    self._queue.remove(place)
                    raise QueueTimeoutError(f"no turn to write within {self._wait_s:g} s")
        return place.given

    def _next(self, transaction: _Transaction | None) -> bool:
        """Give the turn to who has waited longest; False where nobody waits: then only a transaction keeps it."""
        with self._lock:
            if not self._queue:
                self._is_taken = transaction is not None
                return False
            place = self._queue.popleft()
            place.given = transaction
            place.came.set()  # at once: who finds its time over looks for itself in the queue
            return True

    def _pass_on(self, transaction: _Transaction) -> None:
        """Let the next thread go on in the transaction, or commit it; return once it is committed."""
        is_full = time.monotonic() - transaction.began >= OPEN_S
        if not is_full and self._next(transaction):
            transaction.wait()
            return
        try:
            transaction.commit()
        finally:
            self._rests_until = time.monotonic() + PAUSE_S if is_full else 0.0
            self._next(None)

    def _undo(
        self, transaction: _Transaction, savepoint: NestedTransaction | None, error: BaseException
    ) -> None:
        """Undo what one thread wrote; what others wrote before it is committed all the same, if it can be."""
        if savepoint is None:
            self._give_up(transaction, error)
            return
        try:
            savepoint.rollback()
        except SQLAlchemyError as lost:
            self._give_up(transaction, lost)
            return
        if self._next(transaction):
            return
        try:
            transaction.commit()
        except SQLAlchemyError as lost:  # told to those whom it concerns
            log.warning("commit_failed", error=type(lost).__name__)
        finally:
            self._next(None)

    def _give_up(self, transaction: _Transaction, error: BaseException | None = None) -> None:
        try:
            transaction.undo(error)
        finally:
            self._next(None)
