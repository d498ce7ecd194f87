"""Queries for contacts with whom written messages are exchanged."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, String, bindparam, exists, func, literal, select, update
from sqlalchemy import cast as sql_cast

from phone_numbers import MatchingNumber, ReachAddress, matching_number, shown_number
from storage.base import is_ahead
from storage.identities import finding, pairing
from storage.identities.finding import Evidence, IdentityKey
from storage.models import Conversation, Handoff, Turn
from storage.queries.calls import topics_of
from storage.tables import CAMPAIGN_RECIPIENTS, CONTACTS, CONVERSATIONS, IDENTITIES
from storage.upsert import insert_once

WROTE_EVERY = timedelta(minutes=1)
"""The interval at which a contact's last message is noted: only its day matters."""
LONGEST_SILENCE = timedelta(days=30)
"""The longest that HUMAN_RESUME_H can be."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a message.

    number: what finds them, the same as on the phone; address: in the provider's form. Both are empty for somebody who
    shows no number. user_id: WhatsApp's, or empty. One of number and user_id is there.
    """

    number: MatchingNumber
    address: str
    name: str
    simulated: bool
    provider: str = "twilio"
    user_id: str = ""

    @property
    def by_number(self) -> IdentityKey | None:
        """The identity of the number."""
        written_as = self.address.removeprefix("whatsapp:")
        return finding.identity_of_number(self.number, self.simulated, written_as) if self.number else None

    @property
    def by_user_id(self) -> IdentityKey | None:
        """The identity of the user id."""
        if not self.user_id:
            return None
        return finding.identity_of_user(self.user_id, self.provider, self.simulated)


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of a conversation's messages, and the number of ours that sends them.

    number: what finds them, or stands for it in `Contact.address`; reached_by is what they are written to.
    """

    conversation_id: int
    contact_id: int
    key: str
    number: MatchingNumber
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
    had_campaign: bool
    """A campaign has written to them or called them, however long ago."""
    is_new: bool = field(default=False, compare=False)
    """There was no written conversation with them until now."""

    @property
    def reached_by(self) -> ReachAddress:
        """The number as WhatsApp writes it, or the user id of somebody who shows none."""
        number = (self.address or self.number).removeprefix("whatsapp:")
        return ReachAddress(number if number.startswith("+") else self.user_id or number)

    @property
    def is_reachable(self) -> bool:
        """True if there is anything to write to."""
        return is_reachable(self.number, self.address, self.user_id)


def is_reachable(number: str, address: str, user_id: str | None) -> bool:
    """Return whether a contact has a number or a user id on WhatsApp; the fields are those of Recipient."""
    return bool(user_id or shown_number(ReachAddress((address or number).removeprefix("whatsapp:"))))


def conversation_with(connection: Connection, sender: Sender, to_address: str, now: datetime) -> Recipient:
    """Return the conversation with a person, created if new, updated with the details in their message.

    now: the time of the message.
    """
    person = _person(connection, sender, now)
    recipient = person.recipient or _made(
        connection, sender, to_address, now, wrote_at=now, of=person.contact_id
    )
    name = sender.name or recipient.name
    # What comes late from a number that is another person's by now does not make it theirs again
    address = (sender.address if person.has_number else "") or recipient.address
    wrote_at = max(now, recipient.wrote_at or now)
    is_long_ago = recipient.wrote_at is None or now - recipient.wrote_at >= WROTE_EVERY
    if is_long_ago or (name, address) != (recipient.name, recipient.address):
        connection.execute(
            _WROTE, {"contact_id": recipient.contact_id, "name": name, "written_as": address, "at": wrote_at}
        )
    our_address = to_address or (recipient.our_address if sender.provider == recipient.provider else "")
    if (our_address, sender.provider) != (recipient.our_address, recipient.provider):
        connection.execute(
            update(CONVERSATIONS)
            .where(CONVERSATIONS.c.id == recipient.conversation_id)
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


def recipient_for(connection: Connection, number: ReachAddress, now: datetime) -> Recipient:
    """Return the conversation with the real person of an E.164 number, for a message of our own accord.

    It is created if it is new, without marking them as having written. Until a message of theirs brings their WhatsApp
    address, the number given here is used.
    """
    found_by = matching_number(number)
    known = recipient_found_by(connection, found_by, now)
    if known.address or str(number) == found_by:
        return known
    connection.execute(
        update(CONTACTS).where(CONTACTS.c.id == known.contact_id).values(whatsapp_address=number)
    )
    return replace(known, address=number)


def recipient_found_by(connection: Connection, found_by: MatchingNumber, now: datetime) -> Recipient:
    """Return the conversation with a real person of whom nothing else is known, created if it is new."""
    known = known_recipient(connection, found_by, now)
    return known or _made(connection, _real(found_by), "", now, wrote_at=None)


def known_recipient(connection: Connection, found_by: MatchingNumber, now: datetime) -> Recipient | None:
    """Return the conversation with a real person, if there is one."""
    return _person(connection, _real(found_by), now).recipient


def _real(found_by: MatchingNumber) -> Sender:
    return Sender(found_by, "", "", False)


@dataclass(frozen=True, slots=True)
class _Person:
    """The contact of a sender, as far as known. recipient: None without a written conversation."""

    recipient: Recipient | None
    contact_id: int | None
    has_number: bool = True


def _person(connection: Connection, sender: Sender, now: datetime) -> _Person:
    """Return whom a sender's number finds, or else the user id; both, if a message has brought them together."""
    number, user = sender.by_number, sender.by_user_id
    key = number or user
    assert key is not None
    row = connection.execute(_KNOWN, key.row).one_or_none()
    found = None if row is None else Recipient(*list(row))
    if user is not None and number is not None and (found is None or found.user_id != sender.user_id):
        paired = pairing.pair(connection, number, user, now, Evidence.MESSAGE)
        if paired is None:
            return _Person(None, None)
        return _Person(_written_to(connection, paired.contact_id), paired.contact_id, paired.has_number)
    if found is not None and number is None and found.user_id != sender.user_id:
        assert user is not None
        pairing.show_user_id(connection, found.contact_id, user)
    return _Person(found, None if found is None else found.contact_id)


