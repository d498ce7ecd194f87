"""The processes of an installation, which tests start, ask and kill."""

import os
import signal
import subprocess
import urllib.request
from contextlib import contextmanager

from container import Container
from settings import SIMULATOR_ACCOUNT_SID
from tests.simulator.phones import phone_at
from tests.waiting import wait_until
from tests.warm import PROGRAMS


@contextmanager
def process(environment, *command):
    running = PROGRAMS.start(
        ["-m", *command], env=environment, start_new_session=True, stdin=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        kill(running)


def kill(running):
    if running.poll() is None:
        try:
            os.killpg(running.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has ended just now, or has no session of its own yet
            running.kill()
        running.wait()


@contextmanager
def web(environment):
    with process(environment, "gunicorn", "-c", "gunicorn.conf.py", "app:create_app()") as running:
        wait_until(lambda: is_up(environment["PORT"]))
        yield running


def is_up(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def a_phone(environment, settings, **options):
    url = f"http://127.0.0.1:{environment['PORT']}"
    return phone_at(
        url, account_sid=SIMULATOR_ACCOUNT_SID, auth_token=Container(settings).simulator_token, **options
    )


def worker_jobs(line):
    """Return the jobs of a worker that looks after a line's database, in this process."""
    container = Container(line.settings)
    container.database = line.parts.database
    return container.jobs.by_name
