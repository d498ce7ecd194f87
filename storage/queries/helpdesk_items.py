"""Queries for the delivery of items to Chatwoot.

An item is something to be shown; the ids of a contact's items are their order. The process that marks one SENDING works
on it alone, until that is older than the work can take; each attempt has a number, so that a process wrongly given up
for dead finds out, and changes nothing.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, literal, select, update
from sqlalchemy import cast as as_type

from storage.models import MessageStatus
from storage.tables import CONTACTS, MESSAGES, MIRROR_ITEMS

_MOST_ID = 2**31 - 1


class Kind(StrEnum):
    """The kind of an item."""

    MESSAGE = "message"
    TURN = "turn"
    CALL = "call"  # that one ended
    NOTE = "note"  # words for operators alone
    OPEN = "open"  # that the conversation waits for a person
    RECEIPT = "receipt"
    OPERATOR = "operator"  # nothing: an operator's own message, which is there


class State(StrEnum):
    """The delivery state of an item."""

    WAITING = "waiting"
    SENDING = "sending"
    UNSURE = "unsure"  # sent, and not answered: it may be there
    DONE = "done"
    FAILED = "failed"


OPEN_STATES = (State.WAITING, State.SENDING, State.UNSURE)


@dataclass(frozen=True, slots=True)
class Item:
    """An item to be shown. step: number of its messages already shown; remote_id: of the last of these."""

    id: int
    contact_id: int
    ref: str
    kind: Kind
    body: str
    state: State
    step: int
    remote_id: int | None
    tries: int
    created_at: datetime
    changed_at: datetime

    @property
    def subject_id(self) -> int:
        """The id of its subject: a message, a turn or a call's conversation."""
        return int(self.ref.split(":")[1])


def first_open(connection: Connection, contact_id: int) -> Item | None:
    """Return the first undelivered item of a contact; locked, on Postgres."""
    return _item(connection.execute(_FIRST_OPEN, {"contact_id": contact_id}).one_or_none())


def begin(connection: Connection, item: Item, now: datetime) -> Item:
    """Mark an item as in progress; return it with the number of this attempt, which is unique."""
    connection.execute(_BEGIN, {"item": item.id, "now": now})
    return replace(item, tries=item.tries + 1, changed_at=now)


def progress(connection: Connection, item: Item, now: datetime, *, state: State = State.SENDING) -> bool:
    """Record an item's step and remote_id; return False if another process works on it by now."""
    values = {"step": item.step, "remote_id": kept_id(item.remote_id), "state": state.value}
    return connection.execute(_PROGRESS, _try_of(item, now) | values).rowcount == 1


def hold(connection: Connection, item: Item, now: datetime) -> bool:
    """Record that an item is still worked on; return False if another process works on it by now."""
    return connection.execute(_OWN, _try_of(item, now)).rowcount == 1


def leave(connection: Connection, item: Item, state: State, now: datetime) -> bool:
    """Leave an item in the state WAITING, UNSURE or FAILED."""
    return connection.execute(_LEAVE, _try_of(item, now) | {"state": state.value}).rowcount == 1


def echoed(connection: Connection, item_id: int, step: int, remote_id: int) -> None:
    """Record Chatwoot's confirmation of one of an item's messages, if it was not known yet."""
    connection.execute(_ECHOED, {"item": item_id, "at_step": step, "remote_id": kept_id(remote_id)})


def item_by_id(connection: Connection, item_id: int) -> Item | None:
    """Return an item by its id."""
    return _item(connection.execute(_BY_ID, {"item": item_id}).one_or_none())


def item_by_ref(connection: Connection, ref: str) -> Item | None:
    """Return an item by its subject."""
    return _item(connection.execute(_BY_REF, {"ref": ref}).one_or_none())


def last_remote_id(connection: Connection, item: Item) -> int:
    """Return the newest Chatwoot message after which an item's own next one must come."""
    newest = select(func.max(MIRROR_ITEMS.c.remote_id)).where(
        MIRROR_ITEMS.c.contact_id == item.contact_id, MIRROR_ITEMS.c.id <= item.id
    )
    return connection.execute(newest).scalar_one() or 0


