"""The worker process: runs jobs under a leased slot, and periodic maintenance.

Two processes never work under one slot. A process that finds its slot taken waits; one whose lease was taken over exits
at once, for its jobs belong to another process by then. Unfinished jobs of a dead worker wait under its slot's name for
the slot's next process or any other worker, whichever is first.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import Loop, about
from common.process_name import process_name
from jobs.executor import Executor
from jobs.job import Job, JobRunner
from jobs.leases import HOUSEKEEPING, keep_slot, lapsed_slots, release_slot, slot_holder, take_slot
from jobs.queue import DONE, FAILED, Work
from storage.base import utc_now
from storage.connections import USUAL_PLAN, ConnectionPlan
from storage.database import Database

LOST_SLOT_EXIT = 75
"""The exit code of a worker that lost its slot (EX_TEMPFAIL in sysexits.h): start it again."""
BUSY_TIMEOUT_S = 2.0
PERIODICS_LATE_AFTER_S = 300.0
"""Periodic tasks ask others over the network, each within a time of its own."""
SWEEP_BATCHES = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task run at intervals by one worker at a time. Short, and harmless when run once too often."""

    name: str
    every_s: float
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """The worker's times, in seconds."""

    beat_s: float = 1
    lease_s: float = 5
    adopt_s: float = 2
    drain_s: int = 10
    """Time for running jobs to end when the worker is told to stop."""
    forward_s: float = 10
    sweep_s: float = 60
    keep_done_s: float = 24 * 3600
    keep_failed_s: float = 14 * 24 * 3600


