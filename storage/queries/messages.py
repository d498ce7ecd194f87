"""Queries for inbound and outbound messages of written conversations.

An inbound message belongs to no turn until its batch is complete; an outbound one belongs to the turn that it answers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, or_, select, update

from phone_numbers import MatchingNumber, ReachAddress
from storage.identities.finding import contacts_of_number
from storage.identities.reaching import REACHED_BY
from storage.models import LOST, Message, MessageStatus
from storage.tables import CONTACTS, CONVERSATIONS, MESSAGES
from storage.upsert import insert_once

_ANSWERED_BY_NOBODY = ("deleted", "edit", "reaction", "erased")
"""Kinds of messages that ask nothing by themselves."""
WRITTEN_LONG_BEFORE = timedelta(minutes=1)
"""More than clocks of our machines differ by."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. url, type: as the provider gives them; url may be its own name for the file.

    words: its content in words for the assistant; None: not opened yet. is_said: the words are the person's own,
    spoken. is_readable: some of it was understood. simulated: it comes from the simulator on this machine. provider:
    the one that stores it.
    """

    url: str
    type: str
    words: str | None = None
    is_said: bool = False
    is_readable: bool = True
    simulated: bool = False
    provider: str = "twilio"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An inbound message. token: the same for every attempt of a webhook."""

    sid: str
    kind: str
    body: str
    to_address: str
    token: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message, with the fields that senders and readers need."""

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
    tries: int
    attachments: tuple[Attachment, ...]
    author: str

    @property
    def is_opened(self) -> bool:
        """True if there are words for every attachment."""
        return all(attachment.words is not None for attachment in self.attachments)

    @property
    def words(self) -> str:
        """The whole message in words."""
        return "\n".join(filter(None, [self.body, *(attachment.words for attachment in self.attachments)]))


class MessageWithContact(NamedTuple):
    """A message and its contact. number: E.164. provider: the one by which they last wrote."""

    message: MessageRecord
    number: ReachAddress
    name: str
    simulated: bool
    provider: str = "twilio"


# Inbound messages


def keep_inbound(
    connection: Connection, conversation_id: int, new: NewMessage, body: str, now: datetime
) -> int | None:
    """Store an inbound message with these words; return its id, or None if it was stored before."""
    return insert_once(
        connection, Message, conversation_id=conversation_id, turn_id=None, part=None, outbound=False,
        kind=new.kind, body=body, sid=new.sid, token=new.token, status=MessageStatus.RECEIVED,
        created_at=now, changed_at=now, attachments=[asdict(attachment) for attachment in new.attachments],
        author="",
    )  # fmt: skip


def as_kept(
    message_id: int, conversation_id: int, new: NewMessage, body: str, now: datetime
) -> MessageRecord:
    """Return a message as `keep_inbound` has stored it."""
    return MessageRecord(
        message_id, conversation_id, turn_id=None, part=None, outbound=False, kind=new.kind, body=body,
        sid=new.sid, status=MessageStatus.RECEIVED, error_code=None, created_at=now, changed_at=now, tries=0,
        attachments=new.attachments, author="",
    )  # fmt: skip


def unsettled(connection: Connection, conversation_id: int) -> list[MessageRecord]:
    """Return the inbound messages that belong to no turn yet, in the order in which they were written."""
    return records(connection, _UNSETTLED, conversation_id=conversation_id)


def settle(connection: Connection, message_ids: Sequence[int], turn_id: int) -> bool:
    """Assign messages to a turn; return False if one of them is in another by now."""
    settled = connection.execute(_SETTLE, {"message_ids": list(message_ids), "turn": turn_id})
    return settled.rowcount == len(message_ids)


def move_to_turn(connection: Connection, old_turn_id: int, turn_id: int) -> None:
    """Move the messages of one turn to another, which answers them as well."""
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.turn_id == old_turn_id, MESSAGES.c.outbound.is_(False))
        .values(turn_id=turn_id)
    )


def release(connection: Connection, message_ids: Sequence[int]) -> None:
    """Let messages wait for an answer again, in another turn than theirs."""
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.id.in_(message_ids))
        .values(turn_id=None, status=MessageStatus.RECEIVED)
    )


def left_unanswered(connection: Connection, conversation_id: int, since: datetime) -> list[MessageRecord]:
    """Return what was written since a time and since our last message that went out, but for changes and reactions."""
    out = select(func.max(MESSAGES.c.id)).where(
        MESSAGES.c.conversation_id == conversation_id,
        MESSAGES.c.outbound.is_(True),
        MESSAGES.c.status.not_in((MessageStatus.HELD, *LOST)),
    )
    left = select(*COLUMNS).where(
        MESSAGES.c.conversation_id == conversation_id,
        MESSAGES.c.outbound.is_(False),
        MESSAGES.c.id > func.coalesce(out.scalar_subquery(), 0),
        MESSAGES.c.created_at > since,
        MESSAGES.c.kind.not_in(_ANSWERED_BY_NOBODY),
    )
    return [record_of(row) for row in connection.execute(left.order_by(MESSAGES.c.id))]


def asked_in(connection: Connection, turn_id: int) -> list[MessageRecord]:
    """Return the inbound messages that a turn answers, oldest first."""
    return records(connection, _ASKED_IN, turn_id=turn_id)


def keep_opened(connection: Connection, message_id: int, attachments: Sequence[Attachment]) -> None:
    """Store the words for a message's files, unless it is in a turn by now."""
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.id == message_id, MESSAGES.c.turn_id.is_(None))
        .values(attachments=[asdict(attachment) for attachment in attachments])
    )


