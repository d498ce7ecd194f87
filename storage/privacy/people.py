"""Finds a person by what is known of them, and tells who they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from phone_numbers import WITHOUT_NUMBER, is_withheld, matching_number, parse_e164
from storage.identities.finding import IdentityKey
from storage.models import IdentityKind
from storage.privacy.digests import identity
from storage.privacy.tables import ERASED_ADDRESS
from storage.tables import CONTACTS, CONVERSATIONS, HANDOFFS, IDENTITIES, MIRRORS

_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_BY_ID = re.compile(r"#([0-9]{1,9})")
_FEWEST_DIGITS = 7
"""Shorter numbers are looked for in nobody else's words."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact. address: as in `Contact.address`. texts: what tells who they are in the words of others."""

    contact_id: int
    address: str
    name: str
    whatsapp_address: str
    user_id: str | None
    simulated: bool
    opted_out_at: datetime | None
    wrote_at: datetime | None
    created_at: datetime
    source_id: str | None
    """Their id in Chatwoot, if they are there."""
    known_by: tuple[str, ...] = ()
    """The addresses of their identities, retired ones too."""
    given_numbers: tuple[str, ...] = ()
    """Further forms of their number, as they were written."""

    @property
    def number(self) -> str:
        """Their number as E.164, as they are reached; empty without one."""
        written = self.whatsapp_address.removeprefix("whatsapp:") or self.address
        return written if written.startswith("+") else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that they may come back as, in the form of `Contact.address`."""
        user_ids = [f"{WITHOUT_NUMBER}{self.user_id}"] if self.user_id else []
        numbers = [matching_number(self.number)] if self.number else []
        return tuple(dict.fromkeys([self.address, *numbers, *user_ids, *self.known_by]))

    @property
    def identities(self) -> tuple[str, ...]:
        """What is hashed of them."""
        return tuple(identity(address, simulated=self.simulated) for address in self.addresses)

    @property
    def texts(self) -> tuple[str, ...]:
        """The digits of their numbers in each form, and their user id."""
        numbers = (*self.addresses, self.number, *self.given_numbers)
        digits = [number[1:] for number in numbers if number.startswith("+")]
        ids = [
            each.removeprefix(WITHOUT_NUMBER) for each in self.addresses if each.startswith(WITHOUT_NUMBER)
        ]
        return tuple(dict.fromkeys([*filter(lambda each: len(each) >= _FEWEST_DIGITS, digits), *ids]))


def find_contacts(connection: Connection, who: str, region: str | None) -> list[int]:
    """Return the contacts of a person, the simulator's too.

    who: a number in any form, WhatsApp's id of a user, or "#12": the contact's own id. region: the country of a number
    without its code. Raises PhoneNumberError for anything else.
    """
    who = who.strip().removeprefix("whatsapp:")
    if by_id := _BY_ID.fullmatch(who):
        which = CONTACTS.c.id == int(by_id[1])
    elif _USER_ID.fullmatch(user_id := who.removeprefix(WITHOUT_NUMBER)):
        which = or_(
            CONTACTS.c.whatsapp_user_id == user_id,
            CONTACTS.c.address == f"{WITHOUT_NUMBER}{user_id}",
            _has(IdentityKind.WHATSAPP, user_id),
        )
    else:
        number = parse_e164(who, region)
        which = or_(
            CONTACTS.c.address == matching_number(number),
            CONTACTS.c.whatsapp_address.in_([number, f"whatsapp:{number}"]),
            _has(IdentityKind.PHONE, matching_number(number)),
        )
    is_somebody = CONTACTS.c.address.not_like(f"{ERASED_ADDRESS}%")
    found = set(connection.execute(select(CONTACTS.c.id).where(which, is_somebody)).scalars())
    while more := _of_the_same_person(connection, found) - found:
        found |= more
    return sorted(found)


def _has(kind: IdentityKind, value: str) -> ColumnElement[bool]:
    """Return the condition for contacts with an identity; a retired number may be somebody else's by now."""
    held = and_(IDENTITIES.c.kind == kind, IDENTITIES.c.value == value, IDENTITIES.c.retired_at.is_(None))
    return CONTACTS.c.id.in_(select(IDENTITIES.c.contact_id).where(held))


def _of_the_same_person(connection: Connection, ids: set[int]) -> set[int]:
    """Return the contacts that were made one with these."""
    into = select(CONTACTS.c.merged_into).where(CONTACTS.c.id.in_(ids), CONTACTS.c.merged_into.is_not(None))
    merged = select(CONTACTS.c.id).where(CONTACTS.c.merged_into.in_(ids))
    return {*connection.execute(into).scalars(), *connection.execute(merged).scalars()}


def person(connection: Connection, contact_id: int) -> Person | None:
    """Return a contact by its id."""
    row = connection.execute(_PERSON.where(CONTACTS.c.id == contact_id)).one_or_none()
    if row is None:
        return None
    known_by, written = _identities(connection, [contact_id]).get(contact_id, ((), ()))
    given = (*written, *_given(connection, [contact_id]))
    return replace(Person(*row), known_by=known_by, given_numbers=tuple(dict.fromkeys(given)))


def people_after(connection: Connection, contact_id: int, limit: int) -> list[Person]:
    """Return the contacts after an id, in order, without given_numbers; nobody who was erased."""
    which = (CONTACTS.c.id > contact_id, CONTACTS.c.address.not_like(f"{ERASED_ADDRESS}%"))
    rows = connection.execute(_PERSON.where(*which).order_by(CONTACTS.c.id).limit(limit)).all()
    known = _identities(connection, [row.id for row in rows])
    return [replace(Person(*row), known_by=known.get(row.id, ((), ()))[0]) for row in rows]


def is_shown(address: str) -> bool:
    """Return whether an address is a number, and not what stands for one."""
    return not is_withheld(address) and not address.startswith((WITHOUT_NUMBER, ERASED_ADDRESS))


_PERSON = select(
    CONTACTS.c.id,
    CONTACTS.c.address,
    CONTACTS.c.name,
    CONTACTS.c.whatsapp_address,
    CONTACTS.c.whatsapp_user_id,
    CONTACTS.c.simulated,
    CONTACTS.c.opted_out_at,
    CONTACTS.c.wrote_at,
    CONTACTS.c.created_at,
    MIRRORS.c.source_id,
).select_from(CONTACTS.outerjoin(MIRRORS, MIRRORS.c.contact_id == CONTACTS.c.id))


def _identities(
    connection: Connection, contact_ids: Sequence[int]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the addresses of contacts' identities, and their numbers as they were written."""
    columns = (IDENTITIES.c[name] for name in ("contact_id", "kind", "value", "simulated", "written_as"))
    found: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for contact_id, kind, value, simulated, written_as in connection.execute(
        select(*columns).where(IDENTITIES.c.contact_id.in_(contact_ids)).order_by(IDENTITIES.c.id)
    ):
        addresses, written = found.get(contact_id, ((), ()))
        address = IdentityKey(IdentityKind(kind), value, simulated).address
        found[contact_id] = ((*addresses, address), (*written, *([written_as] if written_as else [])))
    return found


def _given(connection: Connection, contact_ids: Sequence[int]) -> tuple[str, ...]:
    given = (
        select(HANDOFFS.c.number)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id)
        .where(CONVERSATIONS.c.contact_id.in_(contact_ids), HANDOFFS.c.number.like("+%"))
    )
    return tuple(connection.execute(given.distinct()).scalars())
