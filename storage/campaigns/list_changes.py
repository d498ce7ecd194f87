"""Queries for a changed list of a campaign: people whose date has moved, who are new, and who are gone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from storage.campaigns.campaign_recipients import NEVER_TRIED, NewRecipient
from storage.models import RecipientState, SkipReason
from storage.tables import CAMPAIGN_RECIPIENTS, CAMPAIGNS

_C = CAMPAIGN_RECIPIENTS.c


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A recipient as the earlier list has it. message_id: of an attempt."""

    id: int
    found_by: str
    state: RecipientState
    reason: str
    moment_at: datetime | None
    message_id: int | None


def by_numbers(
    connection: Connection, campaign_id: int, found_by: Sequence[str]
) -> dict[str, list[ListedRow]]:
    """Return a campaign's recipients by the matching form of their numbers; nobody changes them until the commit."""
    which = (_C.campaign_id == campaign_id, _C.found_by.in_(found_by))
    # In order: of two who change a list at once, neither waits for the other while the other waits for it
    locked = select(*_COLUMNS).where(*which).order_by(_C.id).with_for_update()
    found = defaultdict[str, list[ListedRow]](list)
    for row in connection.execute(locked):
        found[row.found_by].append(_row(row))
    return found


def waiting(connection: Connection, campaign_id: int, after: int, most: int) -> list[ListedRow]:
    """Return recipients of a campaign who wait, by id from one on; they are ours."""
    which = (_C.campaign_id == campaign_id, _C.id > after, _C.state == RecipientState.WAITING)
    locked = select(*_COLUMNS).where(*which, _C.found_by.is_not(None))
    return [_row(row) for row in connection.execute(locked.order_by(_C.id).limit(most).with_for_update())]


def last_line(connection: Connection, campaign_id: int) -> int:
    """Return the highest line of a campaign's list."""
    found = select(func.max(_C.line)).where(_C.campaign_id == campaign_id)
    return connection.execute(found).scalar_one_or_none() or 0


def change_words(connection: Connection, recipient_id: int, new: NewRecipient) -> None:
    """Give a recipient who waits what the new list says of them; when it is due stays."""
    _change(connection, recipient_id, **_words(new))


def change_moment(connection: Connection, recipient_id: int, new: NewRecipient, now: datetime) -> None:
    """Give a recipient what the new list says, and another message at its time, unless that is past."""
    is_skipped = new.skipped is not None
    _change(
        connection, recipient_id, **_words(new), **NEVER_TRIED, moment_at=new.moment_at, due_at=new.due_at or now,
        state=RecipientState.SKIPPED if is_skipped else RecipientState.WAITING, reason=new.skipped or "",
        replied_at=None, outcome="", handed_over_at=None,
    )  # fmt: skip


def note_moment(connection: Connection, recipient_id: int, moment_at: datetime | None) -> None:
    """Record that the date of somebody who was written to has moved, of which they are told nothing."""
    _change(connection, recipient_id, moment_at=moment_at)


def leave_out(connection: Connection, recipient_ids: Sequence[int]) -> None:
    """Record that people are no longer on the list."""
    gone = {"state": RecipientState.SKIPPED, "reason": SkipReason.NOT_LISTED}
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(_C.id.in_(recipient_ids)).values(gone))


def note_file(connection: Connection, campaign_id: int, name: str, digest: str, now: datetime) -> None:
    """Record which file a campaign's list is of."""
    values = {"file_name": name, "file_hash": digest, "changed_at": now}
    connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.id == campaign_id).values(values))


def _words(new: NewRecipient) -> dict[str, Any]:
    return {
        "number": new.number, "body": new.body, "variables": dict(new.variables), "facts": dict(new.facts),
        "zone": new.zone,
    }  # fmt: skip


def _change(connection: Connection, recipient_id: int, **values: Any) -> None:
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(_C.id == recipient_id).values(values))


_COLUMNS = (_C.id, _C.found_by, _C.state, _C.reason, _C.moment_at, _C.message_id)


def _row(row: Any) -> ListedRow:
    return ListedRow(
        row.id, row.found_by, RecipientState(row.state), row.reason, row.moment_at, row.message_id
    )
