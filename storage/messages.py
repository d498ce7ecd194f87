"""Messages of written conversations, in and out: every query about them, named.

A message that came in belongs to no turn until the burst it is part of has settled; one that goes out belongs to
the turn that it answers, as its part 0, 1, 2. Whoever inserts part 0 has the right to say it, and nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, bindparam, func, or_, select, update

from storage.calls import ConversationRecord, find_conversation, topics_of
from storage.inserts import insert_once
from storage.models import Contact, Conversation, Message, MessageStatus

RECEIPT_RANKS = {
    MessageStatus.WAITING: -3,
    MessageStatus.CLAIMED: -2,
    MessageStatus.SENDING: -1,
    MessageStatus.QUEUED: 0,
    MessageStatus.SENT: 1,
    MessageStatus.DELIVERED: 2,
    MessageStatus.READ: 3,
    MessageStatus.UNDELIVERED: 4,
    MessageStatus.FAILED: 4,
}
"""What became of a message of ours, in the order in which it can come; receipts come in any."""

_MESSAGES = cast(Table, Message.__table__)
_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote. number: E.164, in the form that is the same on the phone; address: as the provider writes it."""

    number: str
    address: str
    name: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that came in."""

    sid: str
    kind: str
    body: str
    to_address: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message as its senders and readers need it."""

    id: int
    conversation_id: int
    turn_id: int | None
    part: int | None
    outbound: bool
    kind: str
    body: str
    sid: str | None
    status: MessageStatus
    error_code: int | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a conversation's messages go to, and from which of our numbers."""

    conversation_id: int
    contact_id: int
    key: str
    number: str
    address: str
    name: str
    our_address: str
    simulated: bool
    opted_out_at: datetime | None
    wrote_at: datetime | None


class MessageWithContact(NamedTuple):
    """A message, and with whom it was exchanged. number: E.164."""

    message: MessageRecord
    number: str
    name: str
    simulated: bool


def conversation_with(connection: Connection, sender: Sender, to_address: str, now: datetime) -> Recipient:
    """Return the conversation with a person, made where it is new, with what their message says of them."""
    recipient = _recipient(connection, sender.number, sender.simulated, now)
    connection.execute(
        update(_CONTACTS)
        .where(_CONTACTS.c.id == recipient.contact_id)
        .values(name=sender.name or _CONTACTS.c.name, whatsapp_address=sender.address, wrote_at=now)
    )
    if to_address:
        connection.execute(
            update(_CONVERSATIONS)
            .where(_CONVERSATIONS.c.id == recipient.conversation_id)
            .values(our_address=to_address)
        )
    return replace(
        recipient,
        name=sender.name or recipient.name,
        address=sender.address,
        wrote_at=now,
        our_address=to_address or recipient.our_address,
    )


def recipient_for(connection: Connection, number: str, now: datetime) -> Recipient:
    """Return the conversation with the real person of an E.164 number, to whom we write of our own accord.

    It is made where it is new; that they wrote is not said by it.
    """
    return _recipient(connection, number, False, now)


def _recipient(connection: Connection, number: str, simulated: bool, now: datetime) -> Recipient:
    insert_once(connection, Contact, address=number, simulated=simulated, name="", created_at=now)
    contact_id = connection.execute(
        select(_CONTACTS.c.id).where(_CONTACTS.c.address == number, _CONTACTS.c.simulated == simulated)
    ).scalar_one()
    key = f"whatsapp:{contact_id}"
    if (found := find_recipient(connection, key=key)) is not None:
        return found
    insert_once(
        connection, Conversation, key=key, contact_id=contact_id, channel="whatsapp",
        background=topics_of(connection, contact_id), summary="", summary_upto=0, topic="",
        our_address="", created_at=now,
    )  # fmt: skip
    found = find_recipient(connection, key=key)
    assert found is not None
    return found


