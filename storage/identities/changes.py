"""Changes rows one column at a time and remembers what was there, so that a merge can be undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, DateTime, Table, select, update

from storage.base import Base, UtcDateTime
from storage.ledger.entries import COUNTERS, LedgerTotal

Change = Sequence[Any]
"""Table, id, column, before, after; a time is its ISO text."""


class Changes:
    """The changes of one merge, in order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.made: list[Change] = []

    def set(self, model: type[Base], row_id: int, **values: Any) -> None:
        """Change columns of a row; those that are so already are left alone."""
        table = cast(Table, model.__table__)
        columns = [table.c[name] for name in values]
        row = self._connection.execute(select(*columns).where(table.c.id == row_id)).one()
        news = {name: value for (name, value), was in zip(values.items(), row, strict=True) if value != was}
        if news:
            self._connection.execute(update(table).where(table.c.id == row_id).values(news))
        before = dict(zip(values, row, strict=True))
        self.made += [
            (table.name, row_id, name, _kept(before[name]), _kept(value)) for name, value in news.items()
        ]

    def move(self, model: type[Base], from_id: int, to_id: int) -> None:
        """Give every row of one contact to another."""
        table = cast(Table, model.__table__)
        moved = (
            update(table).where(table.c.contact_id == from_id).values(contact_id=to_id).returning(table.c.id)
        )
        ids = sorted(self._connection.execute(moved).scalars())
        self.made += [(table.name, row_id, table.c.contact_id.name, from_id, to_id) for row_id in ids]


def undo(connection: Connection, changes: Sequence[Change]) -> None:
    """Put back what was there before, last change first; what has changed again since stays.

    From a count that has gone on since, what was added to it is taken again.
    """
    for name, row_id, column_name, before, after in reversed(changes):
        table = Base.metadata.tables[name]
        column = table.c[column_name]
        if name == LedgerTotal.__tablename__ and column_name in COUNTERS:
            connection.execute(
                update(table).where(table.c.id == row_id).values({column_name: column + (before - after)})
            )
            continue
        is_time = isinstance(column.type, UtcDateTime | DateTime)
        was, became = (datetime.fromisoformat(v) if is_time and v else v for v in (before, after))
        connection.execute(
            update(table)
            .where(table.c.id == row_id, column.is_not_distinct_from(became))
            .values({column_name: was})
        )


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
