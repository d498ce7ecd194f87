"""How fast each of our numbers may send: every query about it, named.

One row for each number says when its next message may go, whichever worker sends it.
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
    """Return when the next message of a number may go, and take that place if it is soon enough."""
    next_at = max(_next_at(connection, sender, now), now)
    if next_at - now <= within:
        _keep(connection, sender, next_at + interval)
    return next_at


def hold(connection: Connection, sender: str, until: datetime, now: datetime) -> None:
    """Let nothing of a number go before a time."""
    if until > _next_at(connection, sender, now):
        _keep(connection, sender, until)


def _next_at(connection: Connection, sender: str, now: datetime) -> datetime:
    insert_once(connection, Pace, sender=sender, next_at=now)
    row = select(_PACES.c.next_at).where(_PACES.c.sender == sender).with_for_update()
    found: datetime = connection.execute(row).scalar_one()
    return found


def _keep(connection: Connection, sender: str, next_at: datetime) -> None:
    connection.execute(update(_PACES).where(_PACES.c.sender == sender).values(next_at=next_at))
