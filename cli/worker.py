"""`flask --app app worker`: run the durable jobs until TERM or ^C."""

import os
import signal
import threading
from collections.abc import Callable

import click

from cli.console import Terminal
from jobs.worker import LOST_SLOT_EXIT, Worker
from translations import lazy_gettext as _


def worker_command(
    terminal: Terminal,
    worker: Callable[[], Worker],
    check: Callable[[], None],
    before: Callable[[], object],
    close: Callable[[], None],
) -> click.Command:
    """Return the command.

    worker: called when it runs. check: raises if it cannot run. before: called first. close: called at its end.
    """
    about = _("Do the durable work: summaries, housekeeping. Ends on TERM or ^C.")

    @click.command("worker", help=terminal.translate(about))
    def run() -> None:
        check()
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        try:
            made = worker()
            before()
            made.run(stop)
        finally:
            close()

    return run


def give_up() -> None:
    """End this process at once: whoever started it starts another, which takes up its jobs."""
    os._exit(LOST_SLOT_EXIT)
