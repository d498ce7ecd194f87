"""A program that kills itself at a chosen step of a handoff: `python -m tests.journeys.people.dying N MODULE ...`.

Steps are the commits that write handoffs, offers or messages, a moment before and a moment after each, and the requests
by REST, a moment before each. At step N the process and its children are gone as after kill -9. Nothing of the product
knows of it: it hears SQLAlchemy's events and the interpreter's own.
"""

import os
import re
import runpy
import signal
import sys
import threading

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

OF_A_HANDOFF = re.compile(r"\s*(INSERT INTO|UPDATE) (handoffs|offers|messages)\b")


class Steps:
    """Counts steps, and ends at one of them."""

    def __init__(self, last):
        self._left, self._lock = last, threading.Lock()

    def __call__(self):
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.killpg(os.getpgrp(), signal.SIGKILL)


def hear(step):
    @event.listens_for(Engine, "before_cursor_execute")
    def writes(connection, _cursor, statement, _parameters, _context, _many):
        if OF_A_HANDOFF.match(statement):
            connection.info["writes"] = True

    @event.listens_for(Engine, "commit")
    def before_commit(connection):
        if connection.info.pop("writes", False):
            connection.info["wrote"] = True
            step()

    @event.listens_for(Pool, "reset")
    def after_commit(_dbapi_connection, record, _state):
        if record.info.pop("wrote", False):
            step()

    def asks(name, arguments):
        if name == "http.client.send" and bytes(arguments[1][:4]) == b"POST":
            step()

    sys.addaudithook(asks)


if __name__ == "__main__":
    _, last, module, *arguments = sys.argv
    hear(Steps(int(last)))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
