"""Queries for the rate limit of each of our numbers.

One row per number holds the time of its next message, whichever worker sends it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from storage.base import is_ahead
from storage.models import Pace
from storage.tables import PACES
from storage.upsert import insert_once

LONGEST_HOLD = timedelta(minutes=10)
"""The longest that a number waits, whatever a provider says; it then says so again.

A time further ahead was stored before the clock was put back, and counts as past.
"""


def take(
    connection: Connection, sender: str, interval: timedelta, now: datetime, *, within: timedelta
) -> datetime:
    """Return the time for a number's next message, and reserve it if it is soon enough."""
    next_at = max(_next_at(connection, sender, now), now)
    if next_at - now <= within:
        _keep(connection, sender, next_at + interval)
    return next_at


def take_free(
    connection: Connection,
    sender: str,
    interval: timedelta,
    now: datetime,
    *,
    ahead: timedelta,
    batch: timedelta,
    most: int,
) -> tuple[list[datetime], datetime]:
    """Reserve times for messages that nobody waits for, none while others have the number; and return when it is free.

    ahead: it is free within that time. batch: the length of the time that is reserved, but for a single message. most:
    how many messages there are.
    """
    next_at = max(_next_at(connection, sender, now), now)
    if next_at - now > ahead:
        return [], next_at
    count = min(most, max(1, batch // interval))
    free_at = next_at + count * interval
    _keep(connection, sender, free_at)
    return [next_at + number * interval for number in range(count)], free_at


def hold(connection: Connection, sender: str, until: datetime, now: datetime) -> None:
    """Block a number's messages until a time."""
    until = min(until, now + LONGEST_HOLD)
    if until > _next_at(connection, sender, now):
        _keep(connection, sender, until)


def _next_at(connection: Connection, sender: str, now: datetime) -> datetime:
    insert_once(connection, Pace, sender=sender, next_at=now)
    row = select(PACES.c.next_at).where(PACES.c.sender == sender).with_for_update()
    found: datetime = connection.execute(row).scalar_one()
    return found if is_ahead(found, now, LONGEST_HOLD) else now


def _keep(connection: Connection, sender: str, next_at: datetime) -> None:
    connection.execute(update(PACES).where(PACES.c.sender == sender).values(next_at=next_at))
