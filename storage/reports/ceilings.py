"""Queries for those who have used up what one person may in a day."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from storage.ledger.entries import TOTALS


def refused_by_kind(connection: Connection, day: str) -> Mapping[str, int]:
    """Return, by kind, how many accounts were refused more on a day. day: a period of the ledger."""
    statement = (
        select(TOTALS.c.kind, func.count().label("many"))
        .where(TOTALS.c.period == day, TOTALS.c.refused > 0)
        .group_by(TOTALS.c.kind)
    )
    return {row.kind: row.many for row in connection.execute(statement)}


def refused_accounts(connection: Connection, day: str) -> int:
    """Return how many accounts were refused more of anything on a day."""
    statement = select(func.count(TOTALS.c.account.distinct())).where(
        TOTALS.c.period == day, TOTALS.c.refused > 0
    )
    return int(connection.execute(statement).scalar_one())
