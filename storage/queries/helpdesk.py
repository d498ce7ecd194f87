"""Queries for the items to be shown in Chatwoot, and for their contacts there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Select, String, bindparam, func, literal, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.dialects import postgresql, sqlite

from phone_numbers import ReachAddress
from storage.base import UtcDateTime
from storage.identities.reaching import REACHED_BY
from storage.models import MessageStatus, Mirror, MirrorItem, TurnState
from storage.queries.helpdesk_items import Kind, State, kept_id
from storage.tables import CONTACTS, CONVERSATIONS, MESSAGES, MIRROR_ITEMS, MIRRORS, TURNS
from storage.upsert import insert_once

OPERATOR_AUTHOR = "chatwoot:"
"""The prefix of the author of a message written in Chatwoot, and therefore already shown there."""
TURNS_BEFORE = 8
"""Number of earlier turns searched for those of a call that ended without a report."""


_INSERTED = ("contact_id", "ref", "kind", "body", "state", "step", "tries", "created_at", "changed_at")


@dataclass(frozen=True, slots=True)
class ContactPlace:
    """A contact and its mapping to Chatwoot. source_id "", conversation_id None: not there, as far as we know.

    address: of which the source id is made; number: by which they are reached.
    """

    contact_id: int
    address: str
    name: str
    source_id: str
    conversation_id: int | None
    number: ReachAddress


# Creating items: each is one insert, which checks by itself for something to show.


def add_message(connection: Connection, message_id: int, now: datetime) -> int | None:
    """Queue a message to be shown; return the contact, or None if there is nothing to show."""
    return _add(connection, "message", {"id": message_id, "ref": f"message:{message_id}", "now": now})


def add_turn(connection: Connection, turn_id: int, now: datetime) -> int | None:
    """Queue a turn to be shown, after earlier turns that ended before completion."""
    return _add(connection, "turn", {"id": turn_id, "now": now})


def add_call(connection: Connection, conversation_id: int, now: datetime) -> int | None:
    """Queue the end of a call to be shown, after all of its turns."""
    _add(connection, "turns", {"id": conversation_id, "now": now})
    return _add(connection, "call", {"id": conversation_id, "ref": f"call:{conversation_id}", "now": now})


def add_words(
    connection: Connection, contact_id: int, kind: Kind, ref: str, words: str, now: datetime
) -> int | None:
    """Queue a note (NOTE), or the wait of a conversation for a person (OPEN). ref: at most 80 characters."""
    values = {"id": contact_id, "ref": ref, "kind": kind, "body": words, "now": now}
    return _add(connection, "words", values)


def add_receipt(
    connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
) -> int | None:
    """Queue the status of a message that is shown, or was written, in Chatwoot."""
    values = {
        "message": f"message:{message_id}",
        "ref": f"receipt:{message_id}:{status}",
        "body": f"{status} {code or ''}".strip(),
        "now": now,
    }
    return _add(connection, "receipt", values)


def keep_operators(
    connection: Connection, contact_id: int, message_ids: Sequence[int], remote_id: int, now: datetime
) -> None:
    """Record the Chatwoot message that these messages of ours carry, for their receipts."""
    for message_id in message_ids:
        insert_once(
            connection, MirrorItem, contact_id=contact_id, ref=f"message:{message_id}", kind=Kind.OPERATOR,
            body="", state=State.DONE, step=1, remote_id=kept_id(remote_id), tries=0, created_at=now,
            changed_at=now,
        )  # fmt: skip


def _add(connection: Connection, which: str, values: dict[str, Any]) -> int | None:
    added = connection.execute(_insert(which, connection.dialect.name), values).scalars().all()
    return added[0] if added else None


@cache  # building a statement costs as much as running it
def _insert(which: str, dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    made = insert(MIRROR_ITEMS).from_select(_INSERTED, _SOURCES[which]())
    return made.on_conflict_do_nothing().returning(MIRROR_ITEMS.c.contact_id)


def _row(contact_id: Any, ref: Any, kind: Any, body: Any = "") -> Select[Any]:
    now = bindparam("now", type_=UtcDateTime())
    body = literal(body) if isinstance(body, str) else body
    return select(contact_id, ref, kind, body, literal(State.WAITING.value), literal(0), literal(0), now, now)


def _message_row() -> Select[Any]:
    return (
        _row(CONTACTS.c.id, bindparam("ref", type_=String), literal(Kind.MESSAGE.value))
        .select_from(MESSAGES.join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id))
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(
            MESSAGES.c.id == bindparam("id"),
            CONTACTS.c.simulated.is_(False),
            MESSAGES.c.author.not_like(f"{OPERATOR_AUTHOR}%"),
        )
    )


def _turn_rows() -> Select[Any]:
    ref = literal("turn:").concat(as_type(TURNS.c.id, String))
    return (
        _row(CONTACTS.c.id, ref, literal(Kind.TURN.value))
        .select_from(TURNS.join(CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation_id))
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(CONTACTS.c.simulated.is_(False))
        .order_by(TURNS.c.number)
    )


def _turn_row() -> Select[Any]:
    this = TURNS.alias("this")
    mine = this.c.id == bindparam("id")
    conversation = select(this.c.conversation_id).where(mine).scalar_subquery()
    number = select(this.c.number).where(mine).scalar_subquery()
    return _turn_rows().where(
        TURNS.c.conversation_id == conversation,
        TURNS.c.number <= number,
        TURNS.c.number > number - TURNS_BEFORE,
        (TURNS.c.id == bindparam("id")) | (TURNS.c.state != TurnState.WRITING.value),
    )


def _turns_of_call() -> Select[Any]:
    return _turn_rows().where(TURNS.c.conversation_id == bindparam("id"))


def _call_row() -> Select[Any]:
    return (
        _row(CONTACTS.c.id, bindparam("ref", type_=String), literal(Kind.CALL.value))
        .select_from(CONVERSATIONS.join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id))
        .where(CONVERSATIONS.c.id == bindparam("id"), CONTACTS.c.simulated.is_(False))
    )


def _words_row() -> Select[Any]:
    given = (bindparam(name, type_=String) for name in ("ref", "kind", "body"))
    return _row(CONTACTS.c.id, *given).where(
        CONTACTS.c.id == bindparam("id"), CONTACTS.c.simulated.is_(False)
    )


def _receipt_row() -> Select[Any]:
    ref, body = (bindparam(name, type_=String) for name in ("ref", "body"))
    shown = MIRROR_ITEMS.alias("shown")
    return _row(shown.c.contact_id, ref, literal(Kind.RECEIPT.value), body).where(
        shown.c.ref == bindparam("message")
    )


_SOURCES = {
    "message": _message_row,
    "turn": _turn_row,
    "turns": _turns_of_call,
    "call": _call_row,
    "words": _words_row,
    "receipt": _receipt_row,
}


# A contact's mapping


def place_of(connection: Connection, contact_id: int) -> ContactPlace:
    """Return a contact's mapping to Chatwoot."""
    return ContactPlace(*connection.execute(_PLACE_OF, {"contact_id": contact_id}).one())


