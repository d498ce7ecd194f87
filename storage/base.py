"""The declarative base of every table, and a column type for aware UTC times."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

SKEW = timedelta(minutes=1)
"""The most that the clocks of machines with one database may differ; more than that is a clock that was put back."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time that is aware and UTC on the way in and out; SQLite itself stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; hand SQLite a naive UTC one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was about to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Restore the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CutString(TypeDecorator[str]):
    """A text of others' that is cut to its column: PostgreSQL would refuse the whole row, and SQLite would not."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cut the text."""
        return None if value is None else value[: self.length]


class Base(DeclarativeBase):
    """The declarative base; Alembic compares its metadata with the database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012  (SQLAlchemy's own idiom)


def utc_now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


def is_near(at: datetime, now: datetime, within: timedelta) -> bool:
    """Return whether a stored time is now, or at most `within` ago.

    A time well ahead was stored before the clock was put back, and counts as long gone.
    """
    return -(within + SKEW) <= now - at <= within


def is_ahead(at: datetime | None, now: datetime, at_most: timedelta) -> bool:
    """Return whether a stored time is still to come. at_most: how far ahead such times are ever stored.

    A time further ahead was stored before the clock was put back, and counts as past.
    """
    return at is not None and now < at <= now + at_most + SKEW


def is_ours(name: str | None, type_: str, parent_names: Mapping[str, str | None]) -> bool:
    """Return whether Alembic may look at something: our own tables and their parts, nothing of DBOS's.

    This is Alembic's include_name hook. All models must have been imported before.
    """
    if type_ == "schema":
        return name is None
    table_name = name if type_ == "table" else parent_names.get("table_name")
    return table_name in Base.metadata.tables
