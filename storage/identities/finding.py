"""Finds a contact by an identity, or makes a new one. Two at once make one contact: unique indexes decide."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    false,
    null,
    or_,
    select,
    true,
    union_all,
    update,
)

from phone_numbers import WITHHELD, WITHOUT_NUMBER, MatchingNumber
from storage.models import Contact, Identity, IdentityKind
from storage.tables import CONTACTS, IDENTITIES
from storage.upsert import insert_once

MOST_ADDRESS = 120


class Evidence(StrEnum):
    """What shows that an identity is a contact's, and that two identities are one person's."""

    MESSAGE = "message"  # a provider's signed webhook brought them together
    RECEIPT = "receipt"  # a message that was sent to the one reached the other
    CHANGE = "change"  # WhatsApp says that the one has become the other
    EARLIER = "earlier"  # a version before identities stored it


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """What an identity is found by. scope: the provider, for a user id. written_as: a number as it came."""

    kind: IdentityKind
    value: str
    simulated: bool
    scope: str = ""
    written_as: str = field(default="", compare=False)

    @property
    def address(self) -> str:
        """The address of a contact that is known by it alone."""
        if self.kind is IdentityKind.PHONE:
            return self.value
        before = WITHHELD if self.kind is IdentityKind.WITHHELD else WITHOUT_NUMBER
        if len(before) + len(self.value) > MOST_ADDRESS:  # cut, two might become one
            return before + hashlib.sha256(self.value.encode()).hexdigest()
        return before + self.value

    @property
    def row(self) -> dict[str, Any]:
        """Its columns."""
        return {"kind": self.kind, "value": self.value, "scope": self.scope, "simulated": self.simulated}

    @property
    def _sought(self) -> dict[str, Any]:
        return self.row | {"address": self.address}


@dataclass(frozen=True, slots=True)
class Found:
    """The contact that an identity finds."""

    contact_id: int
    is_retired: bool = False


def identity_of_number(number: MatchingNumber, simulated: bool, written_as: str = "") -> IdentityKey:
    """Return the identity of a number, or of what stands for a withheld one. written_as: the number as it came."""
    if number.startswith(WITHHELD):
        return IdentityKey(IdentityKind.WITHHELD, number.removeprefix(WITHHELD), simulated)
    return IdentityKey(
        IdentityKind.PHONE, number, simulated, written_as=(written_as or number)[:MOST_ADDRESS]
    )


def identity_of_user(user_id: str, provider: str, simulated: bool) -> IdentityKey:
    """Return the identity of somebody with a user id, within a provider's account."""
    return IdentityKey(IdentityKind.WHATSAPP, user_id, simulated, provider)


def find(connection: Connection, key: IdentityKey, now: datetime) -> Found | None:
    """Return the contact of an identity; None if it is new.

    A contact that a version before identities made gets its identity here.
    """
    is_user = key.kind is IdentityKind.WHATSAPP
    rows = connection.execute(_FIND_USER if is_user else _FIND_NUMBER, key._sought).all()
    if not rows:
        return None
    known = next((row for row in rows if row.is_identity), None)
    if known is not None:
        return Found(known.contact_id, known.retired_at is not None)
    attach(connection, key, rows[0].contact_id, now, Evidence.EARLIER)
    return Found(rows[0].contact_id)


def attach(
    connection: Connection, key: IdentityKey, contact_id: int, now: datetime, evidence: Evidence | None
) -> bool:
    """Give a contact an identity that is new or retired; return False if it is somebody's already.

    evidence: None for what somebody says of themselves.
    """
    values = {
        "contact_id": contact_id, "written_as": key.written_as, "verified_by": evidence, "first_seen_at": now,
    }  # fmt: skip
    if insert_once(connection, Identity, **key.row, **values) is not None:
        return True
    again = (
        update(IDENTITIES)
        .where(*(IDENTITIES.c[name] == value for name, value in key.row.items()))
        .where(IDENTITIES.c.retired_at.is_not(None))
        .values(values | {"retired_at": None})
    )
    return connection.execute(again).rowcount == 1


def verify(connection: Connection, key: IdentityKey, evidence: Evidence) -> None:
    """Record what shows that an identity is its contact's, if nothing did before."""
    same = (IDENTITIES.c[name] == value for name, value in key.row.items())
    unverified = IDENTITIES.c.verified_by.is_(None)
    connection.execute(update(IDENTITIES).where(*same, unverified).values(verified_by=evidence))