def describe(connection: Connection, message_id: int, attachments: Sequence[Attachment]) -> None:
    """Store better words for a message's files."""
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.id == message_id)
        .values(attachments=[asdict(attachment) for attachment in attachments])
    )


def set_aside(connection: Connection, message_id: int) -> None:
    """Record that the assistant need not answer a message."""
    connection.execute(
        update(MESSAGES).where(MESSAGES.c.id == message_id).values(status=MessageStatus.SETTLED)
    )


def correct(connection: Connection, message_id: int, body: str) -> None:
    """Replace the words of a message that is in no turn yet."""
    which = (MESSAGES.c.id == message_id, MESSAGES.c.turn_id.is_(None))
    connection.execute(update(MESSAGES).where(*which).values(body=body))


def take_back(connection: Connection, message_id: int, kind: str) -> None:
    """Record, as its kind, that its writer deleted a message; it is not answered any more."""
    connection.execute(
        update(MESSAGES).where(MESSAGES.c.id == message_id).values(kind=kind, status=MessageStatus.SETTLED)
    )


def heard_by_twilio_since(
    connection: Connection, since: datetime, *, before: datetime | None = None
) -> datetime | None:
    """Return the time of the newest real message that came by Twilio since then; None if there is none."""
    until = [] if before is None else [MESSAGES.c.created_at < before]
    newest = (
        select(MESSAGES.c.created_at)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(MESSAGES.c.created_at > since, MESSAGES.c.outbound.is_(False), CONTACTS.c.simulated.is_(False))
        .where(or_(MESSAGES.c.sid.startswith("SM"), MESSAGES.c.sid.startswith("MM")), *until)
    )
    return connection.execute(newest.order_by(MESSAGES.c.created_at.desc()).limit(1)).scalar_one_or_none()


def without_receipt(
    connection: Connection, *, since: datetime, changed: tuple[datetime, datetime], limit: int
) -> list[tuple[str, datetime]]:
    """Return real messages by Twilio written since then, and neither delivered nor lost: SIDs, and last changes.

    changed: after which time, and until which, their status changed last. The one that waits for longest comes first.
    """
    after, until = changed
    which = (
        MESSAGES.c.created_at > since, MESSAGES.c.outbound.is_(True),
        MESSAGES.c.status.in_((MessageStatus.QUEUED, MessageStatus.SENT)),
        MESSAGES.c.changed_at > after, MESSAGES.c.changed_at <= until, CONTACTS.c.simulated.is_(False),
        or_(MESSAGES.c.sid.startswith("SM"), MESSAGES.c.sid.startswith("MM")),
    )  # fmt: skip
    found = (
        select(MESSAGES.c.sid, MESSAGES.c.changed_at)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(*which)
        .order_by(MESSAGES.c.changed_at, MESSAGES.c.id)
        .limit(limit)
    )
    return [(str(sid), changed_at) for sid, changed_at in connection.execute(found)]


def came_in_since(connection: Connection, conversation_id: int, since: datetime) -> int:
    """Return the number of inbound messages after a time."""
    return connection.execute(
        select(func.count())
        .select_from(MESSAGES)
        .where(
            MESSAGES.c.conversation_id == conversation_id,
            MESSAGES.c.outbound.is_(False),
            MESSAGES.c.created_at > since,
        )
    ).scalar_one()


def came_from_since(connection: Connection, contact_id: int, since: datetime) -> int:
    """Return the number of messages after a time in all of a contact's conversations."""
    return connection.execute(_CAME_FROM, {"contact_id": contact_id, "since": since}).scalar_one()


