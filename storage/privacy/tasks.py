"""Queries for the parts of erasures that are still to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Connection, Table, insert, select, update

from storage.privacy.models import ErasureTask

_TASKS = cast(Table, ErasureTask.__table__)
NO_DETAILS: dict[str, Any] = {}


class Place(StrEnum):
    """The place where something is erased, or told of it."""

    HERE = "here"
    CHATWOOT = "chatwoot"
    DIALOG360 = "360dialog"
    CRM = "crm"


class TaskState(StrEnum):
    """The state of a task. All but the first are final."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"  # by the provider, for good


@dataclass(frozen=True, slots=True)
class Task:
    """A part of an erasure. details: empty once it is over."""

    id: int
    place: Place
    contact_id: int
    details: dict[str, Any]
    state: TaskState
    created_at: datetime


def add_task(
    connection: Connection, place: Place, contact_id: int, details: dict[str, Any], now: datetime
) -> int:
    """Store a task, and return its id."""
    made = insert(_TASKS).values(
        place=place, contact_id=contact_id, details=details, state=TaskState.WAITING, created_at=now,
        changed_at=now,
    )  # fmt: skip
    return int(connection.execute(made.returning(_TASKS.c.id)).scalar_one())


def waiting_task(connection: Connection, task_id: int) -> Task | None:
    """Return a task that is still to be done."""
    which = (_TASKS.c.id == task_id, _TASKS.c.state == TaskState.WAITING)
    row = connection.execute(_ALL.where(*which)).one_or_none()
    return None if row is None else _task(row)


def tasks_by_id(connection: Connection, task_ids: Sequence[int]) -> list[Task]:
    """Return tasks in the order in which they were stored."""
    return [
        _task(row) for row in connection.execute(_ALL.where(_TASKS.c.id.in_(task_ids)).order_by(_TASKS.c.id))
    ]


def end_task(connection: Connection, task_id: int, state: TaskState, now: datetime) -> None:
    """Record the end of a task, and forget its details."""
    values = {"state": state, "details": NO_DETAILS, "changed_at": now}
    connection.execute(update(_TASKS).where(_TASKS.c.id == task_id).values(values))


_ALL = select(*(_TASKS.c[name] for name in Task.__slots__))


def _task(row: Any) -> Task:
    task_id, place, contact_id, details, state, created_at = row
    return Task(task_id, Place(place), contact_id, dict(details), TaskState(state), created_at)
