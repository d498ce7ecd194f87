"""Waiting for what another thread or process does."""

import time

from sqlalchemy import text

PATIENCE_S = 60
"""Longer than anything takes on a busy machine; only a test that fails waits for so long."""


def wait_until(condition, what="it did not come to be"):
    """Return once the condition is true, with its value."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)
    return value


def wait_until_blocked(database, thread):
    """Return once the thread waits for a lock on PostgreSQL, or has ended without."""
    wait_until(lambda: is_anyone_blocked(database) or not thread.is_alive(), "nobody waits for a lock")


def is_anyone_blocked(database):
    with database.read() as connection:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return connection.scalar(waiting) > 0
