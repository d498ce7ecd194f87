"""Checks an installation's health, for monitors."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from jobs.leases import is_worker_alive
from storage.base import utc_now
from storage.database import Database

log = structlog.get_logger()


class HealthCheck:
    """Checks the parts that answers depend on. has_model: False: the offline model answers."""

    def __init__(
        self, database: Database, *, has_model: bool, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._has_model, self._clock = database, has_model, clock

    def look(self) -> dict[str, str]:
        """Return the state of each part, and the overall `status`: ok, degraded or down.

        degraded: calls are answered, but jobs wait for a worker. down: the database cannot be read.
        """
        try:
            with self._database.read() as connection:
                has_worker = is_worker_alive(connection, self._clock())
        except SQLAlchemyError as error:
            log.error("health_database", error=type(error).__name__)
            return {"status": "down", "database": "unreachable"}
        return {
            "status": "ok" if has_worker else "degraded",
            "database": "ok",
            "worker": "ok" if has_worker else "absent",
            "model": "configured" if self._has_model else "offline",
        }
