"""Keeps a new campaign with its recipients; nothing is sent.

A long list is kept in many short transactions, between which others write. Until all of it is there, the campaign is
no draft, and nothing else knows it; what was begun by a process that died is begun anew under the same name.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.states import Event, happened
from phone_numbers import matching_number
from storage.base import utc_now
from storage.campaigns import campaign_recipients, campaigns
from storage.campaigns.campaign_recipients import NewRecipient
from storage.campaigns.campaigns import Listing, NewCampaign
from storage.database import Database
from storage.models import SkipReason

BATCH = 500
"""Recipients that a transaction keeps."""
BROKEN_OFF_AFTER = timedelta(minutes=1)
"""A list to which nothing was added for so long is nobody's any more."""


Note = Callable[[Connection, int], None]


def no_note(_connection: Connection, _campaign_id: int) -> None:
    """Note nothing of a campaign."""


class NameTakenError(Exception):
    """There is a campaign of that name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Creation:
    """Keeps campaigns."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._clock = database, clock

    def create(
        self,
        new: NewCampaign,
        listed: Iterable[ListedRecipient],
        *,
        begun: Note = no_note,
        complete: Note = no_note,
    ) -> int:
        """Keep a campaign as a draft; return its id. Raises NameTakenError, SQLAlchemyError, and what `listed` does.

        Of several with one number, and one date of reminders, the first gets the message. Nothing stays of a list that
        raises. begun, complete: told of the campaign in the transactions that begin and complete it; what they raise
        undoes it.
        """
        listing = self._begin(new, begun)
        try:
            recipients = each_once(listed)
            while batch := list(islice(recipients, BATCH)):
                with self._database.write() as connection:
                    self._go_on(connection, listing)
                    campaign_recipients.add_all(connection, listing.id, batch, self._clock())
            with self._database.write() as connection:
                self._go_on(connection, listing)
                complete(connection, listing.id)
                happened(connection, listing.id, Event.LISTED, self._clock())
        except BaseException:
            self._delete(listing)
            raise
        return listing.id

    def undo(self, campaign_id: int) -> None:
        """Delete a campaign whose list is not complete, and whose process was killed."""
        with self._database.read() as connection:
            listing = campaigns.listing_of(connection, campaign_id)
        if listing is not None:
            self._delete(listing)

    def _begin(self, new: NewCampaign, begun: Note) -> Listing:
        now = self._clock()
        with self._database.read() as connection:
            unfinished = campaigns.unfinished_list(connection, new.name, now - BROKEN_OFF_AFTER)
        if unfinished is not None:
            self._delete(unfinished)
        with self._database.write() as connection:
            campaign_id = campaigns.add(connection, new, now)
            if campaign_id is not None:
                begun(connection, campaign_id)
        if campaign_id is None:
            raise NameTakenError(new.name)
        return Listing(campaign_id, new.name, now)

    def _go_on(self, connection: Connection, listing: Listing) -> None:
        """Say that it goes on. Raises NameTakenError if another process took it for broken off, and began anew."""
        if not campaigns.goes_on(connection, listing, self._clock()):
            raise NameTakenError(listing.name)

    def _delete(self, listing: Listing) -> None:
        """Delete a campaign whose list is not complete."""
        while self._delete_some(listing):
            pass

    def _delete_some(self, listing: Listing) -> bool:
        with self._database.write() as connection:
            if not campaigns.goes_on(connection, listing, self._clock()):
                return False
            if campaign_recipients.delete_some(connection, listing.id, BATCH):
                return True
            campaigns.delete(connection, listing.id)
        return False


def each_once(listed: Iterable[ListedRecipient]) -> Iterator[NewRecipient]:
    """Yield the recipients of a list; of several with one number and date all but the first are left out."""
    seen = set[tuple[str, datetime | None]]()
    for one in listed:
        found_by = matching_number(one.number)
        is_first = (found_by, one.moment_at) not in seen
        seen.add((found_by, one.moment_at))
        yield NewRecipient(
            line=one.line, number=one.number, found_by=found_by if is_first else None, body=one.body,
            variables=one.variables, facts=one.values, zone=one.zone,
            skipped=_reason(one, is_first=is_first), due_at=one.due_at, moment_at=one.moment_at,
        )  # fmt: skip


def _reason(one: ListedRecipient, *, is_first: bool) -> SkipReason | None:
    """Return why somebody on a list is sent nothing; None if they are."""
    if not is_first:
        return SkipReason.DUPLICATE
    return SkipReason.PAST if one.is_past else None
