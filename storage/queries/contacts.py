"""Queries for contacts with whom written messages are exchanged."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, String, Table, bindparam, literal, select, update
from sqlalchemy import cast as sql_cast

from phone_numbers import matching_number
from storage.models import Contact, Conversation, Handoff, Turn
from storage.queries.calls import ConversationRecord, find_conversation, topics_of
from storage.upsert import insert_once

WITHOUT_NUMBER = "bsuid:"
"""Before the user id, in the address of a contact on WhatsApp who shows no number."""
MOST_ADDRESS = 120
WROTE_EVERY = timedelta(minutes=1)
"""The interval at which a contact's last message is noted: only its day matters."""

_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a message.

    number: E.164, in the same form as on the phone; address: in the provider's form. Both are empty for somebody who
    shows no number. user_id: WhatsApp's, or empty. One of number and user_id is there.
    """

    number: str
    address: str
    name: str
    simulated: bool
    provider: str = "twilio"
    user_id: str = ""

    @property
    def found_by(self) -> str:
        """The contact's address."""
        return self.number or f"{WITHOUT_NUMBER}{self.user_id}"[:MOST_ADDRESS]


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of a conversation's messages, and the number of ours that sends them.

    number: E.164, or what stands for it in `Contact.address`.
    """

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
    provider: str
    human_until: datetime | None
    """The assistant is silent until then."""
    user_id: str | None

    @property
    def reached_by(self) -> str:
        """The number as WhatsApp writes it, or the user id of somebody who shows none."""
        number = (self.address or self.number).removeprefix("whatsapp:")
        return number if number.startswith("+") else self.user_id or number


def conversation_with(connection: Connection, sender: Sender, to_address: str, now: datetime) -> Recipient:
    """Return the conversation with a person, created if new, updated with the details in their message.

    now: the time of the message.
    """
    recipient = _known(connection, sender) or _made(connection, sender, to_address, now, wrote_at=now)
    recipient = _identified(connection, recipient, sender)
    name, address = sender.name or recipient.name, sender.address or recipient.address
    wrote_at = max(now, recipient.wrote_at or now)
    is_long_ago = recipient.wrote_at is None or now - recipient.wrote_at >= WROTE_EVERY
    if is_long_ago or (name, address) != (recipient.name, recipient.address):
        connection.execute(
            _WROTE, {"contact_id": recipient.contact_id, "name": name, "written_as": address, "at": wrote_at}
        )
    our_address = to_address or (recipient.our_address if sender.provider == recipient.provider else "")
    if (our_address, sender.provider) != (recipient.our_address, recipient.provider):
        connection.execute(
            update(_CONVERSATIONS)
            .where(_CONVERSATIONS.c.id == recipient.conversation_id)
            .values(our_address=our_address, provider=sender.provider)
        )
    return replace(
        recipient,
        name=name,
        address=address,
        wrote_at=wrote_at,
        our_address=our_address,
        provider=sender.provider,
    )


def _identified(connection: Connection, recipient: Recipient, sender: Sender) -> Recipient:
    """Keep the number and the user id that a message has brought together."""
    if sender.number and recipient.number != sender.number:  # until now they showed none
        connection.execute(
            update(_CONTACTS).where(_CONTACTS.c.id == recipient.contact_id).values(address=sender.number)
        )
        recipient = replace(recipient, number=sender.number)
    if not sender.user_id or sender.user_id == recipient.user_id:
        return recipient
    same_id = (
        _CONTACTS.c.whatsapp_user_id == sender.user_id, _CONTACTS.c.simulated == sender.simulated,
        _CONTACTS.c.id != recipient.contact_id,
    )  # fmt: skip
    # Of somebody whom we took for another before: who wanted no messages then wants none now
    opted_out = connection.execute(
        update(_CONTACTS).where(*same_id).values(whatsapp_user_id=None).returning(_CONTACTS.c.opted_out_at)
    )
    opted_out_at = next(filter(None, [recipient.opted_out_at, *opted_out.scalars()]), None)
    connection.execute(
        update(_CONTACTS)
        .where(_CONTACTS.c.id == recipient.contact_id)
        .values(whatsapp_user_id=sender.user_id, opted_out_at=opted_out_at)
    )
    return replace(recipient, user_id=sender.user_id, opted_out_at=opted_out_at)


def recipient_for(connection: Connection, number: str, now: datetime) -> Recipient:
    """Return the conversation with the real person of an E.164 number, for a message of our own accord.

    It is created if it is new, without marking them as having written. Until a message of theirs brings their WhatsApp
    address, the number given here is used.
    """
    found_by = matching_number(number)
    person = Sender(found_by, "", "", False)
    known = _known(connection, person) or _made(connection, person, "", now, wrote_at=None)
    if known.address or number == found_by:
        return known
    connection.execute(
        update(_CONTACTS).where(_CONTACTS.c.id == known.contact_id).values(whatsapp_address=number)
    )
    return replace(known, address=number)


def _known(connection: Connection, sender: Sender) -> Recipient | None:
    """Find somebody by their number, else by their user id; two contacts with a number each are never made one."""
    values: dict[str, Any] = {"simulated": sender.simulated}
    row = None
    if sender.number:
        row = connection.execute(_KNOWN, values | {"number": sender.number}).one_or_none()
    if row is None and sender.user_id:
        row = connection.execute(_KNOWN_BY_ID, values | {"user_id": sender.user_id}).first()
        if (
            row is not None
            and sender.number
            and (row.address.startswith("+") or _has_called(connection, sender))
        ):
            row = None
    return None if row is None else Recipient(*list(row))


def _has_called(connection: Connection, sender: Sender) -> bool:
    same = (_CONTACTS.c.address == sender.number, _CONTACTS.c.simulated == sender.simulated)
    return connection.execute(select(_CONTACTS.c.id).where(*same)).first() is not None


def _made(
    connection: Connection, sender: Sender, our_address: str, now: datetime, *, wrote_at: datetime | None
) -> Recipient:
    contact_id = insert_once(
        connection, Contact, address=sender.found_by, simulated=sender.simulated, name=sender.name,
        whatsapp_address=sender.address, whatsapp_user_id=sender.user_id or None, wrote_at=wrote_at,
        created_at=now,
    )  # fmt: skip
    background = ""
    if contact_id is None:  # it has called before
        contact_id = connection.execute(
            select(_CONTACTS.c.id).where(
                _CONTACTS.c.address == sender.found_by, _CONTACTS.c.simulated == sender.simulated
            )
        ).scalar_one()
        background = topics_of(connection, contact_id)
    insert_once(
        connection, Conversation, key=f"whatsapp:{contact_id}", contact_id=contact_id, channel="whatsapp",
        background=background, summary="", summary_upto=0, topic="", our_address=our_address,
        provider=sender.provider, human="", created_at=now,
    )  # fmt: skip
    made = _known(connection, sender)
    assert made is not None
    return made


def find_recipient(
    connection: Connection, *, key: str | None = None, conversation_id: int | None = None
) -> Recipient | None:
    """Return the recipient of a conversation, by its key or its id."""
    if key is not None:
        row = connection.execute(_BY_KEY, {"key": key}).one_or_none()
    else:
        row = connection.execute(_BY_ID, {"conversation_id": conversation_id}).one_or_none()
    return None if row is None else Recipient(*list(row))


def conversation_of_number(connection: Connection, number: str) -> int | None:
    """Return the id of the conversation with the real person of an E.164 number; None if there is none."""
    which = (
        _CONTACTS.c.address == number, _CONTACTS.c.simulated.is_(False), _CONVERSATIONS.c.channel == "whatsapp"
    )  # fmt: skip
    found = select(_CONVERSATIONS.c.id).join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
    return connection.execute(found.where(*which)).scalar_one_or_none()


def conversation_of(connection: Connection, key: str) -> ConversationRecord:
    """Return an existing conversation."""
    found = find_conversation(connection, key)
    assert found is not None
    return found


def name_contact(connection: Connection, contact_id: int, name: str) -> None:
    """Store a contact's name, if it is unknown."""
    connection.execute(
        update(_CONTACTS).where(_CONTACTS.c.id == contact_id, _CONTACTS.c.name == "").values(name=name[:80])
    )


