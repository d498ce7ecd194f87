"""Waiting for what another thread or process does."""

import time

from sqlalchemy import text

PATIENCE_S = 60
"""Longer than anything takes on a busy machine; only a test that fails waits for so long."""
LATE_S = 8
"""What a busy machine may add to a deadline; still less than the 10 s and more that clients take unless told."""


def wait_until(condition, what="it did not come to be"):
    """Return once the condition is true, with its value."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)
    return value


def is_anyone_blocked(database):
    """Return whether a transaction on this PostgreSQL database waits for another's lock."""
    with database.read() as connection:
        here = "FROM pg_stat_activity WHERE datname = current_database()"
        return connection.scalar(text(f"SELECT count(*) {here} AND wait_event_type = 'Lock'")) > 0