def was_opened(connection: Connection, contact_id: int, since: datetime) -> bool:
    """Return whether we opened the contact's conversation ourselves after a time, or are about to."""
    opened = select(MIRROR_ITEMS.c.id).where(
        MIRROR_ITEMS.c.contact_id == contact_id,
        MIRROR_ITEMS.c.kind == Kind.OPEN.value,
        (MIRROR_ITEMS.c.changed_at >= since) | MIRROR_ITEMS.c.state.in_(OPEN_STATES),
    )
    return connection.execute(opened.limit(1)).first() is not None


def is_part_lost(connection: Connection, remote_id: int) -> bool:
    """Return whether part of a Chatwoot message did not arrive."""
    ref = literal("message:").concat(as_type(MESSAGES.c.id, String))
    lost = (
        select(MESSAGES.c.id)
        .join(MIRROR_ITEMS, MIRROR_ITEMS.c.ref == ref)
        .where(
            MIRROR_ITEMS.c.remote_id == remote_id,
            MESSAGES.c.status.in_((MessageStatus.FAILED.value, MessageStatus.UNDELIVERED.value)),
        )
    )
    return connection.execute(lost.limit(1)).first() is not None


def contacts_waiting(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Return contacts with undelivered items that were left before a time, longest waiting first."""
    # By contact, as their index is: there are fewer than items
    by_contact = MIRROR_ITEMS.c.contact_id.in_(select(CONTACTS.c.id))
    rows = connection.execute(
        select(MIRROR_ITEMS.c.contact_id)
        .where(by_contact, MIRROR_ITEMS.c.state.in_(OPEN_STATES), MIRROR_ITEMS.c.changed_at < before)
        .group_by(MIRROR_ITEMS.c.contact_id)
        .order_by(func.min(MIRROR_ITEMS.c.id))
        .limit(limit)
    )
    return list(rows.scalars())


def count_open(connection: Connection) -> int:
    """Return the number of undelivered items."""
    waiting = select(func.count()).select_from(MIRROR_ITEMS).where(MIRROR_ITEMS.c.state.in_(OPEN_STATES))
    return connection.execute(waiting).scalar_one()


_COLUMNS = tuple(MIRROR_ITEMS.c[field.name] for field in fields(Item))
_FIRST_OPEN = (
    select(*_COLUMNS)
    .where(MIRROR_ITEMS.c.contact_id == bindparam("contact_id"), MIRROR_ITEMS.c.state.in_(OPEN_STATES))
    .order_by(MIRROR_ITEMS.c.id)
    .limit(1)
    .with_for_update()
)
_BY_ID = select(*_COLUMNS).where(MIRROR_ITEMS.c.id == bindparam("item"))
_BY_REF = select(*_COLUMNS).where(MIRROR_ITEMS.c.ref == bindparam("ref"))
_ONE = update(MIRROR_ITEMS).where(MIRROR_ITEMS.c.id == bindparam("item"))
_BEGIN = _ONE.values(state=State.SENDING.value, tries=MIRROR_ITEMS.c.tries + 1, changed_at=bindparam("now"))
_OWN = _ONE.where(
    MIRROR_ITEMS.c.state == State.SENDING.value, MIRROR_ITEMS.c.tries == bindparam("try")
).values(changed_at=bindparam("now"))
_LEAVE = _OWN.values(state=bindparam("state"))
_PROGRESS = _OWN.values(state=bindparam("state"), step=bindparam("step"), remote_id=bindparam("remote_id"))
_ECHOED = _ONE.where(
    MIRROR_ITEMS.c.state.in_((State.SENDING.value, State.UNSURE.value)),
    MIRROR_ITEMS.c.step == bindparam("at_step"),
).values(step=MIRROR_ITEMS.c.step + 1, remote_id=bindparam("remote_id"))


def _try_of(item: Item, now: datetime) -> dict[str, Any]:
    return {"item": item.id, "try": item.tries, "now": now}


def _item(row: Any) -> Item | None:
    if row is None:
        return None
    values = dict(zip((field.name for field in fields(Item)), row, strict=True))
    return Item(**(values | {"kind": Kind(values["kind"]), "state": State(values["state"])}))


def kept_id(remote_id: int | None) -> int | None:
    """Return an id, or None if it is larger than our column takes."""
    return None if remote_id is None or remote_id > _MOST_ID else remote_id
