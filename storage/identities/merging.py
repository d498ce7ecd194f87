"""Makes two contacts that are one person one contact, and two again.

Only what a provider signed is a reason (see `pairing`): a phone call or a request of the handoff API never is.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import Connection, select, update

from phone_numbers import WITHHELD
from storage.after_commit import after_commit
from storage.identities.changes import Changes
from storage.identities.changes import undo as undo_changes
from storage.identities.finding import Evidence, IdentityKey, is_taken
from storage.ledger import moving
from storage.models import Contact, Conversation, Identity, IdentityKind, Merge, Mirror, MirrorItem
from storage.tables import CONTACTS, CONVERSATIONS, IDENTITIES, MERGES, MIRRORS
from storage.upsert import insert_once

log = structlog.get_logger()


class MergeKind(StrEnum):
    """The kind of a merge."""

    MERGE = "merge"  # two contacts are one person
    NUMBER_PASSED_ON = "number-passed-on"  # a number is another person's now


@dataclass(frozen=True, slots=True)
class MergeRecord:
    """A merge. from_contact_id: the contact that lost its identities."""

    id: int
    from_contact_id: int
    to_contact_id: int
    kind: str
    evidence: str
    made_at: datetime
    undone_at: datetime | None


def merge(connection: Connection, one_id: int, other_id: int, now: datetime, evidence: Evidence) -> int:
    """Give everything of the younger of two contacts to the older, and return the older one's id.

    Conversations keep their ids and keys. The one that was written in last takes what is written from now on.
    """
    to_id, from_id = sorted((one_id, other_id))
    rows = {
        row.id: row for row in connection.execute(select(CONTACTS).where(CONTACTS.c.id.in_((to_id, from_id))))
    }
    to, gone = rows[to_id], rows[from_id]
    changes = Changes(connection)
    changes.set(Contact, from_id, address=nobodys_address(), whatsapp_user_id=None, merged_into=to_id)
    changes.move(Identity, from_id, to_id)
    changes.move(Conversation, from_id, to_id)
    if _mirror_of(connection, to_id) is None:  # what Chatwoot knows of them goes on there
        changes.move(Mirror, from_id, to_id)
        changes.move(MirrorItem, from_id, to_id)
    for earlier in (
        connection.execute(select(CONTACTS.c.id).where(CONTACTS.c.merged_into == from_id)).scalars().all()
    ):
        changes.set(Contact, earlier, merged_into=to_id)
    changes.made += moving.move(connection, from_id, to_id)
    written = _written_key(connection, to, gone)
    changes.set(Contact, to_id, **_united(to, gone), whatsapp_of=None if written == to_id else written)
    _go_on(connection, changes, to_id, written)
    _keep(connection, from_id, to_id, MergeKind.MERGE, evidence, changes, now)
    after_commit(connection, log.info, "contacts_merged", contact_id=to_id, merged=from_id, evidence=evidence)
    return to_id


def pass_on(
    connection: Connection, key: IdentityKey, from_id: int, to_id: int, now: datetime, evidence: Evidence
) -> None:
    """Give a number to another person: who had it keeps the past, and is no longer found by it."""
    changes = Changes(connection)
    changes.set(Contact, from_id, address=nobodys_address(), whatsapp_address="")
    if not is_taken(connection, key, to_id):
        changes.set(Contact, to_id, address=key.address)
    identity = connection.execute(
        select(IDENTITIES.c.id).where(*(IDENTITIES.c[name] == value for name, value in key.row.items()))
    ).scalar_one()
    changes.set(Identity, identity, contact_id=to_id, verified_by=evidence, retired_at=None)
    for id_ in active_ids(connection, from_id, IdentityKind.WHATSAPP):
        changes.set(Identity, id_, retired_at=now)
    _keep(connection, from_id, to_id, MergeKind.NUMBER_PASSED_ON, evidence, changes, now)
    after_commit(
        connection,
        log.warning,
        "number_is_another_persons_now",
        contact_id=to_id,
        was=from_id,
        evidence=evidence,
    )


def nobodys_address() -> str:
    """Return an address for a contact whose number is no longer theirs, by which nobody is found."""
    return f"{WITHHELD}{secrets.token_hex(32)}"


def undo(connection: Connection, merge_id: int, now: datetime) -> bool:
    """Undo a merge; return False if it was undone before. What has come since stays where it is."""
    undone = connection.execute(
        update(MERGES)
        .where(MERGES.c.id == merge_id, MERGES.c.undone_at.is_(None))
        .values(undone_at=now)
        .returning(MERGES.c.changes)
    ).scalar_one_or_none()
    if undone is None:
        return False
    undo_changes(connection, undone)
    after_commit(connection, log.info, "merge_undone", merge_id=merge_id)
    return True


def merges_of(connection: Connection, contact_id: int) -> list[MergeRecord]:
    """Return the merges from and to a contact, oldest first."""
    which = (MERGES.c.from_contact_id == contact_id) | (MERGES.c.to_contact_id == contact_id)
    columns = (MERGES.c[name] for name in MergeRecord.__slots__)
    return [
        MergeRecord(*row) for row in connection.execute(select(*columns).where(which).order_by(MERGES.c.id))
    ]


def was_undone(connection: Connection, one_id: int, other_id: int) -> bool:
    """Return whether somebody has said that two contacts are two people."""
    both = (one_id, other_id)
    found = select(MERGES.c.id).where(
        MERGES.c.from_contact_id.in_(both),
        MERGES.c.to_contact_id.in_(both),
        MERGES.c.undone_at.is_not(None),
    )
    return connection.execute(found.limit(1)).first() is not None


def active_ids(
    connection: Connection, contact_id: int, kind: IdentityKind, scope: str | None = None
) -> list[int]:
    """Return the ids of the identities of a kind that are a contact's today."""
    which = [
        IDENTITIES.c.contact_id == contact_id,
        IDENTITIES.c.kind == kind,
        IDENTITIES.c.retired_at.is_(None),
    ]
    if scope is not None:
        which.append(IDENTITIES.c.scope == scope)
    return list(connection.execute(select(IDENTITIES.c.id).where(*which).order_by(IDENTITIES.c.id)).scalars())


