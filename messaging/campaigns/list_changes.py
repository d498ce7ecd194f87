"""Gives a campaign of reminders a changed list: who has another date is reminded of that.

It works in short transactions, between which others write. Where it was killed, it is begun again with the same file,
and changes nothing twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from conversation.observers import NULL_OBSERVER, ConversationObserver
from messaging.campaigns.creation import BATCH, each_number_once
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
        changes, kept = Changes(), set[str]()
        recipients = each_number_once(listed)
        while batch := list(islice(recipients, BATCH)):
            kept.update(one.found_by for one in batch if one.found_by is not None)
            with self._database.write() as connection:
                done = self._change(connection, campaign_id, batch)
            _add(changes, done)
        self._leave_out(campaign_id, kept, changes)
        with self._database.write() as connection:
            list_changes.note_file(connection, campaign_id, file_name, digest, self._clock())
            if campaign_recipients.is_any_left(connection, campaign_id):
                happened(connection, campaign_id, Event.DUE_AGAIN, self._clock())
        return changes

    def _change(self, connection: Connection, campaign_id: int, batch: Sequence[NewRecipient]) -> Changes:
        changes, now = Changes(), self._clock()
        locks.hold(
            connection, f"campaign-list:{campaign_id}"
        )  # of two lists at once, neither adds whom the other adds
        numbers = [one.found_by for one in batch if one.found_by is not None]
        known = list_changes.by_numbers(connection, campaign_id, numbers)
        new = list[NewRecipient]()
        line = list_changes.last_line(connection, campaign_id)
        for one in batch:
            if one.found_by is None:
                continue  # a number that is on the list twice
            row = known.get(one.found_by)
            if row is None:
                new.append(replace(one, line=line + len(new) + 1))
            else:
                self._change_one(connection, row, one, changes, now)
        campaign_recipients.add_all(connection, campaign_id, new, now)
        changes.added = len(new)
        return changes

    def _leave_out(self, campaign_id: int, kept: set[str], changes: Changes) -> None:
        """Leave out who waits and is no longer on the list."""
        after = 0
        while True:
            with self._database.write() as connection:
                rows, now = list_changes.waiting(connection, campaign_id, after, BATCH), self._clock()
                unlisted = [row for row in rows if row.found_by not in kept]
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


def _add(changes: Changes, more: Changes) -> None:
    changes.moved += more.moved
    changes.added += more.added
    changes.same += more.same
    changes.busy += more.busy
