"""Queries for whether the language model answers, as every process and every machine sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, or_, select, update

from storage.models import ModelFailure
from storage.tables import MODEL_FAILURES
from storage.upsert import insert_once

_NAME = "answers"
_OURS = MODEL_FAILURES.c.name == _NAME


@dataclass(frozen=True, slots=True)
class Failing:
    """The model fails. answers: how many failed since then. kind, error: of the last one, the error in our words."""

    since: datetime
    last_at: datetime
    answers: int
    kind: str
    error: str


def note_failure(connection: Connection, kind: str, error: str, now: datetime) -> None:
    """Count an answer that failed."""
    insert_once(
        connection, ModelFailure, name=_NAME, since=None, last_at=now, answers=0, kind=kind, error=error,
        told_at=None,
    )  # fmt: skip
    is_first = MODEL_FAILURES.c.since.is_(None)
    connection.execute(
        update(MODEL_FAILURES)
        .where(_OURS)
        .values(
            since=case((is_first, now), else_=MODEL_FAILURES.c.since),
            answers=case((is_first, 1), else_=MODEL_FAILURES.c.answers + 1),
            last_at=now,
            kind=kind,
            error=error,
        )
    )


def note_success(connection: Connection) -> None:
    """Record that the model answers."""
    connection.execute(update(MODEL_FAILURES).where(_OURS).values(since=None))


def failing(connection: Connection) -> Failing | None:
    """Return since when the model fails; None while it answers."""
    columns = (
        MODEL_FAILURES.c.since,
        MODEL_FAILURES.c.last_at,
        MODEL_FAILURES.c.answers,
        MODEL_FAILURES.c.kind,
        MODEL_FAILURES.c.error,
    )
    row = connection.execute(select(*columns).where(_OURS, MODEL_FAILURES.c.since.is_not(None))).one_or_none()
    return None if row is None else Failing(*row)


def begin_telling(connection: Connection, now: datetime, *, again_after: timedelta) -> bool:
    """Return whether the owner is to be told now: True once, and again only after a time."""
    is_due = or_(MODEL_FAILURES.c.told_at.is_(None), MODEL_FAILURES.c.told_at < now - again_after)
    told = connection.execute(update(MODEL_FAILURES).where(_OURS, is_due).values(told_at=now))
    return told.rowcount == 1
