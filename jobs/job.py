"""What becomes of a job: what its name means, how often it is tried, and its synchronous form for tests."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, TypeVar

import structlog
from dbos import WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from jobs.queue import WORKFLOW, JobFailed, JobRecord, Work
from storage.base import utc_now

CROSSED_WAIT_S = 0.5
T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker does for a job's name, and how often it tries.

    run gets the payload. Whatever it raises is tried again after backoff_s, twice that, and so on up to
    longest_backoff_s, unless the worker's is_permanent says that it is no use. The default gives up after
    about five hours.
    """

    run: Callable[[dict[str, Any]], None]
    attempts: int = 16
    backoff_s: float = 2
    longest_backoff_s: float = 3600

    def wait_s(self, attempt: int) -> float:
        """Return how long to wait after the attempt of that number (the first is 1) has failed."""
        return float(min(self.backoff_s * 2 ** (attempt - 1), self.longest_backoff_s))


class JobRunner:
    """Does jobs: looks up what a name means, runs it, and decides what becomes of a failure."""

    def __init__(
        self, work: Work, jobs: Mapping[str, Job], is_permanent: Callable[[Exception], bool]
    ) -> None:
        self.work = work
        self._jobs = dict(jobs)
        self._is_permanent = is_permanent

    def do(self, job_id: str, order: JobRecord) -> None:
        """Run a job once; where it fails, put it back to be tried again. Raises JobFailed when given up."""
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
        """Put a job back where another of its partition is running.

        DBOS looks for one before it takes a job, but two workers that look at the same moment can each take
        one. Either sees the other here, for both have said by now what they took.
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


def about(error: Exception) -> dict[str, Any]:
    """Say of an error what holds no words: its type, the provider's code, the line that raised it."""
    frame = extract_tb(error.__traceback__)[-1]
    code = getattr(error, "code", None)
    facts = {"error": type(error).__name__, "at": f"{Path(frame.filename).name}:{frame.lineno}"}
    return facts | ({"code": code} if isinstance(code, str | int) else {})


def run_pending(
    work: Work,
    jobs: Mapping[str, Job],
    *,
    is_permanent: Callable[[Exception], bool] = lambda _: False,
    now: datetime | None = None,
) -> int:
    """Do in this thread what waits and is due by `now`, and what that hands over; return how many ran.

    The synchronous form, for tests and for a process that is alone: failures are retried and given up as by a
    worker, but a job that is cut off is lost. Never call it inside a transaction.
    """
    runner = JobRunner(work, jobs, is_permanent)
    ran = 0
    for job_id, order in _taken(work, now or utc_now()):
        with suppress(JobFailed):  # the workshop has logged it
            runner.do(job_id, order)
        ran += 1
    return ran


def _taken(work: Work, now: datetime) -> Iterator[tuple[str, JobRecord]]:
    while due := [row for row in _waiting(work) if _is_due(row, now)]:
        for row in due:
            assert row.input is not None
            work.client.delete_workflow(row.workflow_id)
            yield row.workflow_id, JobRecord(**row.input["kwargs"])


def _waiting(work: Work) -> list[WorkflowStatus]:
    return work.client.list_workflows(status=["ENQUEUED", "DELAYED"], name=WORKFLOW, load_output=False)


def _is_due(row: WorkflowStatus, now: datetime) -> bool:
    return row.delay_until_epoch_ms is None or row.delay_until_epoch_ms <= now.timestamp() * 1000