def is_with_a_person(recipient: Recipient, at: datetime) -> bool:
    """Return whether a person had taken a conversation over at a time."""
    return recipient.human_until is not None and recipient.human_until > at


def is_silenced(connection: Connection, conversation_id: int, turn_id: int, now: datetime) -> bool:
    """Return whether an answer is to be held back, because a person has taken over.

    The answer that hands a conversation over is itself still sent, until a named person has taken it.
    """
    until, human = connection.execute(_HUMAN, {"conversation_id": conversation_id}).one()
    if until is None or until <= now:
        return False
    return bool(human) or not _hands_over(connection, conversation_id, turn_id)


def _hands_over(connection: Connection, conversation_id: int, turn_id: int) -> bool:
    number = select(Turn.number).where(Turn.id == turn_id).scalar_subquery()
    handoff = select(Handoff.id).where(
        Handoff.conversation_id == conversation_id, Handoff.turn_number == number
    )
    return connection.execute(handoff).first() is not None


def take_over(connection: Connection, conversation_id: int, human: str, until: datetime) -> None:
    """Record that a person has taken over, and until when the assistant is silent."""
    connection.execute(
        update(_CONVERSATIONS)
        .where(_CONVERSATIONS.c.id == conversation_id)
        .values(human=human[:80], human_until=until)
    )


