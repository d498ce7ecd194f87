"""The ledger: units of what costs, by account, kind and time; and the reservations that they are made of.

A row of `ledger` is a total, so that a ceiling is one comparison within the statement that adds to it. A row of
`ledger_entries` is one reservation, unique by its key, so that what is asked twice counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Connection,
    Index,
    Insert,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.upsert import insert_once

WITHHELD_CALLERS = "withheld"
"""The account that all callers without a number share."""
OF_CONTACT, SIMULATED = "contact:", "simulated:"
"""Before a contact's id in the name of its account; the simulator's contacts have accounts apart."""
COUNTERS = ("units", "estimated", "billed", "refused")
"""The columns of a total that only add up."""


class LedgerTotal(Base):
    """What an account has used of a kind in a period."""

    __tablename__ = "ledger"
    __table_args__ = (
        UniqueConstraint("account", "kind", "period"),
        Index("ix_ledger_period", "period"),
        Index(
            "ix_ledger_refused", "period",
            sqlite_where=text("refused > 0"), postgresql_where=text("refused > 0"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(80))
    """`contact:` and the contact's id, WITHHELD_CALLERS, or what else pays."""
    kind: Mapped[str] = mapped_column(String(30))
    period: Mapped[str] = mapped_column(String(16))
    """A day (2026-11-29), an hour of it (2026-11-29T14) or a minute (2026-11-29T14:05)."""
    units: Mapped[int] = mapped_column(BigInteger, default=0)
    estimated: Mapped[int] = mapped_column(BigInteger, default=0)
    """Millionths of the currency of the account that is billed, as estimated before."""
    billed: Mapped[int] = mapped_column(BigInteger, default=0)
    """The same, as billed."""
    refused: Mapped[int] = mapped_column(default=0)
    """How often more was asked for than the ceiling allows."""


class LedgerEntry(Base):
    """A reservation. expires_at None: it is settled, and stays in the total."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index(
            "ix_ledger_entries_reserved", "account", "kind",
            sqlite_where=text("expires_at IS NOT NULL"), postgresql_where=text("expires_at IS NOT NULL"),
        ),
        Index("ix_ledger_entries_created_at", "created_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    account: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(30))
    period: Mapped[str] = mapped_column(String(16))
    units: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


TOTALS = cast(Table, LedgerTotal.__table__)
ENTRIES = cast(Table, LedgerEntry.__table__)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the ledger, and the contact for whom it is used."""

    name: str
    contact_id: int

    @property
    def is_simulated(self) -> bool:
        """True for the simulator's contacts, who are the operators themselves."""
        return self.name.startswith(SIMULATED)


@dataclass(frozen=True, slots=True)
class Use:
    """A row of the ledger: what is used, by whom, and in which period."""

    account: str
    kind: str
    period: str


def day_in(zone: ZoneInfo, now: datetime) -> str:
    """Return the period of a day in a zone."""
    return f"{now.astimezone(zone):%Y-%m-%d}"


# Totals


def add(connection: Connection, units: Mapping[Use, int]) -> None:
    """Add units to totals, whatever their ceilings."""
    add_rows(connection, [_values(use, many) for use, many in units.items()])


