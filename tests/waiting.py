"""Waiting for what another thread or process does, and letting its waiting pass."""

import time

from sqlalchemy import text

PATIENCE_S = 60
"""Longer than anything takes on a busy machine; only a test that fails waits for so long."""
LATE_S = 8
"""What a busy machine may add to a deadline; still less than the 10 s and more that clients take unless told."""


def wait_until(condition, what="it did not come to be", *, every_s=0.005):
    """Return once the condition is true, with its value. every_s: longer where looking costs what is waited for."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(every_s)
    return value


def is_anyone_blocked(database):
    """Return whether a transaction on this PostgreSQL database waits for another's lock."""
    with database.read() as connection:
        here = "FROM pg_stat_activity WHERE datname = current_database()"
        return connection.scalar(text(f"SELECT count(*) {here} AND wait_event_type = 'Lock'")) > 0


def let_jobs_wait_less(database, seconds):
    """Let so much time pass for the jobs that wait for theirs.

    In a transaction of its own: a worker that holds another table's row may want one of these.
    """
    jobs = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    statement = text(
        f"UPDATE {jobs} SET delay_until_epoch_ms = delay_until_epoch_ms - :ms WHERE status = 'DELAYED'"
    )
    with database.write() as connection:
        connection.execute(statement, {"ms": seconds * 1000})