def find_or_make(
    connection: Connection, key: IdentityKey, now: datetime, evidence: Evidence | None = None, **values: Any
) -> tuple[int, bool]:
    """Return the contact of an identity, made if it is new, and whether it is. values: of a new contact."""
    found = find(connection, key, now)
    if found is not None:
        return found.contact_id, False
    return make(connection, key, now, evidence, **values)


def make(
    connection: Connection, key: IdentityKey, now: datetime, evidence: Evidence | None, **values: Any
) -> tuple[int, bool]:
    """Return a new contact with an identity, or the one that another transaction has made meanwhile."""
    row = {"simulated": key.simulated, "created_at": now} | values
    made = insert_once(connection, Contact, address=key.address, **row)
    contact_id = made
    if contact_id is None:
        contact_id = connection.execute(_OF_ADDRESS, key._sought).scalar_one_or_none()
    if contact_id is None:  # that address is of the same user id in another account
        contact_id = made = insert_once(
            connection, Contact, address=f"{WITHHELD}{secrets.token_hex(32)}", **row
        )
    assert contact_id is not None
    attach(connection, key, contact_id, now, evidence)
    return contact_id, made is not None


def is_taken(connection: Connection, key: IdentityKey, contact_id: int) -> bool:
    """Return whether another contact has a number for its address: an earlier version has made it meanwhile."""
    other = (
        CONTACTS.c.address == key.address,
        CONTACTS.c.simulated == key.simulated,
        CONTACTS.c.id != contact_id,
    )
    return connection.execute(select(CONTACTS.c.id).where(*other)).first() is not None


def contacts_of_number(number: Any) -> Select[Any]:
    """Return the ids of the contacts, real and simulated, that a number finds. number: its matching form."""
    known = (IDENTITIES.c.kind == IdentityKind.PHONE, IDENTITIES.c.value == number)
    found = union_all(
        select(IDENTITIES.c.contact_id).where(*known, IDENTITIES.c.retired_at.is_(None)),
        select(CONTACTS.c.id).where(CONTACTS.c.address == number),  # an earlier version may have made it
    ).subquery()
    return select(found.c.contact_id)


KEY = tuple(IDENTITIES.c[name] == bindparam(name) for name in ("kind", "value", "scope", "simulated"))
"""The condition for the identity of an IdentityKey's row."""
FINDS = or_(IDENTITIES.c.retired_at.is_(None), IDENTITIES.c.kind == IdentityKind.WHATSAPP)
"""The condition for an identity that finds its contact: a retired number does not."""
_SAME_SIMULATED = CONTACTS.c.simulated == bindparam("simulated")


def _found_by(*earlier: Any) -> Any:
    """Return the statement that looks among identities, and among what earlier versions find contacts by."""
    known = select(
        IDENTITIES.c.contact_id.label("contact_id"),
        IDENTITIES.c.retired_at.label("retired_at"),
        true().label("is_identity"),
    ).where(*KEY, FINDS)
    before = select(CONTACTS.c.id, null(), false()).where(_SAME_SIMULATED, *earlier)
    return union_all(known, before)


_HAS_ID = (
    select(IDENTITIES.c.id)
    .where(
        IDENTITIES.c.contact_id == CONTACTS.c.id,
        IDENTITIES.c.kind == bindparam("kind"),
        IDENTITIES.c.value == bindparam("value"),
    )
    .exists()
)
_IN_ANOTHER_ACCOUNT = (
    select(IDENTITIES.c.id)
    .where(
        IDENTITIES.c.contact_id == CONTACTS.c.id,
        IDENTITIES.c.kind == IdentityKind.WHATSAPP,
        IDENTITIES.c.kind == bindparam("kind"),
        IDENTITIES.c.value == bindparam("value"),
        IDENTITIES.c.scope != bindparam("scope"),
    )
    .exists()
)
# Built once: building a statement costs more than running it.
_OF_ADDRESS = select(CONTACTS.c.id).where(
    CONTACTS.c.address == bindparam("address"), _SAME_SIMULATED, ~_IN_ANOTHER_ACCOUNT
)
_FIND_NUMBER = _found_by(CONTACTS.c.address == bindparam("address"))
# One whose user id is known with another provider is not of an earlier version, but of another account
_FIND_USER = _found_by(and_(CONTACTS.c.whatsapp_user_id == bindparam("value"), ~_HAS_ID))