def wants_nothing(connection: Connection, conversation_id: int, opted_out_at: datetime | None) -> bool:
    """Return whether a contact opted out, and has written nothing since that could be answered."""
    return opted_out_at is not None and not came_in_since(connection, conversation_id, opted_out_at)


def is_newest(connection: Connection, message: MessageRecord) -> bool:
    """Return whether a message is the newest of the inbound ones that wait for an answer.

    One that was written long before and has come only now is not newer.
    """
    newest = select(func.max(MESSAGES.c.id)).where(
        MESSAGES.c.conversation_id == message.conversation_id,
        MESSAGES.c.status == MessageStatus.RECEIVED,
        MESSAGES.c.created_at > message.created_at - WRITTEN_LONG_BEFORE,
    )
    return bool(connection.execute(newest).scalar_one() == message.id)


def by_ids(connection: Connection, message_ids: Sequence[int]) -> list[MessageRecord]:
    """Return messages by their ids, in order."""
    return records(connection, _BY_IDS, message_ids=list(message_ids)) if message_ids else []


def message_by_id(connection: Connection, message_id: int) -> MessageRecord | None:
    """Return a message by its id."""
    return next(iter(records(connection, _BY_ID, message_id=message_id)), None)


def last_messages(
    connection: Connection, limit: int, number: MatchingNumber | None = None
) -> list[MessageWithContact]:
    """Return the newest messages, of everybody or of a number, oldest of them first."""
    statement = _WITH_CONTACT.order_by(MESSAGES.c.id.desc()).limit(limit)
    if number is not None:
        statement = statement.where(CONTACTS.c.id.in_(contacts_of_number(number)))
    return [_with_contact(row) for row in reversed(connection.execute(statement).all())]


def message_by_sid(connection: Connection, sid: str) -> MessageWithContact | None:
    """Return a message by the provider's SID."""
    row = connection.execute(_WITH_CONTACT.where(MESSAGES.c.sid == sid)).one_or_none()
    return None if row is None else _with_contact(row)


_NAMES = tuple(field.name for field in fields(MessageRecord))
COLUMNS = tuple(MESSAGES.c[name] for name in _NAMES)
_UNSETTLED = (
    select(*COLUMNS)
    .where(
        MESSAGES.c.conversation_id == bindparam("conversation_id"),
        MESSAGES.c.outbound.is_(False),
        MESSAGES.c.turn_id.is_(None),
        MESSAGES.c.status == MessageStatus.RECEIVED,
    )
    .order_by(MESSAGES.c.created_at, MESSAGES.c.id)
)
_ASKED_IN = (
    select(*COLUMNS)
    .where(MESSAGES.c.turn_id == bindparam("turn_id"), MESSAGES.c.outbound.is_(False))
    .order_by(MESSAGES.c.id)
)
_WITH_CONTACT = (
    select(*COLUMNS, REACHED_BY, CONTACTS.c.name, CONTACTS.c.simulated, CONVERSATIONS.c.provider)
    .join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
)
_BY_IDS = (
    select(*COLUMNS)
    .where(MESSAGES.c.id.in_(bindparam("message_ids", expanding=True)))
    .order_by(MESSAGES.c.id)
)
_SETTLE = (
    update(MESSAGES)
    .where(MESSAGES.c.id.in_(bindparam("message_ids", expanding=True)), MESSAGES.c.turn_id.is_(None))
    .values(turn_id=bindparam("turn"), status=MessageStatus.SETTLED)
)
_CAME_FROM = (
    select(func.count())
    .select_from(MESSAGES.join(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id))
    .where(
        CONVERSATIONS.c.contact_id == bindparam("contact_id"),
        CONVERSATIONS.c.channel == "whatsapp",
        MESSAGES.c.outbound.is_(False),
        MESSAGES.c.created_at > bindparam("since"),
    )
)
_BY_ID = select(*COLUMNS).where(MESSAGES.c.id == bindparam("message_id"))


def records(connection: Connection, statement: Any, **values: Any) -> list[MessageRecord]:
    """Return the messages of a statement that selects COLUMNS."""
    return [record_of(row) for row in connection.execute(statement, values)]


def record_of(row: Any) -> MessageRecord:
    """Return the message of a row of COLUMNS."""
    values = dict(zip(_NAMES, row, strict=True))
    values["status"] = MessageStatus(values["status"])
    values["attachments"] = tuple(Attachment(**attachment) for attachment in values["attachments"])
    return MessageRecord(**values)


def _with_contact(row: Any) -> MessageWithContact:
    width = len(COLUMNS)
    return MessageWithContact(record_of(row[:width]), *row[width:])
