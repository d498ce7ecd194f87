"""Queries for the signs of life of all processes, on every machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from storage.base import SKEW
from storage.models import Process
from storage.tables import PROCESSES
from storage.upsert import insert_once

ALIVE_FOR = timedelta(minutes=2)
"""A process that gave no sign of life for so long has ended, or is watched by whoever started it."""
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LateProcess:
    """A process with a loop that is late. late_since: of its last successful round."""

    kind: str
    late_loop: str
    late_since: datetime


def give_sign(
    connection: Connection,
    name: str,
    kind: str,
    now: datetime,
    *,
    late_loop: str | None = None,
    late_since: datetime | None = None,
) -> None:
    """Record that a process is alive, and which of its loops is late, if any."""
    news = {"beat_at": now, "late_loop": late_loop, "late_since": late_since}
    told = connection.execute(update(PROCESSES).where(PROCESSES.c.name == name).values(news))
    if told.rowcount == 0:
        insert_once(connection, Process, name=name, kind=kind, **news)
        connection.execute(delete(PROCESSES).where(PROCESSES.c.beat_at < now - _FORGOTTEN_AFTER))


def forget(connection: Connection, name: str) -> None:
    """Delete a process that ends."""
    connection.execute(delete(PROCESSES).where(PROCESSES.c.name == name))


def late_processes(connection: Connection, now: datetime) -> list[LateProcess]:
    """Return the living processes with a late loop, the one that has been late for longest first."""
    late = (
        select(PROCESSES.c.kind, PROCESSES.c.late_loop, PROCESSES.c.late_since)
        .where(
            PROCESSES.c.late_since.is_not(None),
            PROCESSES.c.beat_at.between(now - ALIVE_FOR, now + ALIVE_FOR + SKEW),
        )
        .order_by(PROCESSES.c.late_since)
    )
    return [LateProcess(*row) for row in connection.execute(late)]
