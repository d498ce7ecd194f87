"""Checks an installation's health, for monitors."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from jobs.leases import is_worker_alive
from observability.vitals import Findings, Vitals
from storage import model_failures
from storage.base import utc_now
from storage.database import Database
from storage.model_failures import Failing
from storage.processes import LateProcess, late_processes

log = structlog.get_logger()


class HealthCheck:
    """Checks the parts that answers depend on. has_model: False: the offline model answers."""

    def __init__(
        self,
        database: Database,
        vitals: Vitals,
        *,
        has_model: bool,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._vitals, self._has_model, self._clock = database, vitals, has_model, clock

    def look(self) -> dict[str, str | int]:
        """Return the state of each part, and the overall `status`: ok, degraded or down.

        degraded: calls are answered, but jobs wait for a worker, something cannot be written, a loop is late, or the
        last answers of the model failed.
        down: the database cannot be read.
        """
        found, now = self._vitals.found, self._clock()
        try:
            with self._database.read() as connection:
                has_worker, late = is_worker_alive(connection, now), late_processes(connection, now)
                failing = model_failures.failing(connection) if self._has_model else None
        except SQLAlchemyError as error:
            log.error("health_database", error=type(error).__name__)
            return {"status": "down", "database": "unreachable", **_disk(found)}
        is_ok = has_worker and not found.unwritable and not late and not found.late and failing is None
        return {
            "status": "ok" if is_ok else "degraded",
            "database": "ok" if found.is_database_writable else "cannot be written",
            "worker": "ok" if has_worker else "absent",
            "model": "configured" if self._has_model else "offline",
            **_model(failing),
            **_disk(found),
            **_loops(found, late, now),
        }


def _model(failing: Failing | None) -> dict[str, str | int]:
    """Return since when the model gives no answer, how many failed, and why the last one did."""
    if failing is None:
        return {}
    return {
        "model_failing_since": _time(failing.since),
        "model_failed_answers": failing.answers,
        "model_error": failing.error,
    }


def _disk(found: Findings) -> dict[str, str]:
    """Return the state of the disks, where there is something to say about them."""
    if found.disk.unwritable:
        return {"disk": f"cannot be written: {', '.join(found.disk.unwritable)}"}
    return {"disk": f"nearly full: {found.disk.free_mb} MB left"} if found.disk.is_low else {}


def _loops(found: Findings, late: list[LateProcess], now: datetime) -> dict[str, str]:
    """Return which loop of which process has been late for longest, if any is."""
    if late:
        return {"late": f"{late[0].late_loop} of a {late[0].kind} process, since {_time(late[0].late_since)}"}
    if not found.late:
        return {}
    since = now - timedelta(seconds=found.late[0].for_s)
    return {"late": f"{found.late[0].name}, since {_time(since)}"}


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
