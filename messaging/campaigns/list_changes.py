"""Gives a campaign of reminders a changed list: who has another date is reminded of that.

A line is known by its number and date. A number whose earlier date is gone has moved to its new one.

It works in short transactions, between which others write. Where it was killed, it is begun again with the same file,
and changes nothing twice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection

from conversation.observers import NULL_OBSERVER, ConversationObserver
from messaging.campaigns.creation import BATCH, each_once
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.states import Event, happened
from storage import locks
from storage.base import utc_now
from storage.campaigns import campaign_recipients, list_changes
from storage.campaigns.campaign_recipients import NewRecipient
from storage.campaigns.list_changes import ListedRow
from storage.database import Database
from storage.models import MessageStatus, RecipientState, SkipReason
from storage.queries import outgoing

_UNDER_WAY = (RecipientState.SENDING, RecipientState.CALLING)

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Changes:
    """How many people have another date, are new, are gone, or are as before.

    busy: their message or call is under way at this moment, and nothing was changed.
    """

    moved: int = 0
    added: int = 0
    gone: int = 0
    same: int = 0
    busy: int = 0


class ListChanges:
    """Changes campaigns' lists. observer: told of messages that are not sent after all."""

    def __init__(
        self,
        database: Database,
        observer: ConversationObserver = NULL_OBSERVER,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._observer, self._clock = database, observer, clock

    def apply(
        self, campaign_id: int, listed: Iterable[ListedRecipient], *, file_name: str, digest: str
    ) -> Changes:
        """Give a campaign the list of a file; return what has changed. Raises SQLAlchemyError.

        Who was written to and has another date gets a message again. Whose date is the same gets none, whatever else
        the list says of them now. Who is no longer on the list and has no message yet gets none.
        """
        changes, by_number = Changes(), defaultdict[str, list[NewRecipient]](list)
        for one in each_once(listed):
            if one.found_by is not None:
                by_number[one.found_by].append(one)
        numbers = iter(by_number)
        while some := list(islice(numbers, BATCH)):
            with self._database.write() as connection:
                done = self._change(connection, campaign_id, {number: by_number[number] for number in some})
            _add(changes, done)
        kept = {(number, one.moment_at) for number, listed_now in by_number.items() for one in listed_now}
        self._leave_out(campaign_id, kept, changes)
        with self._database.write() as connection:
            list_changes.note_file(connection, campaign_id, file_name, digest, self._clock())
            if campaign_recipients.is_any_left(connection, campaign_id):
                happened(connection, campaign_id, Event.DUE_AGAIN, self._clock())
        return changes

    def _change(
        self, connection: Connection, campaign_id: int, by_number: Mapping[str, Sequence[NewRecipient]]
    ) -> Changes:
        changes, now = Changes(), self._clock()
        locks.hold(
            connection, f"campaign-list:{campaign_id}"
        )  # of two lists at once, neither adds whom the other adds
        known = list_changes.by_numbers(connection, campaign_id, list(by_number))
        new = list[NewRecipient]()
        line = list_changes.last_line(connection, campaign_id)
        for number, listed in by_number.items():
            for one, row in _paired(listed, known.get(number, [])):
                if row is None:
                    new.append(replace(one, line=line + len(new) + 1))
                else:
                    self._change_one(connection, row, one, changes, now)
        campaign_recipients.add_all(connection, campaign_id, new, now)
        changes.added = len(new)
        return changes

    def _leave_out(self, campaign_id: int, kept: set[tuple[str, datetime | None]], changes: Changes) -> None:
        """Leave out who waits and is no longer on the list."""
        after = 0
        while True:
            with self._database.write() as connection:
                rows, now = list_changes.waiting(connection, campaign_id, after, BATCH), self._clock()
                unlisted = [row for row in rows if (row.found_by, row.moment_at) not in kept]
                gone = [row.id for row in unlisted if self._withdraw(connection, row, now)]
                list_changes.leave_out(connection, gone)
            changes.gone += len(gone)
            changes.busy += len(unlisted) - len(gone)
            if not rows:
                return
            after = rows[-1].id

    def _change_one(
        self, connection: Connection, row: ListedRow, new: NewRecipient, changes: Changes, now: datetime
    ) -> None:
        is_waiting, has_moved = row.state is RecipientState.WAITING, row.moment_at != new.moment_at
        if row.state in _UNDER_WAY or (is_waiting and has_moved and not self._withdraw(connection, row, now)):
            changes.busy += 1
        elif row.reason == SkipReason.NOT_LISTED or (has_moved and (is_waiting or new.skipped is None)):
            list_changes.change_moment(connection, row.id, new, now)
            changes.moved += 1
        elif has_moved:  # too late to tell them
            list_changes.note_moment(connection, row.id, new.moment_at)
            changes.moved += 1
        else:
            if is_waiting and row.message_id is None:
                list_changes.change_words(connection, row.id, new)
            changes.same += 1

    def _withdraw(self, connection: Connection, row: ListedRow, now: datetime) -> bool:
        """Hold a message that the provider has not taken; return False if it may have it after all."""
        if row.message_id is None:
            return True
        # Without waiting: who keeps a receipt locks the message first and then the recipient
        if not outgoing.try_lock(connection, row.message_id):
            return False
        if outgoing.status_of(connection, row.message_id) is not MessageStatus.WAITING:
            return False
        outgoing.hold(connection, row.message_id, now)
        self._observer.receipt(connection, row.message_id, MessageStatus.HELD, None, now)
        return True


def _paired(
    listed: Sequence[NewRecipient], known: Sequence[ListedRow]
) -> Iterator[tuple[NewRecipient, ListedRow | None]]:
    """Yield what a list says of a number, each with its row: that of its date, else one whose date is gone."""
    rows = {row.moment_at: row for row in known}
    moved = [one for one in listed if one.moment_at not in rows]
    for one in listed:
        if (row := rows.pop(one.moment_at, None)) is not None:
            yield one, row
    gone = sorted(rows.values(), key=lambda row: row.moment_at or _EVER)
    for one in moved:
        yield one, gone.pop() if gone else None  # the latest first: what is past may stay as it was


def _add(changes: Changes, more: Changes) -> None:
    changes.moved += more.moved
    changes.added += more.added
    changes.same += more.same
    changes.busy += more.busy
