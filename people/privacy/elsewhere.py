"""The job that deletes an erased person in Chatwoot and in 360dialog's contact book."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from integrations.chatwoot.client import Chatwoot
from integrations.dialog360.client import Dialog360
from integrations.errors import IntegrationError
from jobs.job import Job
from storage.base import utc_now
from storage.database import Database
from storage.privacy import tasks
from storage.privacy.tasks import Place, Task, TaskState

log = structlog.get_logger()

TRIED_FOR = timedelta(days=7)


class ErasedElsewhere:
    """Deletes people at providers. chatwoot, dialog360: None where that is off."""

    def __init__(
        self,
        database: Database,
        chatwoot: Chatwoot | None,
        dialog360: Dialog360 | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._chatwoot, self._dialog360, self._clock = database, chatwoot, dialog360, clock

    @property
    def job(self) -> Job:
        """The job's settings: tried for a week."""
        return Job(self.run, attempts=60, longest_backoff_s=3 * 3600)

    def run(self, payload: dict[str, Any]) -> None:
        """Delete a person. Raises IntegrationError if it is worth another try."""
        with self._database.read() as connection:
            task = tasks.waiting_task(connection, int(payload["task_id"]))
        if task is None:
            return
        try:
            state = TaskState.DONE if self._erase(task) else TaskState.REFUSED
        except IntegrationError as error:
            log.error("not_erased_elsewhere", place=task.place, code=error.code, status=error.status)
            if not error.permanent and self._clock() - task.created_at < TRIED_FOR:
                raise
            state = TaskState.REFUSED
        with self._database.write() as connection:
            tasks.end_task(connection, task.id, state, self._clock())
        log.info("erased_elsewhere", place=task.place, state=state)

    def _erase(self, task: Task) -> bool:
        """Return True if the person is not there any more; False if there is no access."""
        if task.place is Place.CHATWOOT and self._chatwoot is not None:
            self._chatwoot.delete_contact(task.details["source_id"])
            return True
        if task.place is Place.DIALOG360 and self._dialog360 is not None:
            self._dialog360.forget(task.details["user_id"])
            return True
        return False
