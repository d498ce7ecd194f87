"""Runs a job by name, retries it or gives it up, and runs jobs synchronously in tests."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from dbos import WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from common.loops import about
from jobs.queue import WORKFLOW, JobFailed, JobRecord, Work
from storage.base import utc_now

CROSSED_WAIT_S = 0.5
T = TypeVar("T")

log = structlog.get_logger()


def _nothing(_payload: dict[str, Any]) -> None:
    """Leave it at the log and the dead letter."""


@dataclass(frozen=True, slots=True)
class Job:
    """The function and the retry policy of a job's name.

    run gets the payload, and so does given_up, which is called once no further attempt is made. Any error of run is
    retried after backoff_s, twice that, and so on up to longest_backoff_s, unless the worker's is_permanent rules it
    out. The default gives up after about five hours.
    """

    run: Callable[[dict[str, Any]], None]
    attempts: int = 16
    backoff_s: float = 2
    longest_backoff_s: float = 3600
    given_up: Callable[[dict[str, Any]], None] = _nothing

    def wait_s(self, attempt: int) -> float:
        """Return the seconds to wait after that attempt (the first is 1) has failed."""
        return float(min(self.backoff_s * 2 ** (attempt - 1), self.longest_backoff_s))


class JobRunner:
    """Runs jobs: finds the function of a name, calls it, and retries or gives up after a failure."""

    def __init__(
        self, work: Work, jobs: Mapping[str, Job], is_permanent: Callable[[Exception], bool]
    ) -> None:
        self.work = work
        self._jobs = dict(jobs)
        self._is_permanent = is_permanent

    def do(self, job_id: str, order: JobRecord) -> None:
        """Run a job once; enqueue it again if it fails. Raises JobFailed when it is given up."""
        if order.key is not None:
            _insist(lambda: self.work.free_key(job_id))
        if not self._is_next(job_id, order):
            return
        job = self._jobs.get(order.job, _UNKNOWN)
        try:
            job.run(order.payload)
        except Exception as error:  # noqa: BLE001  (what a job raises is dealt with here, and nowhere else)
            self._after_failure(job_id, order, job, error)

    def _is_next(self, job_id: str, order: JobRecord) -> bool:
        """Return whether a job may run; put it back if another of its partition is running.

        DBOS checks for one before it takes a job, but two workers checking at the same moment can each take one. Either
        sees the other here, for both have recorded by now the job that they took.
        """
        partition = order.partition
        if partition is None or not _insist(lambda: self.work.is_partition_busy(job_id, partition)):
            return True
        _insist(lambda: self.work.enqueue_again(job_id, order, delay_s=CROSSED_WAIT_S))
        return False

    def _after_failure(self, job_id: str, order: JobRecord, job: Job, error: Exception) -> None:
        facts = {"job": order.job, "job_id": job_id, "attempt": order.attempt, **about(error)}
        if self._is_permanent(error) or order.attempt >= job.attempts:
            log.error("job given up", **facts)
            _insist(lambda: job.given_up(order.payload))
            why = " ".join(str(facts[name]) for name in ("error", "code") if name in facts)
            raise JobFailed(f"{order.job}: {why}") from None
        wait_s = job.wait_s(order.attempt)
        log.warning("job failed, will be tried again", **facts, in_s=wait_s)
        again = replace(order, attempt=order.attempt + 1)
        _insist(lambda: self.work.enqueue_again(job_id, again, delay_s=wait_s))


def _insist(ask: Callable[[], T]) -> T:
    """Ask the database until it answers: a job that could not be put back would be lost."""
    wait_s = 0.5
    while True:
        try:
            return ask()
        except SQLAlchemyError as error:
            log.warning("a job waits for the database", error=type(error).__name__)
        time.sleep(wait_s)
        wait_s = min(wait_s * 2, 30)


def _unknown(_payload: dict[str, Any]) -> None:
    # An older worker beside newer web processes: the next worker to start knows it.
    raise LookupError("no job of this name")


_UNKNOWN = Job(_unknown)


def run_pending(
    work: Work,
    jobs: Mapping[str, Job],
    *,
    is_permanent: Callable[[Exception], bool] = lambda _: False,
    now: datetime | None = None,
) -> int:
    """Run the jobs due by `now`, and the jobs that they enqueue, in this thread; return how many ran.

    The synchronous form, for tests and for a process that is alone: failures are retried and given up as by a worker,
    but an interrupted job is lost. Never call it inside a transaction.
    """
    runner = JobRunner(work, jobs, is_permanent)
    ran = 0
    for job_id, order in _taken(work, now or utc_now()):
        with suppress(JobFailed):  # the runner has logged it
            runner.do(job_id, order)
        ran += 1
    return ran


def _taken(work: Work, until: datetime) -> Iterator[tuple[str, JobRecord]]:
    """Yield the jobs that are due until a time, the earlier ones first; what they put off waits from then on."""
    due_at, passed = dict[str, datetime](), timedelta()
    while True:
        rows = {row.workflow_id: row for row in _waiting(work)}
        for job_id, row in rows.items():
            due_at.setdefault(job_id, _due_at(row) + passed)
        by = min(until, utc_now() + passed)
        due = [job_id for job_id in rows if due_at[job_id] <= by]
        if not due:
            next_at = min((due_at[job_id] for job_id in rows), default=None)
            if next_at is None or next_at > until:
                return
            passed = next_at - utc_now()
            continue
        for job_id in due:
            order = rows[job_id].input
            assert order is not None
            work.client.delete_workflow(job_id)
            del due_at[job_id]
            yield job_id, JobRecord(**order["kwargs"])


def _waiting(work: Work) -> list[WorkflowStatus]:
    return work.client.list_workflows(status=["ENQUEUED", "DELAYED"], name=WORKFLOW, load_output=False)


def _due_at(row: WorkflowStatus) -> datetime:
    return datetime.fromtimestamp((row.delay_until_epoch_ms or 0) / 1000, UTC)
