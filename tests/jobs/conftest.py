"""Durable work in tests: a producer, and workers that are real processes."""

import json
import os
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.job import Job, run_pending
from storage.base import utc_now
from tests.jobs.handing_over import Rejected
from tests.waiting import PATIENCE_S, wait_until
from tests.warm import PROGRAMS

PROGRAM = Path(__file__).parent / "worker_program.py"


class Notes:
    """What the jobs of the worker program wrote down, and how the slow ones are told to go on."""

    def __init__(self, path):
        self.path = path
        path.touch()

    def read(self, **wanted):
        notes = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [note for note in notes if wanted.items() <= note.items()]

    def wait_for(self, count=1, **wanted):
        wait_until(lambda: len(self.read(**wanted)) >= count, f"{wanted} in {self.path.read_text()}")
        return self.read(**wanted)

    def go_on(self):
        self.path.with_suffix(".go").touch()


class WorkerProcess:
    """The worker program under one slot."""

    def __init__(self, url, slot, notes, log, **pace):
        self.log_path = log
        environment = os.environ | {"PYTHONPATH": str(PROGRAM.parents[2])}
        with log.open("w") as file:
            self.process = PROGRAMS.start(
                [PROGRAM, url, slot, notes.path, json.dumps(pace)],
                stdout=file, stderr=subprocess.STDOUT, env=environment,
            )  # fmt: skip

    @property
    def log(self):
        return self.log_path.read_text()

    def wait_for_log(self, words):
        wait_until(lambda: words in self.log or self.process.poll() is not None, words)
        assert words in self.log, self.log

    def signal(self, number):
        self.process.send_signal(number)

    def pause(self):
        self.signal(signal.SIGSTOP)
        wait_until(lambda: state_of(self.process.pid).startswith("T"), "that it is stopped")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        return self.process.wait(timeout=PATIENCE_S)


def state_of(pid):
    """Return the letters that ps has for a process, also where there is no ps."""
    kept = Path(f"/proc/{pid}/stat")
    if kept.exists():
        return kept.read_text().rpartition(")")[2].strip()
    return subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True).stdout


@pytest.fixture
def notes(tmp_path):
    return Notes(tmp_path / "notes")


@pytest.fixture
def start_worker(database_url, notes, tmp_path):
    workers = []

    def start(slot="worker-1", *, url=database_url, **pace):
        log = tmp_path / f"worker-{len(workers)}.log"
        workers.append(WorkerProcess(url, slot, notes, log, **pace))
        return workers[-1]

    yield start
    for worker in workers:
        worker.signal(signal.SIGCONT)
        worker.kill()


@pytest.fixture
def hand_over(database, work):
    def hand_over(job, payload=None, **options):
        with database.write() as connection:
            work.enqueue(connection, job, payload or {}, **options)

    return hand_over


@pytest.fixture
def run(work):
    """Run what is due with these handlers; return how many ran and what they were given."""

    def run(later_s=0, is_permanent=lambda error: isinstance(error, Rejected), **handlers):
        jobs = {name: job if isinstance(job, Job) else Job(job) for name, job in handlers.items()}
        now = utc_now() + timedelta(seconds=later_s)
        return run_pending(work, jobs, is_permanent=is_permanent, now=now)

    return run
