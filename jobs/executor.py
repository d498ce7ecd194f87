"""Runs DBOS in this process: takes jobs out of the queues and passes them to the job runner."""

from typing import Any

from dbos import DBOS, DBOSConfig, WorkflowSerializationFormat
from sqlalchemy import Engine

from jobs.dbos_engine import POOL_SIZE, make_engine
from jobs.job import JobRunner
from jobs.queue import APPLICATION, QUEUES, WORKFLOW, JobRecord, quieten_dbos

VERSION = "1"
"""Fixed, because DBOS would leave the jobs of an older version to that version for ever."""
MAX_CRASHES = 10
"""Crashes of its worker after which a job is set aside."""


class Executor:
    """Runs jobs under a slot's name. DBOS keeps its state in its module, so there is one per process at a time."""

    def __init__(
        self, database_url: str, slot: str, runner: JobRunner, *, connections: int = POOL_SIZE
    ) -> None:
        self._url, self._connections = database_url, connections
        self._slot = slot
        self._runner = runner
        self._in_hand: set[str] = set()

    def launch(self) -> None:
        """Start, with the jobs left running under this slot by its last process first.

        Raises DBOSInitializationError if DBOS's tables are missing or old.
        """
        quieten_dbos()
        DBOS(config=_config(make_engine(self._url, self._connections), self._slot))
        DBOS.listen_queues(list(QUEUES))
        self._register()
        DBOS.launch()

    def stop(self, drain_s: int) -> None:
        """Take no more jobs, and give running ones so many seconds to end."""
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=drain_s)

    def in_hand(self) -> int:
        """Return the number of running jobs."""
        return len(self._in_hand)

    def _register(self) -> None:
        @DBOS.workflow(
            name=WORKFLOW,
            max_recovery_attempts=MAX_CRASHES,
            serialization_type=WorkflowSerializationFormat.PORTABLE,
        )
        def run(**order: Any) -> None:
            assert DBOS.workflow_id is not None
            self._run(DBOS.workflow_id, JobRecord(**order))

    def _run(self, job_id: str, order: JobRecord) -> None:
        self._in_hand.add(job_id)
        try:
            self._runner.do(job_id, order)
        finally:
            self._in_hand.discard(job_id)


def _config(engine: Engine, slot: str) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "executor_id": slot,
        "application_version": VERSION,
        "system_database_engine": engine,
        "run_migrations": False,
        "use_listen_notify": False,  # nothing here waits for another job
        "notification_listener_polling_interval_sec": 0.25,  # how long it takes to stop
        "log_level": "WARNING",
    }
