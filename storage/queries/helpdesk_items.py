"""How far what people are to see in Chatwoot is there: every query about it, named.

An item is something to be shown; the ids of a contact's items are their order. Whoever makes one SENDING is at it,
alone, until that is older than it can take; each try has a number, so that whoever was given up for dead and is not
finds out, and changes nothing.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Connection, String, Table, bindparam, func, literal, select, update
from sqlalchemy import cast as as_type

from storage.models import Message, MessageStatus, MirrorItem

ITEMS = cast(Table, MirrorItem.__table__)
_MESSAGES = cast(Table, Message.__table__)
_MOST_ID = 2**31 - 1


class Kind(StrEnum):
    """What an item shows."""

    MESSAGE = "message"
    TURN = "turn"
    CALL = "call"  # that one ended
    NOTE = "note"  # words for operators alone
    OPEN = "open"  # that the conversation waits for a person
    RECEIPT = "receipt"
    OPERATOR = "operator"  # nothing: an operator's own message, which is there


class State(StrEnum):
    """How far an item is there."""

    WAITING = "waiting"
    SENDING = "sending"
    UNSURE = "unsure"  # sent, and not answered: it may be there
    DONE = "done"
    FAILED = "failed"


OPEN_STATES = (State.WAITING, State.SENDING, State.UNSURE)


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be shown. step: how many of its messages are there; remote_id: of the last of these."""

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
        """The row that it shows: the message's, the turn's or the call's conversation's."""
        return int(self.ref.split(":")[1])


def first_open(connection: Connection, contact_id: int) -> Item | None:
    """Return the first item of a contact that is not there yet; locked, on Postgres."""
    return _item(connection.execute(_FIRST_OPEN, {"contact_id": contact_id}).one_or_none())


def begin(connection: Connection, item: Item, now: datetime) -> Item:
    """Note that somebody is at it, from now on; return it with the number of this try, which no other has."""
    connection.execute(_BEGIN, {"item": item.id, "now": now})
    return replace(item, tries=item.tries + 1, changed_at=now)


def progress(connection: Connection, item: Item, now: datetime, *, state: State = State.SENDING) -> bool:
    """Note how far an item is there, by its step and its remote_id; False where somebody else is at it by now."""
    values = {"step": item.step, "remote_id": kept_id(item.remote_id), "state": state.value}
    return connection.execute(_PROGRESS, _try_of(item, now) | values).rowcount == 1


def leave(connection: Connection, item: Item, state: State, now: datetime) -> bool:
    """Leave an item: WAITING, UNSURE or FAILED."""
    return connection.execute(_LEAVE, _try_of(item, now) | {"state": state.value}).rowcount == 1


def echoed(connection: Connection, item_id: int, step: int, remote_id: int) -> None:
    """Note that one of an item's messages is there, by Chatwoot's own word, where we do not know yet."""
    connection.execute(_ECHOED, {"item": item_id, "at_step": step, "remote_id": kept_id(remote_id)})


def item_by_id(connection: Connection, item_id: int) -> Item | None:
    """Return an item by its id."""
    return _item(connection.execute(_BY_ID, {"item": item_id}).one_or_none())


def item_by_ref(connection: Connection, ref: str) -> Item | None:
    """Return the item that shows something."""
    return _item(connection.execute(_BY_REF, {"ref": ref}).one_or_none())


def last_remote_id(connection: Connection, item: Item) -> int:
    """Return the newest message of Chatwoot's that an item's own next one must come after."""
    newest = select(func.max(ITEMS.c.remote_id)).where(
        ITEMS.c.contact_id == item.contact_id, ITEMS.c.id <= item.id
    )
    return connection.execute(newest).scalar_one() or 0


def was_opened(connection: Connection, contact_id: int, since: datetime) -> bool:
    """Say whether it was ourselves who opened the contact's conversation after a time, or are about to."""
    opened = select(ITEMS.c.id).where(
        ITEMS.c.contact_id == contact_id,
        ITEMS.c.kind == Kind.OPEN.value,
        (ITEMS.c.changed_at >= since) | ITEMS.c.state.in_(OPEN_STATES),
    )
    return connection.execute(opened.limit(1)).first() is not None


def is_part_lost(connection: Connection, remote_id: int) -> bool:
    """Say whether one of the messages that say a message of Chatwoot's did not arrive."""
    ref = literal("message:").concat(as_type(_MESSAGES.c.id, String))
    lost = (
        select(_MESSAGES.c.id)
        .join(ITEMS, ITEMS.c.ref == ref)
        .where(
            ITEMS.c.remote_id == remote_id,
            _MESSAGES.c.status.in_((MessageStatus.FAILED.value, MessageStatus.UNDELIVERED.value)),
        )
    )
    return connection.execute(lost.limit(1)).first() is not None


def contacts_waiting(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Return contacts some of whose items were left before a time and are not there yet; longest waiting first."""
    rows = connection.execute(
        select(ITEMS.c.contact_id)
        .where(ITEMS.c.state.in_(OPEN_STATES), ITEMS.c.changed_at < before)
        .group_by(ITEMS.c.contact_id)
        .order_by(func.min(ITEMS.c.id))
        .limit(limit)
    )
    return list(rows.scalars())


def count_open(connection: Connection) -> int:
    """Return how many items are not there yet."""
    waiting = select(func.count()).select_from(ITEMS).where(ITEMS.c.state.in_(OPEN_STATES))
    return connection.execute(waiting).scalar_one()


_COLUMNS = tuple(ITEMS.c[field.name] for field in fields(Item))
_FIRST_OPEN = (
    select(*_COLUMNS)
    .where(ITEMS.c.contact_id == bindparam("contact_id"), ITEMS.c.state.in_(OPEN_STATES))
    .order_by(ITEMS.c.id)
    .limit(1)
    .with_for_update()
)
_BY_ID = select(*_COLUMNS).where(ITEMS.c.id == bindparam("item"))
_BY_REF = select(*_COLUMNS).where(ITEMS.c.ref == bindparam("ref"))
_ONE = update(ITEMS).where(ITEMS.c.id == bindparam("item"))
_BEGIN = _ONE.values(state=State.SENDING.value, tries=ITEMS.c.tries + 1, changed_at=bindparam("now"))
_OWN = _ONE.where(ITEMS.c.state == State.SENDING.value, ITEMS.c.tries == bindparam("try")).values(
    changed_at=bindparam("now")
)
_LEAVE = _OWN.values(state=bindparam("state"))
_PROGRESS = _OWN.values(state=bindparam("state"), step=bindparam("step"), remote_id=bindparam("remote_id"))
_ECHOED = _ONE.where(
    ITEMS.c.state.in_((State.SENDING.value, State.UNSURE.value)), ITEMS.c.step == bindparam("at_step")
).values(step=ITEMS.c.step + 1, remote_id=bindparam("remote_id"))


def _try_of(item: Item, now: datetime) -> dict[str, Any]:
    return {"item": item.id, "try": item.tries, "now": now}


def _item(row: Any) -> Item | None:
    if row is None:
        return None
    values = dict(zip((field.name for field in fields(Item)), row, strict=True))
    return Item(**(values | {"kind": Kind(values["kind"]), "state": State(values["state"])}))


def kept_id(remote_id: int | None) -> int | None:
    """An id, unless it is larger than our column takes: then nothing is known of it."""
    return None if remote_id is None or remote_id > _MOST_ID else remote_id
