"""Queries for when a campaign's messages or calls were begun, and when people first replied: counted, not read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import Connection, func, select

from storage.tables import CAMPAIGN_RECIPIENTS

_C = CAMPAIGN_RECIPIENTS.c
_HOUR = timedelta(hours=1)


class Moments(StrEnum):
    """What is counted, by its column: the last message or call to each recipient, and their first replies."""

    BEGUN = "begun_at"
    REPLIED = "replied_at"


def span(connection: Connection, campaign_id: int, which: Moments) -> tuple[datetime, datetime] | None:
    """Return the first and the last of a campaign's moments; None without any."""
    moment = _C[which]
    # Each by itself, so that an index tells it
    first, last = (
        select(end(moment)).where(_C.campaign_id == campaign_id, moment.is_not(None)).scalar_subquery()
        for end in (func.min, func.max)
    )
    row = connection.execute(select(first.label("first"), last.label("last"))).one()
    return None if row.first is None else (row.first, row.last)


def counts(connection: Connection, campaign_id: int, which: Moments, edges: Sequence[datetime]) -> list[int]:
    """Return how many moments there are from each edge to the next. edges: aware, in order."""
    moment = _C[which]
    each = [
        select(func.count())
        .where(_C.campaign_id == campaign_id, moment >= begin, moment < end)
        .scalar_subquery()
        for begin, end in pairwise(edges)
    ]
    return list(connection.execute(select(*each)).one()) if each else []


def last_hours(connection: Connection, campaign_id: int, which: Moments, most: int) -> dict[datetime, int]:
    """Return the last hours with moments, by their beginning, and how many each has; of UTC."""
    found: dict[datetime, int] = {}
    moment = _C[which]
    last = select(func.max(moment)).where(_C.campaign_id == campaign_id)
    at = connection.execute(last).scalar_one()
    while at is not None and len(found) < most:
        hour = at.replace(minute=0, second=0, microsecond=0)
        [found[hour]] = counts(connection, campaign_id, which, [hour, hour + _HOUR])
        at = connection.execute(last.where(moment < hour)).scalar_one()
    return found