def _made(
    connection: Connection,
    sender: Sender,
    our_address: str,
    now: datetime,
    *,
    wrote_at: datetime | None,
    of: int | None = None,
) -> Recipient:
    """Make the written conversation with a contact, or with that of a sender, who is made too if they are new."""
    contact_id, is_new = (of, False) if of is not None else _contact(connection, sender, now, wrote_at)
    written = None if is_new else _written_to(connection, contact_id)
    if written is not None:
        return written
    insert_once(
        connection, Conversation, key=f"whatsapp:{contact_id}", contact_id=contact_id, channel="whatsapp",
        background="" if is_new else topics_of(connection, contact_id), summary="", summary_upto=0, topic="",
        our_address=our_address, provider=sender.provider, human="", created_at=now,
    )  # fmt: skip
    made = _written_to(connection, contact_id)
    assert made is not None
    return replace(made, is_new=True)


def _contact(
    connection: Connection, sender: Sender, now: datetime, wrote_at: datetime | None
) -> tuple[int, bool]:
    """Return the contact of a sender, and whether it is new."""
    number, user = sender.by_number, sender.by_user_id
    key = number or user
    assert key is not None
    evidence = Evidence.MESSAGE if wrote_at is not None else None
    contact_id, is_new = finding.find_or_make(
        connection, key, now, evidence, name=sender.name, whatsapp_address=sender.address,
        whatsapp_user_id=sender.user_id or None, wrote_at=wrote_at,
    )  # fmt: skip
    if evidence is not None and not is_new:
        finding.verify(connection, key, evidence)
    if (
        number is not None
        and user is not None
        and not finding.attach(connection, user, contact_id, now, evidence)
    ):
        paired = pairing.pair(connection, number, user, now, Evidence.MESSAGE)  # another was quicker
        contact_id = paired.contact_id if paired is not None else contact_id
    return contact_id, is_new


def _written_to(connection: Connection, contact_id: int) -> Recipient | None:
    row = connection.execute(_OF_CONTACT, {"contact_id": contact_id}).one_or_none()
    return None if row is None else Recipient(*list(row))


def find_recipient(
    connection: Connection, *, key: str | None = None, conversation_id: int | None = None
) -> Recipient | None:
    """Return the recipient of a conversation, by its key or its id."""
    if key is not None:
        row = connection.execute(_BY_KEY, {"key": key}).one_or_none()
    else:
        row = connection.execute(_BY_ID, {"conversation_id": conversation_id}).one_or_none()
    return None if row is None else Recipient(*list(row))


def recipient_of(connection: Connection, contact_id: int) -> Recipient | None:
    """Return a contact's written conversation, or that of the contact of the same person; None if there is none."""
    same = select(func.coalesce(CONTACTS.c.merged_into, CONTACTS.c.id)).where(CONTACTS.c.id == contact_id)
    return _written_to(connection, connection.execute(same).scalar_one())


def conversation_found_by(connection: Connection, key: IdentityKey, now: datetime) -> int | None:
    """Return the id of the written conversation with the contact of an identity; None if there is none."""
    found = finding.find(connection, key, now)
    recipient = None if found is None else _written_to(connection, found.contact_id)
    return None if recipient is None else recipient.conversation_id


def name_contact(connection: Connection, contact_id: int, name: str) -> None:
    """Store a contact's name, if it is unknown."""
    connection.execute(
        update(CONTACTS).where(CONTACTS.c.id == contact_id, CONTACTS.c.name == "").values(name=name[:80])
    )


def is_with_a_person(recipient: Recipient, at: datetime) -> bool:
    """Return whether a person had taken a conversation over at a time."""
    return is_ahead(recipient.human_until, at, LONGEST_SILENCE)


