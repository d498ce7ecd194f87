"""`flask --app app worker`: run the durable jobs until TERM or ^C."""

import signal
import threading
from collections.abc import Callable

import click

from jobs.worker import Worker


def worker_command(worker: Callable[[], Worker], check: Callable[[], None]) -> click.Command:
    """Return the command. worker: called when it runs. check: raises if it cannot run."""

    @click.command("worker", help="Do the durable work: summaries, housekeeping. Ends on TERM or ^C.")
    def run() -> None:
        check()
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        worker().run(stop)

    return run