def add_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add counts to totals. rows: account, kind, period and what is counted."""
    # In order: of two at once, neither waits for what the other has while holding what the other waits for
    in_order = sorted(rows, key=lambda row: tuple(row[name] for name in _UNIQUE))
    if in_order:
        none = dict.fromkeys(COUNTERS, 0)
        connection.execute(_adding(connection.dialect.name), [{**none, **row} for row in in_order])


def add_one(connection: Connection, use: Use, units: int) -> int:
    """Add units to a total, whatever its ceiling; return the sum."""
    statement = _adding(connection.dialect.name).returning(TOTALS.c.units)
    return int(connection.execute(statement, _values(use, units)).scalar_one())


def take(connection: Connection, use: Use, units: int, ceiling: int) -> bool:
    """Add units to a total, unless that would exceed its ceiling; return whether they were added."""
    if units > ceiling:
        return False
    statement = _taking(connection.dialect.name)
    values = _values(use, units) | {"ceiling": ceiling}
    return connection.execute(statement, values).scalar_one_or_none() is not None


def give_back(connection: Connection, use: Use, units: int) -> None:
    """Subtract units from a total, where it has as many."""
    has_them = TOTALS.c.units >= units
    connection.execute(update(TOTALS).where(*_is(use), has_them).values(units=TOTALS.c.units - units))


def used(connection: Connection, use: Use) -> int:
    """Return the units of a total."""
    found = select(TOTALS.c.units).where(*_is(use))
    return connection.execute(found).scalar_one_or_none() or 0


def refuse(connection: Connection, use: Use) -> None:
    """Count a refusal, where there is a total."""
    refused = TOTALS.c.refused + 1
    connection.execute(update(TOTALS).where(*_is(use)).values(refused=refused))


def _is(use: Use) -> tuple[Any, ...]:
    return TOTALS.c.account == use.account, TOTALS.c.kind == use.kind, TOTALS.c.period == use.period


def _values(use: Use, units: int) -> dict[str, Any]:
    none = dict.fromkeys(COUNTERS, 0)
    return none | {"account": use.account, "kind": use.kind, "period": use.period, "units": units}


@cache  # building a statement costs as much as running it
def _adding(dialect: str) -> Any:
    insert = _inserting(dialect)
    return insert.on_conflict_do_update(index_elements=_UNIQUE, set_=_more(insert))


@cache
def _taking(dialect: str) -> Any:
    insert = _inserting(dialect)
    more = _more(insert)
    return insert.on_conflict_do_update(
        index_elements=_UNIQUE, set_=more, where=more["units"] <= bindparam("ceiling")
    ).returning(TOTALS.c.id)


_UNIQUE = ("account", "kind", "period")


def _inserting(dialect: str) -> Any:
    insert: Insert = sqlite.insert(TOTALS) if dialect == "sqlite" else postgresql.insert(TOTALS)
    given: dict[str, Any] = {name: bindparam(name) for name in (*_UNIQUE, *COUNTERS)}
    return insert.values(**given)


def _more(insert: Any) -> dict[str, Any]:
    return {name: TOTALS.c[name] + insert.excluded[name] for name in COUNTERS}


# Reservations


def enter(
    connection: Connection, key: str, use: Use, units: int, expires_at: datetime | None, now: datetime
) -> bool:
    """Make a reservation's entry; return False if there is one of that key."""
    values = {"account": use.account, "kind": use.kind, "period": use.period, "units": units}
    made = insert_once(
        connection, LedgerEntry, key=key, expires_at=expires_at, created_at=now, **values
    )  # fmt: skip
    return made is not None


def strike(connection: Connection, key: str) -> None:
    """Delete a reservation's entry, and leave the total as it is."""
    connection.execute(delete(ENTRIES).where(ENTRIES.c.key == key))


def settle(connection: Connection, key: str) -> Use | None:
    """Let a reservation stand; return what it was for, or None if it stands already, or is no more."""
    row = connection.execute(
        update(ENTRIES)
        .where(ENTRIES.c.key == key, ENTRIES.c.expires_at.is_not(None))
        .values(expires_at=None)
        .returning(*(ENTRIES.c[name] for name in _UNIQUE))
    ).one_or_none()
    return None if row is None else Use(*row)


def settle_all(connection: Connection, account: str, kind: str, beginning: str) -> None:
    """Let an account's reservations of a kind stand whose keys begin so."""
    which = (ENTRIES.c.account == account, ENTRIES.c.kind == kind, ENTRIES.c.expires_at.is_not(None))
    begins = ENTRIES.c.key.startswith(beginning, autoescape=True)
    connection.execute(update(ENTRIES).where(*which, begins).values(expires_at=None))


def release(connection: Connection, key: str) -> bool:
    """Give back what was reserved and is not settled; return whether anything was."""
    return _give_back(connection, ENTRIES.c.key == key)


def release_expired(connection: Connection, account: str, kind: str, now: datetime) -> bool:
    """Give back what an account has reserved, where whoever reserved it has died; return whether anything was."""
    return _give_back(
        connection, ENTRIES.c.account == account, ENTRIES.c.kind == kind, ENTRIES.c.expires_at < now
    )


def _give_back(connection: Connection, *which: Any) -> bool:
    gone = connection.execute(
        delete(ENTRIES)
        .where(*which, ENTRIES.c.expires_at.is_not(None))
        .returning(*(ENTRIES.c[name] for name in (*_UNIQUE, "units")))
    ).all()
    for account, kind, period, units in gone:
        less = TOTALS.c.units - units
        connection.execute(
            update(TOTALS).where(*_is(Use(account, kind, period))).values(units=less)
        )  # fmt: skip
    return bool(gone)


def forget(connection: Connection, *, entries_before: datetime, days_before: str, parts_before: str) -> None:
    """Delete old reservations, and the totals of old days and of old hours and minutes.

    The newest total stays: SQLite would give its id to another, and what undoes a merge names totals by their ids.
    """
    connection.execute(delete(ENTRIES).where(ENTRIES.c.created_at < entries_before))
    is_part = func.length(TOTALS.c.period) > len("2026-11-29")
    is_old = or_(TOTALS.c.period < days_before, and_(TOTALS.c.period < parts_before, is_part))
    newest = select(func.max(TOTALS.c.id)).scalar_subquery()
    connection.execute(delete(TOTALS).where(TOTALS.c.period < parts_before, is_old, TOTALS.c.id < newest))