class Worker:
    """Runs jobs until it is told to stop.

    worker_id: the slot. is_permanent: whether retrying cannot help with an error of a job. loops: run beside the jobs.
    """

    def __init__(
        self,
        database_url: str,
        *,
        worker_id: str,
        jobs: Mapping[str, Job],
        is_permanent: Callable[[Exception], bool] = lambda _: False,
        periodics: Sequence[Periodic] = (),
        loops: Sequence[Loop] = (),
        connections: ConnectionPlan = USUAL_PLAN,
        pace: Pace = Pace(),
    ) -> None:
        self._slot = worker_id
        self._holder = process_name()
        self._pace = pace
        self._database = Database(database_url, busy_timeout_s=BUSY_TIMEOUT_S, connections=connections.queue)
        self._work = Work(self._database)
        runner = JobRunner(self._work, jobs, is_permanent)
        self._executor = Executor(database_url, worker_id, runner, connections=connections.jobs)
        self._tasks = [
            _PeriodicTask(Periodic("adopt", pace.adopt_s, self._adopt), needs_lease=False),
            _PeriodicTask(Periodic("bring jobs forward", pace.forward_s, self._bring_forward)),
            _PeriodicTask(Periodic("delete finished jobs", pace.sweep_s, self._delete_finished)),
            *map(_PeriodicTask, periodics),
        ]
        self._loops = loops
        self._ended = threading.Event()
        self._is_housekeeper = False
        self._beaten_at = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then end running jobs within Pace.drain_s.

        Waits while another process holds the slot. Ends the process instead of returning if the slot was lost
        (LOST_SLOT_EXIT), and if jobs did not end in time (0): the next worker begins them anew.
        Raises DBOS's own error if its tables are missing or old (see jobs.queue.prepare).
        """
        try:
            if self._wait_for_slot(stop):
                self._run_under_lease(stop)
        finally:
            self._work.close()
            self._database.close()

    def _wait_for_slot(self, stop: threading.Event) -> bool:
        is_said = has_failed = False
        while not stop.is_set():
            try:
                if self._take_slot():
                    return True
                if not is_said:
                    log.warning("worker waits, its slot is taken", slot=self._slot, holder=self._whose_slot())
                    is_said = True
            except SQLAlchemyError as error:
                if not has_failed:
                    log.warning("worker waits for the database", slot=self._slot, error=type(error).__name__)
                    has_failed = True
            stop.wait(self._pace.beat_s / 2)
        return False

    def _run_under_lease(self, stop: threading.Event) -> None:
        beat_s = self._pace.beat_s
        beat = Loop("worker-beat", self._beat, every_s=beat_s, longest_pause_s=beat_s, late_after_s=30)
        # In a thread of its own, because a heartbeat can hang for longer than the lease lasts.
        watch = Loop("worker-lease", self._watch, every_s=beat_s / 4, longest_pause_s=beat_s / 4)
        periodics = Loop(
            "worker-periodics", self._run_due_tasks, every_s=beat_s / 2, late_after_s=PERIODICS_LATE_AFTER_S
        )
        for loop in (beat, watch):
            loop.start()
        try:
            self._executor.launch()
            log.info("worker started", slot=self._slot)
            for loop in (periodics, *self._loops):
                loop.start()
            stop.wait()
            log.info("worker stops", slot=self._slot)
        finally:
            for loop in self._loops:
                loop.stop()
            self._executor.stop(self._pace.drain_s)
            self._ended.set()
            for loop in (beat, watch, periodics):
                loop.stop()
            for loop in (beat, watch):
                loop.join()
            for loop in self._loops:
                loop.join(self._pace.drain_s)
            self._release_slots()
        self._leave_if_unfinished(periodics)

    def _leave_if_unfinished(self, periodics: Loop) -> None:
        if periodics.is_alive:
            periodics.join(0.5)
        cut_off = self._executor.in_hand()
        if cut_off or periodics.is_alive:
            log.warning("worker leaves work unfinished", slot=self._slot, jobs=cut_off)
            os._exit(0)
        log.info("worker stopped", slot=self._slot)

    # The lease

    def _take_slot(self) -> bool:
        now, self._beaten_at = utc_now(), time.monotonic()
        with self._database.write() as connection:
            return take_slot(connection, self._slot, self._holder, now=now, lease_s=self._pace.lease_s)

    def _whose_slot(self) -> str | None:
        with self._database.read() as connection:
            return slot_holder(connection, self._slot)

    def _beat(self) -> None:
        try:
            self._renew()
        except SQLAlchemyError as error:
            log.warning("worker's beat was not written", slot=self._slot, error=type(error).__name__)

    def _renew(self) -> None:
        now, beaten_at, lease_s = utc_now(), time.monotonic(), self._pace.lease_s
        with self._database.write() as connection:
            if not keep_slot(connection, self._slot, self._holder, now=now, lease_s=lease_s):
                self._end_at_once("another process holds it")
            self._is_housekeeper = take_slot(connection, HOUSEKEEPING, self._holder, now=now, lease_s=lease_s)
        self._beaten_at = beaten_at

    def _watch(self) -> None:
        if time.monotonic() - self._beaten_at > self._pace.lease_s - self._pace.beat_s / 2:
            self._end_at_once("no beat was written for as long as the lease lasts")

    def _end_at_once(self, reason: str) -> NoReturn:
        # Not by an exception: it would leave the threads of the jobs running until they are done.
        log.error("worker lost its slot", slot=self._slot, reason=reason)
        os._exit(LOST_SLOT_EXIT)

    def _release_slots(self) -> None:
        with self._database.write() as connection:
            for slot in (self._slot, HOUSEKEEPING):
                release_slot(connection, slot, self._holder, now=utc_now())

    # Maintenance

    def _run_due_tasks(self) -> None:
        for task in self._tasks:
            if not self._ended.is_set() and task.is_due() and (self._is_housekeeper or not task.needs_lease):
                task.do()

    def _adopt(self) -> None:
        """Put the jobs of dead workers back in the queue, one worker at a time by lease."""
        with self._database.read() as connection:
            lapsed = lapsed_slots(connection, self._work.slots_with_jobs(connection), now=utc_now())
        for slot in lapsed:
            with self._database.write() as connection:
                if not take_slot(connection, slot, self._holder, now=utc_now(), lease_s=self._pace.lease_s):
                    continue
                jobs = self._work.put_back(connection, slot)
                release_slot(connection, slot, self._holder, now=utc_now())
            log.warning("worker took over a dead worker's jobs", slot=self._slot, dead=slot, jobs=jobs)

    def _bring_forward(self) -> None:
        """Bring forward the delayed jobs that a clock put back would hold up."""
        if brought := self._work.bring_forward(utc_now()):
            log.warning("clock was put back, delayed jobs were brought forward", jobs=brought)

    def _delete_finished(self) -> None:
        for statuses, keep_s in ((DONE, self._pace.keep_done_s), (FAILED, self._pace.keep_failed_s)):
            before = utc_now() - timedelta(seconds=keep_s)
            for _ in range(SWEEP_BATCHES):
                if not self._work.delete_finished(statuses, before=before) or self._ended.wait(0.05):
                    break


class _PeriodicTask:
    """A periodic task and its next due time."""

    def __init__(self, periodic: Periodic, *, needs_lease: bool = True) -> None:
        self.needs_lease = needs_lease
        self._periodic = periodic
        self._due_at = time.monotonic()

    def is_due(self) -> bool:
        return time.monotonic() >= self._due_at

    def do(self) -> None:
        self._due_at = time.monotonic() + self._periodic.every_s
        try:
            self._periodic.run()
        except Exception as error:  # noqa: BLE001  (one that fails must not keep the others from their turn)
            log.error("periodic job failed", name=self._periodic.name, **about(error))
