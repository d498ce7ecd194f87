"""Queries for the rate limit of each of our numbers.

One row per number holds the time of its next message, whichever worker sends it.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, select, update

from storage.models import Pace
from storage.upsert import insert_once

_PACES = cast(Table, Pace.__table__)


def take(
    connection: Connection, sender: str, interval: timedelta, now: datetime, *, within: timedelta
) -> datetime:
    """Return the time for a number's next message, and reserve it if it is soon enough."""
    next_at = max(_next_at(connection, sender, now), now)
    if next_at - now <= within:
        _keep(connection, sender, next_at + interval)
    return next_at


def hold(connection: Connection, sender: str, until: datetime, now: datetime) -> None:
    """Block a number's messages until a time."""
    if until > _next_at(connection, sender, now):
        _keep(connection, sender, until)


def _next_at(connection: Connection, sender: str, now: datetime) -> datetime:
    insert_once(connection, Pace, sender=sender, next_at=now)
    row = select(_PACES.c.next_at).where(_PACES.c.sender == sender).with_for_update()
    found: datetime = connection.execute(row).scalar_one()
    return found


def _keep(connection: Connection, sender: str, next_at: datetime) -> None:
    connection.execute(update(_PACES).where(_PACES.c.sender == sender).values(next_at=next_at))
