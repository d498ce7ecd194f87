"""Measures the backlog of jobs and its age: one query over DBOS's table of jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TableClause,
    and_,
    case,
    column,
    func,
    literal_column,
    not_,
    select,
    table,
    union_all,
)

from jobs.queue import FAILED, QUEUES

# Spelt as DBOS spells them for its partial indexes: a day's finished jobs stand in the same table
_KEPT_APART = (
    "status = 'DELAYED'",
    "status IN ('ENQUEUED', 'PENDING')",
    "status IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')",
)


@dataclass(frozen=True, slots=True)
class QueueAge:
    """The state of a queue. waiting: jobs ready to run; delayed: not yet due; dead_letters: of the last two weeks.

    oldest_s: seconds since the oldest waiting job could have run, 0 if none waits.
    """

    queue: str
    waiting: int = 0
    delayed: int = 0
    in_hand: int = 0
    dead_letters: int = 0
    oldest_s: float = 0


def queue_ages(connection: Connection, now: datetime) -> list[QueueAge]:
    """Return the state of each queue. Raises SQLAlchemyError, also if DBOS's tables were never made."""
    now_ms = int(now.timestamp() * 1000)
    names = ("status", "queue_name", "created_at", "delay_until_epoch_ms")
    schema = "dbos" if connection.dialect.name == "postgresql" else None
    jobs = table("workflow_status", *map(column, names), schema=schema)
    found = {row.queue_name: _queue_age(row, now_ms) for row in connection.execute(_query(jobs, now_ms))}
    return [found.get(queue, QueueAge(queue)) for queue in QUEUES]


def _queue_age(row: Any, now_ms: int) -> QueueAge:
    oldest_s = 0 if row.oldest is None else (now_ms - row.oldest) / 1000
    return QueueAge(row.queue_name, row.waiting, row.delayed, row.in_hand, row.dead_letters, oldest_s)


def _query(jobs: TableClause, now_ms: int) -> Select[Any]:
    parts = [
        select(*jobs.c).where(literal_column(condition).self_group(), jobs.c.queue_name.is_not(None))
        for condition in _KEPT_APART
    ]
    rows = union_all(*parts).subquery().c
    due_at = func.coalesce(rows.delay_until_epoch_ms, rows.created_at)
    # Not by DELAYED alone: a job whose time has come stays so for as long as there is no worker
    waits, is_due = rows.status.in_(("ENQUEUED", "DELAYED")), due_at <= now_ms
    return select(
        rows.queue_name,
        _count(and_(waits, is_due)).label("waiting"),
        _count(and_(waits, not_(is_due))).label("delayed"),
        _count(rows.status == "PENDING").label("in_hand"),
        _count(rows.status.in_(FAILED)).label("dead_letters"),
        func.min(case((and_(waits, is_due), due_at))).label("oldest"),
    ).group_by(rows.queue_name)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
