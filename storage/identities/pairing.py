"""Decides who somebody is whose number and user id a provider has brought together.

The evidence is what WhatsApp's side signed, and nothing else. A person has one user id within an account, made anew
with each new number: a number with another id than its person's is another person's number by now.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, select, update

from storage import locks
from storage.after_commit import after_commit
from storage.identities import merging
from storage.identities.finding import Evidence, Found, IdentityKey, attach, find, is_taken, make, verify
from storage.models import IdentityKind
from storage.tables import CONTACTS, IDENTITIES

log = structlog.get_logger()

_LOCK = "identities"


@dataclass(frozen=True, slots=True)
class Paired:
    """The contact whose user id it is. has_number: the number is theirs too."""

    contact_id: int
    has_number: bool = True


def pair(
    connection: Connection, number: IdentityKey, user: IdentityKey, now: datetime, evidence: Evidence
) -> Paired | None:
    """Return the contact whose number and user id these are, made one if they were two; None if both are new."""
    if (apart := _told_apart(connection, number, user, now)) is not None:
        return apart  # as each of their messages is, it waits for nobody
    locks.hold(connection, _LOCK)
    by_number, by_user = find(connection, number, now), find(connection, user, now)
    if by_number is None and by_user is None:
        return None
    if by_user is not None and by_user.is_retired:
        return Paired(by_user.contact_id, has_number=False)  # from before their number changed, come late
    contact_id = _one(connection, number, user, by_number, by_user, now, evidence)
    verify(connection, number, evidence)
    return Paired(contact_id, _show(connection, contact_id, number, user))


def _told_apart(
    connection: Connection, number: IdentityKey, user: IdentityKey, now: datetime
) -> Paired | None:
    """Return whose user id it is, where somebody has said that the number is another person's."""
    by_number, by_user = find(connection, number, now), find(connection, user, now)
    if by_number is None or by_user is None or by_number.contact_id == by_user.contact_id:
        return None
    if not merging.was_undone(connection, by_number.contact_id, by_user.contact_id):
        return None
    return Paired(by_user.contact_id, has_number=False)


def _one(
    connection: Connection,
    number: IdentityKey,
    user: IdentityKey,
    by_number: Found | None,
    by_user: Found | None,
    now: datetime,
    evidence: Evidence,
) -> int:
    if by_number is None:
        assert by_user is not None
        attach(connection, number, by_user.contact_id, now, evidence)
        return by_user.contact_id
    has_another = _has_another_user_id(connection, by_number.contact_id, user)
    if by_user is None:
        if not has_another:
            attach(connection, user, by_number.contact_id, now, evidence)
            return by_number.contact_id
        new, _ = make(connection, user, now, evidence, whatsapp_user_id=user.value)
        by_user = Found(new)
    elif by_user.contact_id == by_number.contact_id:
        return by_user.contact_id
    if has_another:
        merging.pass_on(connection, number, by_number.contact_id, by_user.contact_id, now, evidence)
        return by_user.contact_id
    return merging.merge(connection, by_number.contact_id, by_user.contact_id, now, evidence)


def _has_another_user_id(connection: Connection, contact_id: int, user: IdentityKey) -> bool:
    theirs = merging.active_ids(connection, contact_id, IdentityKind.WHATSAPP, user.scope)
    same = select(IDENTITIES.c.id).where(*(IDENTITIES.c[name] == value for name, value in user.row.items()))
    return bool(set(theirs) - set(connection.execute(same).scalars()))


def _show(connection: Connection, contact_id: int, number: IdentityKey, user: IdentityKey) -> bool:
    """Keep what earlier versions find the contact by, as far as it is theirs; return whether the number is."""
    theirs = connection.execute(
        select(IDENTITIES.c.kind, IDENTITIES.c.value).where(
            IDENTITIES.c.contact_id == contact_id, IDENTITIES.c.retired_at.is_(None)
        )
    ).all()
    has_number = (number.kind, number.value) in theirs
    if has_number and not is_taken(connection, number, contact_id):
        changed = update(CONTACTS).where(CONTACTS.c.id == contact_id).values(address=number.address)
        connection.execute(changed)
    if (user.kind, user.value) in theirs:
        show_user_id(connection, contact_id, user)
    return has_number


def show_user_id(connection: Connection, contact_id: int, user: IdentityKey) -> None:
    """Keep the user id by which a contact is reached, unless it is one from before their number changed."""
    active = (
        select(IDENTITIES.c.id)
        .where(*(IDENTITIES.c[name] == value for name, value in user.row.items()))
        .where(IDENTITIES.c.retired_at.is_(None))
        .exists()
    )
    connection.execute(
        update(CONTACTS).where(CONTACTS.c.id == contact_id, active).values(whatsapp_user_id=user.value)
    )


def add_user_id(
    connection: Connection, number: IdentityKey, user: IdentityKey, now: datetime, evidence: Evidence
) -> None:
    """Give the contact of a number their user id, where both are without another. It makes nobody one."""
    if find(connection, user, now) is not None:
        return
    by_number = find(connection, number, now)
    if by_number is not None and not _has_another_user_id(connection, by_number.contact_id, user):
        attach(connection, user, by_number.contact_id, now, evidence)
        _show(connection, by_number.contact_id, number, user)


def change_user_id(
    connection: Connection,
    old: IdentityKey,
    new: IdentityKey,
    now: datetime,
    *,
    old_number: IdentityKey | None = None,
    new_number: IdentityKey | None = None,
) -> int | None:
    """Retire a user id, and give its contact the new one, with the numbers; None if nobody had the old one.

    The same change again changes nothing.
    """
    locks.hold(connection, _LOCK)
    who = find(connection, old, now)
    if who is None:
        after_commit(connection, log.info, "identity_change_of_a_stranger")
        return None
    contact_id, by_new = who.contact_id, find(connection, new, now)
    if by_new is not None and by_new.is_retired:
        return contact_id  # it has changed again since
    _retire(connection, old, contact_id, now)
    if old_number is not None and old_number != new_number:
        _retire(connection, old_number, contact_id, now)
    if by_new is None:
        attach(connection, new, contact_id, now, Evidence.CHANGE)
    elif by_new.contact_id != contact_id:  # they have written under it before we knew
        contact_id = merging.merge(connection, contact_id, by_new.contact_id, now, Evidence.CHANGE)
    show_user_id(connection, contact_id, new)
    paired = new_number and pair(connection, new_number, new, now, Evidence.CHANGE)
    return paired.contact_id if paired else contact_id


def _retire(connection: Connection, key: IdentityKey, contact_id: int, now: datetime) -> None:
    retired = connection.execute(
        update(IDENTITIES)
        .where(*(IDENTITIES.c[name] == value for name, value in key.row.items()))
        .where(IDENTITIES.c.contact_id == contact_id, IDENTITIES.c.retired_at.is_(None))
        .values(retired_at=now)
    )
    if retired.rowcount and key.kind is IdentityKind.PHONE:
        connection.execute(
            update(CONTACTS)
            .where(CONTACTS.c.id == contact_id, CONTACTS.c.address == key.address)
            .values(address=merging.nobodys_address(), whatsapp_address="")
        )