def find_recipient(
    connection: Connection, *, key: str | None = None, conversation_id: int | None = None
) -> Recipient | None:
    """Return whom a conversation is with, by its key or its id."""
    which = _CONVERSATIONS.c.key == key if key is not None else _CONVERSATIONS.c.id == conversation_id
    row = connection.execute(_RECIPIENT.where(which)).one_or_none()
    return None if row is None else Recipient(*list(row))


def conversation_of(connection: Connection, key: str) -> ConversationRecord:
    """Return a conversation that exists."""
    found = find_conversation(connection, key)
    assert found is not None
    return found


# What came in


def keep_inbound(
    connection: Connection, conversation_id: int, new: NewMessage, body: str, now: datetime
) -> int | None:
    """Keep a message that came in, with these words; return its id, or None where it is there already."""
    return insert_once(
        connection, Message, conversation_id=conversation_id, turn_id=None, part=None, outbound=False,
        kind=new.kind, body=body, sid=new.sid, token=new.token, status=MessageStatus.RECEIVED,
        created_at=now, changed_at=now,
    )  # fmt: skip


def unsettled(connection: Connection, conversation_id: int) -> list[MessageRecord]:
    """Return what came in and belongs to no turn yet, oldest first."""
    return _records(connection, _UNSETTLED, conversation_id=conversation_id)


def settle(connection: Connection, message_ids: Sequence[int], turn_id: int) -> bool:
    """Put messages into a turn; False where one of them is in another by now."""
    settled = connection.execute(
        update(_MESSAGES)
        .where(_MESSAGES.c.id.in_(message_ids), _MESSAGES.c.turn_id.is_(None))
        .values(turn_id=turn_id, status=MessageStatus.SETTLED)
    )
    return settled.rowcount == len(message_ids)


def set_aside(connection: Connection, message_id: int) -> None:
    """Note that the assistant need not answer a message."""
    connection.execute(
        update(_MESSAGES).where(_MESSAGES.c.id == message_id).values(status=MessageStatus.SETTLED)
    )


def is_newest(connection: Connection, conversation_id: int, message_id: int) -> bool:
    """Say whether nothing came in after a message."""
    newest = select(func.max(_MESSAGES.c.id)).where(
        _MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.outbound.is_(False)
    )
    return bool(connection.execute(newest).scalar_one() == message_id)


# What goes out


def claim_parts(
    connection: Connection,
    conversation_id: int,
    turn_id: int,
    bodies: Sequence[str],
    now: datetime,
    *,
    first: MessageStatus,
) -> list[int] | None:
    """Keep what answers a turn, part by part; return the ids, or None where somebody else has done so.

    first: CLAIMED where the first part goes out in the reply to the webhook; the others wait.
    """
    ids: list[int] = []
    for part, body in enumerate(bodies):
        made = insert_once(
            connection, Message, conversation_id=conversation_id, turn_id=turn_id, part=part, outbound=True,
            kind="text", body=body, sid=None, token=None,
            status=first if part == 0 else MessageStatus.WAITING, created_at=now, changed_at=now,
        )  # fmt: skip
        if made is None:
            return None
        ids.append(made)
    return ids