def place_by_conversation(connection: Connection, conversation_id: int) -> ContactPlace | None:
    """Return the contact of a Chatwoot conversation. conversation_id: the display id."""
    row = connection.execute(_PLACE.where(MIRRORS.c.conversation_id == conversation_id).limit(1)).first()
    return None if row is None else ContactPlace(*row)


def place_by_source(connection: Connection, source_id: str) -> ContactPlace | None:
    """Return the contact with a source id of ours in Chatwoot."""
    row = connection.execute(_PLACE.where(MIRRORS.c.source_id == source_id).limit(1)).first()
    return None if row is None else ContactPlace(*row)


def keep_source(connection: Connection, contact_id: int, source_id: str, now: datetime) -> None:
    """Store a contact's source id, before it is sent to Chatwoot."""
    insert_once(
        connection, Mirror, contact_id=contact_id, source_id=source_id, conversation_id=None, created_at=now
    )


def keep_conversation(connection: Connection, contact_id: int, conversation_id: int | None) -> None:
    """Store the contact's conversation in Chatwoot; None: none that we know."""
    connection.execute(
        update(MIRRORS).where(MIRRORS.c.contact_id == contact_id).values(conversation_id=conversation_id)
    )


def human_of(connection: Connection, conversation_id: int) -> str:
    """Return the name of the person who has a conversation; "" if unknown, or if nobody does."""
    human = select(CONVERSATIONS.c.human).where(CONVERSATIONS.c.id == conversation_id)
    return str(connection.execute(human).scalar_one())


def any_source(connection: Connection) -> str | None:
    """Return the source id of any contact with a conversation in Chatwoot."""
    newest = select(MIRRORS.c.source_id).where(MIRRORS.c.conversation_id.is_not(None))
    return connection.execute(newest.order_by(MIRRORS.c.id.desc()).limit(1)).scalar_one_or_none()


_PLACE = select(
    CONTACTS.c.id,
    CONTACTS.c.address,
    CONTACTS.c.name,
    func.coalesce(MIRRORS.c.source_id, ""),
    MIRRORS.c.conversation_id,
    REACHED_BY,
).select_from(CONTACTS.outerjoin(MIRRORS, MIRRORS.c.contact_id == CONTACTS.c.id))
_PLACE_OF = _PLACE.where(CONTACTS.c.id == bindparam("contact_id"))
