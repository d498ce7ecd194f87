"""Operators' actions on campaigns: checked, and performed once for each form."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from dashboard.actions.campaign_drafts import CampaignDrafts, LongLists, Looked
from dashboard.actions.once import NO_FORM, Once, SentForm
from dashboard.actions.refusals import CannotBeDone, Trouble
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignRecord, NewCampaign
from storage.database import Database
from storage.models import CampaignState
from translations import Message, lazy_gettext

MOST_NAMED = 5
"""Lines of a wrong list that are named."""
_MORE = lazy_gettext("And {count} more.")


class Wait(Protocol):
    """Why a campaign contacts nobody for now."""

    @property
    def why(self) -> Message:
        """Return it as the beginning of a sentence that ends with a time."""
        ...

    @property
    def until(self) -> datetime:
        """Return that time, aware."""
        ...


class Tried(Protocol):
    """What became of a message or a call to try a campaign."""

    @property
    def refused(self) -> Sequence[Message | str]:
        """Return why nothing was begun; nothing if it was."""
        ...

    @property
    def said(self) -> Message | None:
        """Return what is to be known of it; None if nothing was begun."""
        ...


class ListChanges(Protocol):
    """How many people a new list has given another date, added, left out, left as they are, or not changed for now."""

    moved: int
    added: int
    gone: int
    same: int
    busy: int


class CampaignControl(Protocol):
    """Starts, pauses and ends campaigns, and knows what became of them; see messaging/campaigns/control.py."""

    def can_reach(self, campaign: CampaignRecord) -> bool:
        """Return whether a campaign has a provider, or a phone."""
        ...

    def provider_of(self, campaign: CampaignRecord) -> str:
        """Return the name of the provider whose codes a campaign has."""
        ...

    def waits(self, connection: Connection, campaign: CampaignRecord, now: datetime) -> Sequence[Wait]:
        """Return what a campaign waits for; nothing if somebody may be contacted now, or nobody is to be."""
        ...

    def why_not(self, campaign: CampaignRecord, *, try_anyway: bool) -> Sequence[Message]:
        """Return why a campaign is not to begin with its template: nothing if it may."""
        ...

    def start(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """Begin a campaign, or go on with it; return False where its state does not allow it."""
        ...

    def pause(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """Send nothing more for now; return False where its state does not allow it."""
        ...

    def cancel(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """End a campaign for good; return False where its state does not allow it."""
        ...

    def retry(self, connection: Connection, campaign_id: int, now: datetime, *, in_doubt: bool) -> int | None:
        """Send it again to some; return how many they are, None where its state does not allow it."""
        ...

    def try_it(self, campaign: CampaignRecord, number: str, begun: Callable[[Connection], None]) -> Tried:
        """Send a number that was typed what the first of the list will get, or call it so.

        begun: notes it in the transaction in which it begins.
        """
        ...

    def take_list(
        self, campaign: CampaignRecord, content: bytes, file_name: str, number_column: str | None
    ) -> tuple[Looked, ListChanges]:
        """Give a campaign of reminders a list; return what was found of it, and what has changed."""
        ...

    def costs(self, connection: Connection, campaign: CampaignRecord) -> Sequence[Message]:
        """Return sentences of what a campaign has cost so far."""
        ...

    def report(self, campaign: CampaignRecord, language: str) -> Iterator[list[str]]:
        """Yield the lines of a campaign's report, its columns' names first."""
        ...


class NotMade(CannotBeDone):
    """A campaign was not made. looked: says what is wrong."""

    def __init__(self, looked: Looked) -> None:
        super().__init__(Trouble.NOT_MADE, why=looked.mistakes)
        self.looked = looked


class CampaignActions:
    """Performs operators' actions on campaigns, or raises CannotBeDone. Thread-safe."""

    def __init__(
        self,
        database: Database,
        control: CampaignControl,
        drafts: CampaignDrafts,
        long_lists: LongLists,
        *,
        form: SentForm = NO_FORM,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self.control, self._clock = database, control, clock
        self.drafts, self.long_lists = drafts, long_lists
        self._once = Once(database, form, clock)

    def once(self, form: str, operator: str = "") -> "CampaignActions":
        """Return the same for one form, whose action is performed once however often it is sent.

        form: the form's own number and a digest of what it says; "" for none. A second time raises DoneBefore.
        """
        sent = SentForm(form, operator)
        return CampaignActions(
            self._database, self.control, self.drafts, self.long_lists, form=sent, clock=self._clock
        )

    def was_done(self) -> bool:
        """Return whether the form was acted upon before."""
        return self._once.was_done()

    def create(self, new: NewCampaign, content: bytes, number_column: str | None) -> int:
        """Keep a campaign as a draft; return its id. Nothing is sent. number_column: None: found by its name.

        Raises NotMade.
        """
        with self._once.asking():
            looked = self.drafts.make(new, content, number_column)
            if looked.campaign_id is None:
                raise NotMade(looked)
        with self._database.write() as connection:
            self._once.done(connection)
        return looked.campaign_id

    def start(self, campaign_id: int, *, try_anyway: bool = False) -> None:
        """Begin a campaign, or go on with it. try_anyway: with a template that WhatsApp has not approved too."""
        if self.was_done():
            return
        with self._database.read() as connection:
            campaign = _require(connection, campaign_id)
        if why := self.control.why_not(campaign, try_anyway=try_anyway):
            raise CannotBeDone(Trouble.TEMPLATE, why=why)
        self._change(campaign_id, self._start)

    def pause(self, campaign_id: int) -> None:
        """Send nothing more for now."""
        self._change(campaign_id, self.control.pause)

    def cancel(self, campaign_id: int) -> None:
        """End a campaign for good."""
        self._change(campaign_id, self.control.cancel)

    def retry(self, campaign_id: int, *, in_doubt: bool = False) -> None:
        """Send it again to whom it did not reach. in_doubt: to those instead of whom nobody can tell."""
        with self._once.write() as connection:
            _require(connection, campaign_id)
            self._require_way(connection, campaign_id)
            count = self.control.retry(connection, campaign_id, self._clock(), in_doubt=in_doubt)
            if count is None:
                raise CannotBeDone(Trouble.NOT_IN_STATE)
            if not count:
                raise CannotBeDone(Trouble.NOBODY)

    def try_it(self, campaign_id: int, number: str) -> str:
        """Send a number what the first of the list will get, or call it so; return what is to be known of it."""
        with self._once.asking():
            with self._database.read() as connection:
                campaign = _require(connection, campaign_id)
            tried = self.control.try_it(campaign, number, self._once.done)
            if tried.said is None:
                raise CannotBeDone(Trouble.NOT_TRIED, why=tried.refused)
        return str(tried.said)

    def take_list(
        self, campaign_id: int, content: bytes, file_name: str, number_column: str | None
    ) -> ListChanges:
        """Give a campaign of reminders its list as it is now; return what has changed."""
        with self._once.asking():
            with self._database.read() as connection:
                campaign = _require(connection, campaign_id)
            self._require_list(campaign, content)
            looked, changes = self.control.take_list(campaign, content, file_name, number_column)
            if looked.mistakes:
                raise CannotBeDone(Trouble.NOT_TAKEN, why=_first(looked))
            with self._database.write() as connection:
                self._once.done(connection)
        return changes

    def _require_list(self, campaign: CampaignRecord, content: bytes) -> None:
        """Raise CannotBeDone unless a campaign may be given a list, and this one while somebody waits."""
        if not campaign.remind:
            raise CannotBeDone(Trouble.NO_REMINDER)
        if campaign.state is CampaignState.CANCELLED:
            raise CannotBeDone(Trouble.NOT_IN_STATE)
        if not content:
            raise CannotBeDone(Trouble.NO_LIST)
        if self.long_lists.is_long(content):
            raise CannotBeDone(Trouble.LONG_LIST)

    def _start(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        self._require_way(connection, campaign_id)
        return self.control.start(connection, campaign_id, now)

    def _require_way(self, connection: Connection, campaign_id: int) -> None:
        campaign = campaigns.by_id(connection, campaign_id)
        if not self.control.can_reach(campaign):
            raise CannotBeDone(Trouble.NO_PHONE if campaign.is_by_phone else Trouble.NO_WHATSAPP)

    def _change(self, campaign_id: int, change: Callable[[Connection, int, datetime], bool]) -> None:
        with self._once.write() as connection:
            _require(connection, campaign_id)
            if not change(connection, campaign_id, self._clock()):
                raise CannotBeDone(Trouble.NOT_IN_STATE)


def _first(looked: Looked) -> list[Message]:
    """Return the first mistakes of a list, and how many more there are: a page is told them in a cookie."""
    more = len(looked.mistakes) - MOST_NAMED + looked.more_mistakes
    first = list(looked.mistakes[:MOST_NAMED])
    return [*first, _MORE.format(count=more)] if more > 0 else first


def _require(connection: Connection, campaign_id: int) -> CampaignRecord:
    found = campaigns.find(connection, campaign_id)
    if found is None:
        raise CannotBeDone(Trouble.GONE)
    return found