def claim(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    """Note that messages go out in a reply."""
    _change(connection, message_ids, MessageStatus.CLAIMED, now)


def begin_sending(connection: Connection, message_id: int, now: datetime) -> None:
    """Note that a message is about to be given to the provider: from here on it may have it."""
    _change(connection, [message_id], MessageStatus.SENDING, now)


def put_back(connection: Connection, message_id: int, now: datetime) -> None:
    """Note that the provider certainly does not have a message."""
    _change(connection, [message_id], MessageStatus.WAITING, now)


def _change(connection: Connection, message_ids: Sequence[int], status: MessageStatus, now: datetime) -> None:
    which = (_MESSAGES.c.id.in_(message_ids), _MESSAGES.c.status.in_(_NOT_OUT))
    connection.execute(update(_MESSAGES).where(*which).values(status=status, changed_at=now))


def known_sids(connection: Connection, sids: Sequence[str]) -> set[str]:
    """Return which of a provider's SIDs are of messages that we know."""
    found = select(_MESSAGES.c.sid).where(_MESSAGES.c.sid.in_(sids))
    return {sid for sid in connection.execute(found).scalars() if sid is not None}


def add_outbound(
    connection: Connection, conversation_id: int, kind: str, body: str, now: datetime, status: MessageStatus
) -> int:
    """Keep a message of ours that answers no turn; return its id."""
    made = insert_once(
        connection, Message, conversation_id=conversation_id, turn_id=None, part=None, outbound=True,
        kind=kind, body=body, sid=None, token=None, status=status, created_at=now, changed_at=now,
    )  # fmt: skip
    assert made is not None
    return made


def add_claimed(
    connection: Connection, conversation_id: int, body: str, now: datetime
) -> list[MessageRecord]:
    """Keep a message of ours that goes out in a reply and answers no turn."""
    made = add_outbound(connection, conversation_id, "text", body, now, MessageStatus.CLAIMED)
    return by_ids(connection, [made])


def is_answered(connection: Connection, turn_id: int) -> bool:
    """Say whether somebody has the answer to a turn in hand, or has sent it."""
    found = select(_MESSAGES.c.id).where(_MESSAGES.c.turn_id == turn_id, _MESSAGES.c.outbound.is_(True))
    return connection.execute(found.limit(1)).first() is not None


def unsent(connection: Connection, conversation_id: int) -> list[MessageRecord]:
    """Return the messages of ours whose way into the provider's hands is not known, in order."""
    return _records(connection, _UNSENT, conversation_id=conversation_id)


def by_ids(connection: Connection, message_ids: Sequence[int]) -> list[MessageRecord]:
    """Return messages by their ids, in order."""
    statement = select(*_COLUMNS).where(_MESSAGES.c.id.in_(message_ids)).order_by(_MESSAGES.c.id)
    return _records(connection, statement)


def message_by_id(connection: Connection, message_id: int) -> MessageRecord | None:
    """Return a message by its id."""
    return next(iter(_records(connection, _BY_ID, message_id=message_id)), None)


def last_messages(connection: Connection, limit: int, number: str | None = None) -> list[MessageWithContact]:
    """Return the newest messages, of everybody or of a number, oldest of them first."""
    statement = _WITH_CONTACT.order_by(_MESSAGES.c.id.desc()).limit(limit)
    if number is not None:
        statement = statement.where(_CONTACTS.c.address == number)
    return [_with_contact(row) for row in reversed(connection.execute(statement).all())]


def message_by_sid(connection: Connection, sid: str) -> MessageWithContact | None:
    """Return a message by the provider's SID."""
    row = connection.execute(_WITH_CONTACT.where(_MESSAGES.c.sid == sid)).one_or_none()
    return None if row is None else _with_contact(row)


def sent(connection: Connection, message_id: int, sid: str, status: MessageStatus, now: datetime) -> None:
    """Keep under which SID the provider has a message."""
    connection.execute(
        update(_MESSAGES)
        .where(_MESSAGES.c.id == message_id, _MESSAGES.c.sid.is_(None))
        .values(sid=sid, changed_at=now)
    )
    receipt(connection, status, None, now, message_id=message_id)


def receipt(
    connection: Connection,
    status: MessageStatus,
    error_code: int | None,
    now: datetime,
    *,
    message_id: int | None = None,
    sid: str | None = None,
) -> MessageRecord | None:
    """Note what became of a message, by our id or the provider's; never backwards. None: not ours."""
    which = _MESSAGES.c.id == message_id if message_id is not None else _MESSAGES.c.sid == sid
    found = connection.execute(
        select(*_COLUMNS).where(which, _MESSAGES.c.outbound.is_(True)).with_for_update()
    ).one_or_none()
    if found is None:
        return None
    message = _record(found)
    news: dict[str, Any] = {}
    if message.sid is None and sid is not None:
        news["sid"] = sid
    if RECEIPT_RANKS[status] > RECEIPT_RANKS[message.status]:
        news |= {"status": status, "error_code": error_code, "changed_at": now}
    if news:
        connection.execute(update(_MESSAGES).where(_MESSAGES.c.id == message.id).values(news))
    return message


# Contacts


def opt_out(connection: Connection, contact_id: int, at: datetime | None) -> bool:
    """Note that a contact wants nothing more of our own accord, or (None) does again; say whether that is new."""
    was = _CONTACTS.c.opted_out_at.is_(None) if at is not None else _CONTACTS.c.opted_out_at.is_not(None)
    changed = connection.execute(
        update(_CONTACTS).where(_CONTACTS.c.id == contact_id, was).values(opted_out_at=at)
    )
    return changed.rowcount == 1


def ask_stop(connection: Connection, contact_id: int, now: datetime) -> bool:
    """Note that a contact is asked whether our messages are to end; False where they were asked before."""
    asked = connection.execute(
        update(_CONTACTS)
        .where(_CONTACTS.c.id == contact_id, _CONTACTS.c.stop_asked_at.is_(None))
        .values(stop_asked_at=now)
    )
    return asked.rowcount == 1


_RECIPIENT = select(
    *(
        _CONVERSATIONS.c.id.label("conversation_id"),
        _CONTACTS.c.id.label("contact_id"),
        _CONVERSATIONS.c.key,
        _CONTACTS.c.address,
        _CONTACTS.c.whatsapp_address,
        _CONTACTS.c.name,
        _CONVERSATIONS.c.our_address,
        _CONTACTS.c.simulated,
        _CONTACTS.c.opted_out_at,
        _CONTACTS.c.wrote_at,
    )
).join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
_NOT_OUT = (MessageStatus.WAITING, MessageStatus.CLAIMED, MessageStatus.SENDING)
_COLUMNS = tuple(_MESSAGES.c[field.name] for field in fields(MessageRecord))
_UNSETTLED = (
    select(*_COLUMNS)
    .where(
        _MESSAGES.c.conversation_id == bindparam("conversation_id"),
        _MESSAGES.c.outbound.is_(False),
        _MESSAGES.c.turn_id.is_(None),
        _MESSAGES.c.status == MessageStatus.RECEIVED,
    )
    .order_by(_MESSAGES.c.id)
)
_UNSENT = (
    select(*_COLUMNS)
    .where(
        _MESSAGES.c.conversation_id == bindparam("conversation_id"),
        _MESSAGES.c.outbound.is_(True),
        _MESSAGES.c.status.in_(_NOT_OUT),
        # what the terminal is sending belongs to no turn, and whoever sends it looks after it
        or_(_MESSAGES.c.turn_id.is_not(None), _MESSAGES.c.status == MessageStatus.CLAIMED),
    )
    .order_by(_MESSAGES.c.id)
)
_WITH_CONTACT = (
    select(*_COLUMNS, _CONTACTS.c.address, _CONTACTS.c.name, _CONTACTS.c.simulated)
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _MESSAGES.c.conversation_id)
    .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
)
_BY_ID = select(*_COLUMNS).where(_MESSAGES.c.id == bindparam("message_id"))


def _records(connection: Connection, statement: Any, **values: int) -> list[MessageRecord]:
    return [_record(row) for row in connection.execute(statement, values)]


def _record(row: Any) -> MessageRecord:
    values = dict(zip((field.name for field in fields(MessageRecord)), row, strict=True))
    return MessageRecord(**values | {"status": MessageStatus(values["status"])})


def _with_contact(row: Any) -> MessageWithContact:
    width = len(_COLUMNS)
    return MessageWithContact(_record(row[:width]), *row[width:])
