"""Examines the worker: whether one is running, what waits for it, and what was given up."""

from collections.abc import Callable, Sequence
from datetime import datetime

from doctor.findings import Finding, Status
from jobs.backlog import QueueAge, queue_ages
from jobs.leases import is_worker_alive
from storage.base import utc_now
from storage.database import Database
from storage.processes import LateProcess, late_processes
from translations import Message, lazy_ngettext
from translations import lazy_gettext as _

LATE_S = 60.0
"""Seconds that the oldest job may wait."""


class WorkerPart:
    """The worker. It answers no calls, but sends, summarises and notifies."""

    name = "worker"

    def __init__(self, database: Callable[[], Database], clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._clock = database, clock

    def check(self) -> list[Finding]:
        """Read the leases, the queues and the signs of life."""
        now = self._clock()
        with self._database().read() as connection:
            is_alive, queues = is_worker_alive(connection, now), queue_ages(connection, now)
            late = late_processes(connection, now)
        return [self._running(is_alive, queues), *map(self._late, late)]

    def _running(self, is_alive: bool, queues: Sequence[QueueAge]) -> Finding:
        waiting, oldest_s = sum(queue.waiting for queue in queues), max(queue.oldest_s for queue in queues)
        jobs = lazy_ngettext("{count} job waits", "{count} jobs wait", waiting).format(count=waiting)
        if not is_alive:
            sentence = _(
                "No worker is running; {jobs}. Nothing is sent later, summarised or told to sellers."
            )
            advice = _("./start.sh starts one; without it, run flask --app app worker.")
            return Finding(self.name, Status.FIX, sentence.format(jobs=jobs), advice)
        if oldest_s > LATE_S:
            sentence = _("The worker is running, but is behind: {jobs}, the oldest one for {seconds} s.")
            advice = _("Start another one with a WORKER_ID of its own, and look at its log.")
            return Finding(
                self.name, Status.FIX, sentence.format(jobs=jobs, seconds=f"{oldest_s:.0f}"), advice
            )
        running = _("The worker is running; {jobs}.").format(jobs=jobs)
        return Finding(self.name, Status.OK, running, _given_up(sum(queue.dead_letters for queue in queues)))

    def _late(self, late: LateProcess) -> Finding:
        sentence = _("{loop} of a {kind} process has not succeeded since {time} UTC.").format(
            loop=late.late_loop, kind=late.kind, time=f"{late.late_since:%H:%M}"
        )
        return Finding(
            self.name, Status.FIX, sentence, _("Its log says why; restart it if nothing else helps.")
        )


def _given_up(count: int) -> Message | None:
    if not count:
        return None
    return lazy_ngettext(
        "{count} job of the last two weeks was given up; the log has it as “job given up”.",
        "{count} jobs of the last two weeks were given up; the log has them as “job given up”.",
        count,
    ).format(count=count)
