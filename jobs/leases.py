"""Leases of worker slots, the names under which workers run: every query about them.

A slot outlives its processes: jobs that were running in a process when it died wait under the slot's name. Only the
holder of the lease may take them. Machines that share a database must agree on the time to well within the length of a
lease; NTP does.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, not_, or_, select, update

from storage.models import WorkerLease
from storage.upsert import insert_once

LONGEST_LEASE = timedelta(minutes=1)
"""A lease that ends later than this was taken before the clock was put back: it binds nobody."""
_NO_WORKER = "@"
"""Begins the slots that are no worker's: it cannot be spelled in a WORKER_ID."""
HOUSEKEEPING = f"{_NO_WORKER}housekeeping"
"""The slot of the worker that runs the periodic jobs."""
PREPARING = f"{_NO_WORKER}preparing:"
"""Followed by a machine: the slot of its process that prepares the model's server."""


def take_slot(connection: Connection, slot: str, holder: str, *, now: datetime, lease_s: float) -> bool:
    """Lease a slot that is free or whose lease has lapsed. Return whether `holder` has it now."""
    insert_once(connection, WorkerLease, slot=slot)
    free = or_(WorkerLease.holder.is_(None), WorkerLease.holder == holder, not_(_is_leased(now)))
    lease = {"holder": holder, "leased_until": now + timedelta(seconds=lease_s)}
    taken = update(WorkerLease).where(WorkerLease.slot == slot, free).values(lease).returning(WorkerLease.id)
    return connection.scalar(taken) is not None


def keep_slot(connection: Connection, slot: str, holder: str, *, now: datetime, lease_s: float) -> bool:
    """Renew a lease (the heartbeat). Return False if another process holds the slot, and owns its jobs, now."""
    mine = (WorkerLease.slot == slot, WorkerLease.holder == holder)
    lease = {"beat_at": now, "leased_until": now + timedelta(seconds=lease_s)}
    kept = update(WorkerLease).where(*mine).values(lease).returning(WorkerLease.id)
    return connection.scalar(kept) is not None


def release_slot(connection: Connection, slot: str, holder: str, *, now: datetime) -> None:
    """Release a slot, so that the next process need not wait for the lease to lapse."""
    mine = (WorkerLease.slot == slot, WorkerLease.holder == holder)
    connection.execute(update(WorkerLease).where(*mine).values(holder=None, leased_until=now))


def remove_slot(connection: Connection, slot: str, holder: str) -> None:
    """Release a slot that nobody takes again."""
    connection.execute(delete(WorkerLease).where(WorkerLease.slot == slot, WorkerLease.holder == holder))


def slot_holder(connection: Connection, slot: str) -> str | None:
    """Return the holder of a slot, or the last one if it never released the slot."""
    return connection.scalar(select(WorkerLease.holder).where(WorkerLease.slot == slot))


def lapsed_slots(connection: Connection, slots: Iterable[str], *, now: datetime) -> list[str]:
    """Return those of `slots` without a living holder."""
    living = set(connection.scalars(select(WorkerLease.slot).where(_is_leased(now))))
    return sorted(set(slots) - living)


def worker_beats(connection: Connection) -> dict[str, datetime]:
    """Return the time of each worker's last heartbeat, by slot."""
    heartbeats = select(WorkerLease.slot, WorkerLease.beat_at).where(
        _is_a_workers(), WorkerLease.beat_at.is_not(None)
    )
    return {slot: beat_at for slot, beat_at in connection.execute(heartbeats) if beat_at is not None}


def is_worker_alive(connection: Connection, now: datetime) -> bool:
    """Return whether any worker holds a lease."""
    living = select(WorkerLease.id).where(_is_a_workers(), _is_leased(now))
    return connection.scalar(living.limit(1)) is not None


def _is_a_workers() -> ColumnElement[bool]:
    return not_(WorkerLease.slot.startswith(_NO_WORKER))


def _is_leased(now: datetime) -> ColumnElement[bool]:
    until = WorkerLease.leased_until
    return and_(until.is_not(None), until > now, until <= now + LONGEST_LEASE)