def is_silenced(connection: Connection, conversation_id: int, turn_id: int, now: datetime) -> bool | None:
    """Return whether an answer is to be held back, because a person has taken over; None: the person was erased.

    The answer that hands a conversation over is itself still sent, until a named person has taken it.
    """
    row = connection.execute(_HUMAN, {"conversation_id": conversation_id}).one_or_none()
    if row is None:
        return None
    until, human = row
    if not is_ahead(until, now, LONGEST_SILENCE):
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
        update(CONVERSATIONS)
        .where(CONVERSATIONS.c.id == conversation_id)
        .values(human=human[:80], human_until=until)
    )


def is_held(connection: Connection, conversation_id: int) -> bool:
    """Return whether a person has taken a conversation over, and not given it back."""
    until, _ = connection.execute(_HUMAN, {"conversation_id": conversation_id}).one()
    return until is not None


def give_back(connection: Connection, conversation_id: int) -> bool:
    """Record that the assistant answers again; return whether a person had the conversation until now."""
    given = connection.execute(
        update(CONVERSATIONS)
        .where(CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.human_until.is_not(None))
        .values(human="", human_until=None)
    )
    return given.rowcount == 1


def opt_out(connection: Connection, contact_id: int, at: datetime | None) -> bool:
    """Record a contact's opt-out, or (None) its end; return whether that is new."""
    was = CONTACTS.c.opted_out_at.is_(None) if at is not None else CONTACTS.c.opted_out_at.is_not(None)
    changed = connection.execute(
        update(CONTACTS).where(CONTACTS.c.id == contact_id, was).values(opted_out_at=at)
    )
    return changed.rowcount == 1


def has_opted_out(connection: Connection, contact_id: int) -> bool:
    """Return whether a contact has opted out."""
    found = select(CONTACTS.c.id).where(CONTACTS.c.id == contact_id, CONTACTS.c.opted_out_at.is_not(None))
    return connection.execute(found).first() is not None


def opted_out_since(connection: Connection, contact_id: int, at: datetime) -> bool:
    """Return whether a contact has opted out after a time."""
    opted_out_at = select(CONTACTS.c.opted_out_at).where(
        CONTACTS.c.id == contact_id, CONTACTS.c.opted_out_at > at
    )
    return connection.execute(opted_out_at).first() is not None


def ask_stop(connection: Connection, contact_id: int, now: datetime) -> bool:
    """Record our question whether our messages are to end; return False if it was asked before."""
    asked = connection.execute(
        update(CONTACTS)
        .where(CONTACTS.c.id == contact_id, CONTACTS.c.stop_asked_at.is_(None))
        .values(stop_asked_at=now)
    )
    return asked.rowcount == 1


_THEIRS = CONVERSATIONS.alias("theirs")
_HAD_CAMPAIGN = (
    exists()
    .where(CAMPAIGN_RECIPIENTS.c.conversation_id == _THEIRS.c.id, _THEIRS.c.contact_id == CONTACTS.c.id)
    .correlate(CONTACTS)
)
"""Spares those whom no campaign reaches the statements that look for what they answer."""
_RECIPIENT = select(
    *(
        CONVERSATIONS.c.id.label("conversation_id"),
        CONTACTS.c.id.label("contact_id"),
        CONVERSATIONS.c.key,
        CONTACTS.c.address,
        CONTACTS.c.whatsapp_address,
        CONTACTS.c.name,
        CONVERSATIONS.c.our_address,
        CONTACTS.c.simulated,
        CONTACTS.c.opted_out_at,
        CONTACTS.c.wrote_at,
        CONVERSATIONS.c.provider,
        CONVERSATIONS.c.human_until,
        CONTACTS.c.whatsapp_user_id,
        _HAD_CAMPAIGN,
    )
).join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)

# Built once: building a statement costs more than running it.
_BY_KEY = _RECIPIENT.where(CONVERSATIONS.c.key == bindparam("key"))
_BY_ID = _RECIPIENT.where(CONVERSATIONS.c.id == bindparam("conversation_id"))
WRITTEN_KEY = literal("whatsapp:") + sql_cast(func.coalesce(CONTACTS.c.whatsapp_of, CONTACTS.c.id), String)
"""The key of the conversation that takes what a contact writes."""
_WRITTEN_TO = _RECIPIENT.where(CONVERSATIONS.c.key == WRITTEN_KEY)
_OF_CONTACT = _WRITTEN_TO.where(CONTACTS.c.id == bindparam("contact_id"))
_KNOWN = _WRITTEN_TO.join(IDENTITIES, IDENTITIES.c.contact_id == CONTACTS.c.id).where(
    *finding.KEY, finding.FINDS
)
_WROTE = (
    update(CONTACTS)
    .where(CONTACTS.c.id == bindparam("contact_id"))
    .values(name=bindparam("name"), whatsapp_address=bindparam("written_as"), wrote_at=bindparam("at"))
)
_HUMAN = select(CONVERSATIONS.c.human_until, CONVERSATIONS.c.human).where(
    CONVERSATIONS.c.id == bindparam("conversation_id")
)
