"""Lets one process of a machine at a time prepare the model's server; the others wait until it has."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import Loop
from common.process_name import process_name
from jobs.leases import PREPARING, keep_slot, remove_slot, slot_holder, take_slot
from storage.base import utc_now
from storage.database import Database

log = structlog.get_logger()

LEASE_S = 15.0
"""After the death of its holder, the lease lapses so late."""
RENEWED_EVERY_S = 5.0
LOOK_EVERY_S = 1.0


class PreparationLease:
    """A lease in the database. While that cannot be written, every process prepares the server itself.

    machine: whose processes share a server, perhaps one of its own; this one by default.
    """

    def __init__(
        self, database: Database, *, machine: str = "", clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._clock = database, clock
        machine = machine or socket.gethostname()
        self._slot = f"{PREPARING}{machine[:45]}"
        self._holder = process_name()

    @contextmanager
    def held(self, closed: threading.Event) -> Iterator[bool]:
        """Wait for the lease and hold it. Yields whether another process has prepared the server meanwhile.

        closed: ends the wait; the lease is then not held.
        """
        has_waited = False
        is_ours, was_given_back = self._take()
        while not is_ours:
            has_waited = True
            if closed.wait(LOOK_EVERY_S):
                yield False
                return
            is_ours, was_given_back = self._take()
        keeper = Loop("preparation-lease", self._keep, every_s=RENEWED_EVERY_S, is_vital=False).start()
        try:
            yield has_waited and was_given_back
        finally:
            keeper.stop()
            self._release()

    def _take(self) -> tuple[bool, bool]:
        """Return whether the lease is this process's now, and whether its last holder has given it back."""
        try:
            with self._database.write() as connection:
                was_given_back = slot_holder(connection, self._slot) is None
                is_ours = take_slot(connection, self._slot, self._holder, now=self._clock(), lease_s=LEASE_S)
        except SQLAlchemyError as error:
            log.warning("preparation_lease_not_taken", error=type(error).__name__)
            return True, False
        return is_ours, was_given_back

    def _keep(self) -> None:
        with self._database.write() as connection:
            keep_slot(connection, self._slot, self._holder, now=self._clock(), lease_s=LEASE_S)

    def _release(self) -> None:
        try:
            with self._database.write() as connection:
                remove_slot(connection, self._slot, self._holder)
        except SQLAlchemyError as error:
            log.warning("preparation_lease_not_released", error=type(error).__name__)