def give_back(connection: Connection, conversation_id: int) -> bool:
    """Record that the assistant answers again; return whether a person had the conversation until now."""
    given = connection.execute(
        update(_CONVERSATIONS)
        .where(_CONVERSATIONS.c.id == conversation_id, _CONVERSATIONS.c.human_until.is_not(None))
        .values(human="", human_until=None)
    )
    return given.rowcount == 1


def opt_out(connection: Connection, contact_id: int, at: datetime | None) -> bool:
    """Record a contact's opt-out, or (None) its end; return whether that is new."""
    was = _CONTACTS.c.opted_out_at.is_(None) if at is not None else _CONTACTS.c.opted_out_at.is_not(None)
    changed = connection.execute(
        update(_CONTACTS).where(_CONTACTS.c.id == contact_id, was).values(opted_out_at=at)
    )
    return changed.rowcount == 1


def ask_stop(connection: Connection, contact_id: int, now: datetime) -> bool:
    """Record our question whether our messages are to end; return False if it was asked before."""
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
        _CONVERSATIONS.c.provider,
        _CONVERSATIONS.c.human_until,
        _CONTACTS.c.whatsapp_user_id,
    )
).join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)

# Built once: building a statement costs more than running it.
_BY_KEY = _RECIPIENT.where(_CONVERSATIONS.c.key == bindparam("key"))
_BY_ID = _RECIPIENT.where(_CONVERSATIONS.c.id == bindparam("conversation_id"))
_WRITTEN = _RECIPIENT.where(
    _CONTACTS.c.simulated == bindparam("simulated"),
    _CONVERSATIONS.c.key == literal("whatsapp:") + sql_cast(_CONTACTS.c.id, String),
)
_KNOWN = _WRITTEN.where(_CONTACTS.c.address == bindparam("number"))
_KNOWN_BY_ID = _WRITTEN.where(_CONTACTS.c.whatsapp_user_id == bindparam("user_id"))
_WROTE = (
    update(_CONTACTS)
    .where(_CONTACTS.c.id == bindparam("contact_id"))
    .values(name=bindparam("name"), whatsapp_address=bindparam("written_as"), wrote_at=bindparam("at"))
)
_HUMAN = select(_CONVERSATIONS.c.human_until, _CONVERSATIONS.c.human).where(
    _CONVERSATIONS.c.id == bindparam("conversation_id")
)
