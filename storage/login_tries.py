"""Failed attempts to log in to the dashboard, per address and in total, over all processes and machines."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    String,
    Table,
    create_engine,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.pool import StaticPool

from storage import locks
from storage.base import Base, is_ahead, utc_now
from storage.database import Database

log = structlog.get_logger()

EVERYBODY = "*"
MOST_WRONG = {False: 5, True: 20}
"""Wrong attempts without a lock: for one address, and (True) for all of them together."""
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = {False: timedelta(hours=1), True: timedelta(minutes=5)}
"""The longest lock. The total is locked for less: otherwise anybody could keep everybody out."""
FORGOTTEN_AFTER = timedelta(days=1)
KNOWN_FOR = timedelta(days=30)
"""Time for which an address that once logged in is exempt from the others' lock."""

T = TypeVar("T")


class LoginTry(Base):
    """The attempts from an address, or from EVERYBODY."""

    __tablename__ = "login_tries"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    wrong: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    right_at: Mapped[datetime | None]


_TRIES = cast(Table, LoginTry.__table__)


class LoginTries:
    """Decides which addresses may try to log in now. Thread-safe.

    While the database cannot be written to, this process counts by itself, from nothing: no guess is free, and nobody
    with the right password is kept out.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._clock = database, clock
        self._one_at_a_time = threading.Lock()

    def begin(self, address: str, *, spared: bool = False) -> float:
        """Count an attempt as wrong until `was_right` is called; return 0, or the seconds that it is locked for.

        It is counted before the password is checked, so that simultaneous attempts get no more guesses than successive
        ones. A locked attempt is not counted. spared: exempt from the lock of everybody.
        """
        now = self._clock()
        return self._run(lambda connection: _begin(connection, address, now, spared=spared))

    def was_right(self, address: str, *, spared: bool = False) -> None:
        """Take back the attempt that was counted; the address is known from here on."""
        now = self._clock()
        self._run(lambda connection: _take_back(connection, address, now, spared=spared))

    def _run(self, count: Callable[[Connection], T]) -> T:
        try:
            with self._database.write() as connection:
                locks.hold(connection, "login-tries")
                return count(connection)
        except SQLAlchemyError as error:
            log.error("login_tries_database", error=type(error).__name__)
        with self._one_at_a_time, self._own.begin() as connection:
            return count(connection)

    @cached_property
    def _own(self) -> Engine:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, hide_parameters=True, connect_args={"check_same_thread": False}
        )
        _TRIES.create(engine)
        return engine


def _begin(connection: Connection, address: str, now: datetime, *, spared: bool) -> float:
    _forget(connection, now)
    spared = spared or _is_known(_row(connection, address), now)
    rows = {each: _row(connection, each) for each in ([address] if spared else [address, EVERYBODY])}
    wait_s = max(
        (row.locked_until - now).total_seconds()
        if row and is_ahead(row.locked_until, now, _length_of_lock(each, row.wrong))
        else 0
        for each, row in rows.items()
    )
    if wait_s > 0:
        return wait_s
    for each, row in rows.items():
        wrong = 1 + (row.wrong if row and row.tried_at >= now - FORGOTTEN_AFTER else 0)
        _keep(connection, each, wrong=wrong, tried_at=now, locked_until=_locked_until(each, wrong, now))
    return 0


def _take_back(connection: Connection, address: str, now: datetime, *, spared: bool) -> None:
    everybody = _row(connection, EVERYBODY)
    if everybody and not (spared or _is_known(_row(connection, address), now)):
        _keep(connection, EVERYBODY, wrong=max(0, everybody.wrong - 1), locked_until=None)
    _keep(connection, address, wrong=0, tried_at=now, locked_until=None, right_at=now)


def _locked_until(address: str, wrong: int, now: datetime) -> datetime | None:
    length = _length_of_lock(address, wrong)
    return now + length if length else None


def _length_of_lock(address: str, wrong: int) -> timedelta:
    """Return for how long so many wrong attempts lock an address."""
    together = address == EVERYBODY
    beyond = wrong - MOST_WRONG[together]
    return min(FIRST_LOCK * 2 ** min(beyond, 20), LONGEST_LOCK[together]) if beyond >= 0 else timedelta()


def _is_known(row: Row[Any] | None, now: datetime) -> bool:
    return row is not None and row.right_at is not None and row.right_at > now - KNOWN_FOR


def _row(connection: Connection, address: str) -> Row[Any] | None:
    return connection.execute(select(_TRIES).where(_TRIES.c.address == address)).one_or_none()


def _keep(connection: Connection, address: str, **values: Any) -> None:
    changed = connection.execute(update(_TRIES).where(_TRIES.c.address == address).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(_TRIES).values(address=address, **values))


def _forget(connection: Connection, now: datetime) -> None:
    was_never_right = or_(_TRIES.c.right_at.is_(None), _TRIES.c.right_at < now - KNOWN_FOR)
    connection.execute(delete(_TRIES).where(_TRIES.c.tried_at < now - FORGOTTEN_AFTER, was_never_right))
