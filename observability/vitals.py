"""Watches this process: its loops, and what it can write; and gives signs of life that all processes can see."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import LateLoop, Loop, late_loops
from common.process_name import process_name
from observability.disk import NOTHING_FOUND, DiskState, look_at_disks
from storage import processes
from storage.base import utc_now
from storage.database import Database

log = structlog.get_logger()

EVERY_S = 10.0
LAST_ROUND_S = 3.0
"""How long the end waits for a check in hand: one that finds the database locked takes a second."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found at a check."""

    disk: DiskState = NOTHING_FOUND
    is_database_writable: bool = True
    late: tuple[LateLoop, ...] = ()

    @property
    def unwritable(self) -> tuple[str, ...]:
        """What cannot be written: "database", "data", "log"."""
        database = () if self.is_database_writable else ("database",)
        return tuple(dict.fromkeys(database + self.disk.unwritable))


class Vitals:
    """Checks a process every few seconds. kind: web or worker. folders: those that it writes to, by name."""

    def __init__(
        self,
        database: Database,
        *,
        kind: str,
        folders: Mapping[str, Path],
        late: Callable[[], list[LateLoop]] = late_loops,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._kind, self._folders, self._clock = database, kind, folders, clock
        self._late = late
        self._name = process_name()
        self._found = Findings()
        self._give_up: Callable[[], None] = lambda: None
        self._loop: Loop | None = None

    @property
    def found(self) -> Findings:
        """What the last check found, with the loops that are late now."""
        return Findings(self._found.disk, self._found.is_database_writable, tuple(self._late()))

    def begin(self, give_up: Callable[[], None]) -> None:
        """Check from now on. give_up: ends this process, once one of its loops stands still; it is started anew."""
        self._give_up = give_up
        if self._loop is None:
            self._loop = Loop("vitals", self.check, every_s=EVERY_S).start()

    def close(self) -> None:
        """Check no more, and leave no sign of life behind."""
        if self._loop is None:
            return
        self._loop.stop()
        self._loop.join(LAST_ROUND_S)  # which would write the sign once more
        try:
            with self._database.write() as connection:
                processes.forget(connection, self._name)
        except SQLAlchemyError as error:
            log.warning("process_not_forgotten", error=type(error).__name__)

    def check(self) -> None:
        """Look once, and log what has changed."""
        late = tuple(self._late())
        found = Findings(look_at_disks(self._folders, sys.stderr), self._give_sign(late), late)
        before, self._found = self._found, found
        _log_news(before, found)
        if still := [loop.name for loop in late if loop.stands_still]:
            log.error("loops_stand_still", loops=still)
            self._give_up()

    def _give_sign(self, late: tuple[LateLoop, ...]) -> bool:
        """Write this process's row, which shows that the database can be written."""
        now = self._clock()
        latest = late[0] if late else None
        since = None if latest is None else now - timedelta(seconds=latest.for_s)
        name = None if latest is None else latest.name[:60]
        try:
            with self._database.write() as connection:
                processes.give_sign(connection, self._name, self._kind, now, late_loop=name, late_since=since)
        except SQLAlchemyError as error:
            log.warning("sign_of_life_not_written", error=type(error).__name__)
            return False
        return True


def _log_news(before: Findings, found: Findings) -> None:
    if found.unwritable != before.unwritable:
        log.error("unwritable", what=found.unwritable) if found.unwritable else log.info("writable_again")
    if found.disk.is_low and not before.disk.is_low:
        log.warning("disk_nearly_full", free_mb=found.disk.free_mb)
    names = {loop.name for loop in before.late}
    for loop in found.late:
        if loop.name not in names:
            log.error("loop_late", loop=loop.name, for_s=round(loop.for_s))