def _united(to: Any, gone: Any) -> dict[str, Any]:
    """Return the columns of one person: what was asked of us by either of the two holds."""
    is_gone_newer = gone.wrote_at is not None and (to.wrote_at is None or gone.wrote_at >= to.wrote_at)
    newer = gone if is_gone_newer else to
    lacks_number = not to.address.startswith("+") and gone.address.startswith("+")
    return {
        "address": gone.address if lacks_number else to.address,
        "whatsapp_address": newer.whatsapp_address or to.whatsapp_address or gone.whatsapp_address,
        "whatsapp_user_id": newer.whatsapp_user_id or to.whatsapp_user_id or gone.whatsapp_user_id,
        "name": to.name or gone.name,
        "wrote_at": _later(to.wrote_at, gone.wrote_at),
        "opted_out_at": to.opted_out_at or gone.opted_out_at,
        "stop_asked_at": to.stop_asked_at or gone.stop_asked_at,
    }


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _written_key(connection: Connection, to: Any, gone: Any) -> int:
    """Return the contact whose written conversation goes on: the one that was written in last."""
    by_key = {f"whatsapp:{contact.whatsapp_of or contact.id}": contact for contact in (to, gone)}
    there = set(
        connection.execute(select(CONVERSATIONS.c.key).where(CONVERSATIONS.c.key.in_(by_key))).scalars()
    )
    chosen = [contact for key, contact in by_key.items() if key in there] or [to]
    newest = max(
        chosen, key=lambda contact: (contact.wrote_at is not None, contact.wrote_at, contact.id == to.id)
    )
    return int(newest.whatsapp_of or newest.id)


def _go_on(connection: Connection, changes: Changes, contact_id: int, written: int) -> None:
    """Have the written conversation go on as all of them stood: with whoever has the person."""
    theirs = connection.execute(
        select(
            CONVERSATIONS.c.id, CONVERSATIONS.c.key, CONVERSATIONS.c.human, CONVERSATIONS.c.human_until
        ).where(CONVERSATIONS.c.contact_id == contact_id, CONVERSATIONS.c.channel == "whatsapp")
    ).all()
    main = next((row for row in theirs if row.key == f"whatsapp:{written}"), None)
    held = max((row for row in theirs if row.human_until), key=lambda row: row.human_until, default=None)
    if main is not None and held is not None and held.id != main.id:
        changes.set(Conversation, main.id, human=held.human, human_until=held.human_until)


def _mirror_of(connection: Connection, contact_id: int) -> int | None:
    found = select(MIRRORS.c.id).where(MIRRORS.c.contact_id == contact_id)
    return connection.execute(found).scalar_one_or_none()


def _keep(
    connection: Connection,
    from_id: int,
    to_id: int,
    kind: MergeKind,
    evidence: Evidence,
    changes: Changes,
    now: datetime,
) -> None:
    insert_once(
        connection, Merge, from_contact_id=from_id, to_contact_id=to_id, kind=kind, evidence=evidence,
        changes=changes.made, made_at=now, undone_at=None,
    )  # fmt: skip
