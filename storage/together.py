"""Small writes of many threads, in one transaction."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection

from storage.database import Database

T = TypeVar("T")


class Together(Generic[T]):
    """Writes what threads bring, that of about the same moment in one transaction. Thread-safe.

    write: writes one of them. order: by what they are sorted, so that two processes take rows in the same order.
    wait_s: how long the first of a batch waits for others.
    """

    def __init__(
        self,
        database: Database,
        write: Callable[[Connection, T], None],
        *,
        order: Callable[[T], str],
        wait_s: float,
    ) -> None:
        self._database, self._write, self._order, self._wait_s = database, write, order, wait_s
        self._lock = threading.Lock()
        self._batch: list[tuple[T, Future[None]]] = []

    def write(self, item: T) -> None:
        """Write something; return once it is committed. Raises what its writing, or the commit, raises."""
        mine: Future[None] = Future()
        with self._lock:
            self._batch.append((item, mine))
            is_first = len(self._batch) == 1
        if is_first:
            time.sleep(self._wait_s)
            with self._lock:
                batch, self._batch = self._batch, []
            self._commit(sorted(batch, key=lambda entry: self._order(entry[0])))
        mine.result()

    def _commit(self, batch: list[tuple[T, "Future[None]"]]) -> None:
        try:
            with self._database.write() as connection:
                for item, _ in batch:
                    self._write(connection, item)
        except Exception as error:  # noqa: BLE001  (raised in the thread that it concerns)
            self._after_failure(batch, error)
        else:
            for _, future in batch:
                future.set_result(None)

    def _after_failure(self, batch: list[tuple[T, "Future[None]"]], error: Exception) -> None:
        if len(batch) == 1:
            batch[0][1].set_exception(error)
            return
        for entry in batch:  # one that cannot be written must not keep the others from it
            self._commit([entry])
