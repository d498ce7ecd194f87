"""Tables of, and queries for, the phones and WhatsApps simulated in a browser.

Each session lives in a thread of one web process. The page's requests may reach any process, so commands wait in a
table for the owner, and events wait in another for the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage import locks
from storage.base import SKEW, Base, is_near

STALE = timedelta(seconds=20)
"""Time without a heartbeat after which an owner is dead, and its phone with it."""
KEPT = timedelta(days=1)
"""Time after which a session's words are deleted."""
MOST_READ = 200


class BrowserPhone(Base):
    """A phone or a WhatsApp open in a browser."""

    __tablename__ = "browser_phones"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    """The page's key to it; nobody can guess it."""
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(40))
    """The person's."""
    beat_at: Mapped[datetime]
    """Time of its owner's last heartbeat."""
    seen_at: Mapped[datetime]
    """Time of its page's last request."""
    created_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class BrowserCommand(Base):
    """An action of the person, until the owner takes it."""

    __tablename__ = "browser_commands"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("browser_phones.id"), index=True)
    verb: Mapped[str] = mapped_column(String(20))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The file that goes with it."""


class BrowserEvent(Base):
    """An event, ordered by its number, which the owner alone assigns."""

    __tablename__ = "browser_events"
    __table_args__ = (UniqueConstraint("phone_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("browser_phones.id"))
    number: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


_PHONES = cast(Table, BrowserPhone.__table__)
_COMMANDS = cast(Table, BrowserCommand.__table__)
_EVENTS = cast(Table, BrowserEvent.__table__)


@dataclass(frozen=True, slots=True)
class PhoneRecord:
    """A browser session. is_over: it ended, or its owner died."""

    id: int
    kind: str
    seen_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """An action of the person. content: the file that came with it."""

    id: int
    verb: str
    body: dict[str, Any]
    content: bytes | None


# Opening and ending


def hold_all(connection: Connection) -> None:
    """Keep others from opening a session until this transaction ends, so that counting and opening are one."""
    locks.hold(connection, "browser_phones")


def numbers_in_use(connection: Connection, now: datetime) -> list[str]:
    """Return the numbers of the living sessions, one for each."""
    living = select(_PHONES.c.number).where(*_living(now))
    return list(connection.scalars(living))


def open_phone(connection: Connection, key: str, kind: str, number: str, now: datetime) -> int:
    """Store a new session, and return its id."""
    opened = insert(_PHONES).values(
        key=key, kind=kind, number=number, beat_at=now, seen_at=now, created_at=now
    )
    return int(connection.execute(opened.returning(_PHONES.c.id)).scalar_one())


def end_phone(connection: Connection, phone_id: int, now: datetime) -> None:
    """End a session, and delete the commands that nobody took."""
    connection.execute(update(_PHONES).where(_PHONES.c.id == phone_id).values(ended_at=now))
    connection.execute(delete(_COMMANDS).where(_COMMANDS.c.phone_id == phone_id))


def forget_old(connection: Connection, now: datetime) -> None:
    """Delete old sessions that are over, with all their words."""
    old = and_(_PHONES.c.created_at < now - KEPT, _PHONES.c.beat_at < now - STALE)
    ids = select(_PHONES.c.id).where(old).scalar_subquery()
    connection.execute(delete(_COMMANDS).where(_COMMANDS.c.phone_id.in_(ids)))
    connection.execute(delete(_EVENTS).where(_EVENTS.c.phone_id.in_(ids)))
    connection.execute(delete(_PHONES).where(old))


# The page's side


def find_phone(connection: Connection, key: str, now: datetime) -> PhoneRecord | None:
    """Return the session with that key."""
    row = connection.execute(select(_PHONES).where(_PHONES.c.key == key)).one_or_none()
    if row is None:
        return None
    is_over = row.ended_at is not None or not is_near(row.beat_at, now, STALE)
    return PhoneRecord(row.id, row.kind, row.seen_at, is_over)


def note_seen(connection: Connection, phone_id: int, now: datetime) -> None:
    """Record a sign of life from the session's page."""
    connection.execute(update(_PHONES).where(_PHONES.c.id == phone_id).values(seen_at=now))


def add_command(
    connection: Connection, phone_id: int, verb: str, body: dict[str, Any], content: bytes | None = None
) -> None:
    """Store an action of the person, for the owner."""
    values = {"phone_id": phone_id, "verb": verb, "body": body, "content": content}
    connection.execute(insert(_COMMANDS).values(values))


def events_after(connection: Connection, phone_id: int, number: int) -> list[tuple[int, dict[str, Any]]]:
    """Return the events after the one of that number, each with its own, at most 200."""
    later = (
        select(_EVENTS.c.number, _EVENTS.c.body)
        .where(_EVENTS.c.phone_id == phone_id, _EVENTS.c.number > number)
        .order_by(_EVENTS.c.number)
        .limit(MOST_READ)
    )
    return [(row.number, row.body) for row in connection.execute(later)]


# The owner's side


def commands_of(connection: Connection, phone_id: int) -> list[CommandRecord]:
    """Return the commands that were not taken, in order."""
    waiting = select(_COMMANDS).where(_COMMANDS.c.phone_id == phone_id).order_by(_COMMANDS.c.id)
    return [CommandRecord(row.id, row.verb, row.body, row.content) for row in connection.execute(waiting)]


def take_commands(connection: Connection, commands: Sequence[CommandRecord]) -> None:
    """Delete commands that are being carried out."""
    connection.execute(delete(_COMMANDS).where(_COMMANDS.c.id.in_([command.id for command in commands])))


def add_events(connection: Connection, phone_id: int, events: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Store events, each with its number."""
    rows = [{"phone_id": phone_id, "number": number, "body": body} for number, body in events]
    connection.execute(insert(_EVENTS), rows)


def beat(connection: Connection, phone_id: int, now: datetime) -> datetime:
    """Record the owner's heartbeat. Return the time of the page's last sign of life."""
    mine = update(_PHONES).where(_PHONES.c.id == phone_id).values(beat_at=now)
    seen_at: datetime = connection.execute(mine.returning(_PHONES.c.seen_at)).scalar_one()
    return seen_at


def _living(now: datetime) -> tuple[Any, ...]:
    is_near_now = _PHONES.c.beat_at.between(now - STALE, now + STALE + SKEW)
    return (_PHONES.c.ended_at.is_(None), is_near_now)
