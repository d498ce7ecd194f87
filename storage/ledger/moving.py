"""Counts what one contact has used for another, once they turn out to be one person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from storage.ledger.entries import COUNTERS, ENTRIES, OF_CONTACT, TOTALS, add_rows

_COLUMNS = (TOTALS.c.id, TOTALS.c.kind, TOTALS.c.period, *(TOTALS.c[name] for name in COUNTERS))


def move(connection: Connection, from_id: int, to_id: int) -> list[tuple[str, int, str, Any, Any]]:
    """Add one contact's totals to another's, with the reservations that are in them.

    Return what was changed: table, id, column, before, after.
    """
    before, after = f"{OF_CONTACT}{from_id}", f"{OF_CONTACT}{to_id}"
    gone = [row for row in _totals(connection, before) if any(_counts(row).values())]
    were = {(row.kind, row.period): row for row in _totals(connection, after)}
    add_rows(
        connection,
        [{"account": after, "kind": row.kind, "period": row.period} | _counts(row) for row in gone],
    )
    connection.execute(update(TOTALS).where(TOTALS.c.account == before).values(dict.fromkeys(COUNTERS, 0)))
    changes: list[tuple[str, int, str, Any, Any]] = []
    there = {(row.kind, row.period): row.id for row in _totals(connection, after)} if gone else {}
    for row in gone:
        which = (row.kind, row.period)
        was = _counts(were[which]) if which in were else dict.fromkeys(COUNTERS, 0)
        for name, count in _counts(row).items():
            if count:
                changes.append((TOTALS.name, row.id, name, count, 0))
                changes.append((TOTALS.name, there[which], name, was[name], was[name] + count))
    moved = update(ENTRIES).where(ENTRIES.c.account == before).values(account=after).returning(ENTRIES.c.id)
    ids = sorted(connection.execute(moved).scalars())
    return changes + [(ENTRIES.name, entry_id, "account", before, after) for entry_id in ids]


def _totals(connection: Connection, account: str) -> Sequence[Row[Any]]:
    return connection.execute(select(*_COLUMNS).where(TOTALS.c.account == account)).all()


def _counts(row: Row[Any]) -> dict[str, int]:
    return {name: row._mapping[name] for name in COUNTERS}
