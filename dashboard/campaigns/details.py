"""What the pages of campaigns show, as it is read at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from dashboard.actions.campaigns import CampaignControl, Wait
from dashboard.campaigns import labels
from dashboard.campaigns.words import Words, words_of
from dashboard.live_updates import digest
from jobs.leases import is_worker_alive
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState
from storage.reports.campaign_failures import Failure, failures
from storage.reports.campaign_recipients import ListedRecipient, Which, begun_since, listed
from storage.reports.campaigns import Figures, figures
from storage.reports.lists import Page

LIVE_S, SLOW_S = 3, 15
"""Seconds between two looks, where something goes on and where hardly anything does."""
COUNTED_IN_A_SECOND = 20_000
"""A longer list is looked at less often: counting it takes longer."""
MEASURED = timedelta(minutes=1)
"""The time over which the rate is measured."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list of campaigns. next: the id that the next page begins after."""

    rows: Sequence[tuple[CampaignRecord, Figures]]
    next: int | None
    now: datetime

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown."""
        return digest([(_shown(campaign, self.now), found) for campaign, found in self.rows])

    @property
    def every_s(self) -> int:
        """Return the seconds until the list is looked at again."""
        is_moving = any(is_running(campaign) for campaign, _ in self.rows)
        return _every_s(is_moving, sum(found.total for _, found in self.rows))


@dataclass(frozen=True, slots=True)
class CampaignDetails:
    """The data of a campaign's page. rate: messages or calls begun within a minute."""

    campaign: CampaignRecord
    figures: Figures
    failures: Sequence[Failure]
    waits: Sequence[Wait]
    which: Which
    page: Page[ListedRecipient]
    rate: int
    has_worker: bool
    now: datetime

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown."""
        campaign = _shown(self.campaign, self.now)
        minute = self.now.replace(second=0, microsecond=0) if self.is_running else None
        waits = [(str(wait.why), wait.until) for wait in self.waits]
        found = (self.figures, self.failures, self.page, self.rate, self.has_worker)
        return digest((campaign, waits, found, minute))

    @property
    def every_s(self) -> int:
        """Return the seconds until the page is looked at again."""
        return _every_s(self.is_running, self.figures.total)

    @property
    def words(self) -> Words:
        """Return the words of messages, or of calls."""
        return words_of(self.campaign)

    @property
    def is_running(self) -> bool:
        """Return whether it is being sent."""
        return is_running(self.campaign)

    @property
    def is_planned(self) -> bool:
        """Return whether it is to be sent from a later time on."""
        return self.campaign.start_at is not None and self.campaign.start_at > self.now

    @property
    def minutes_left(self) -> int | None:
        """Return how long it takes at this rate; None where nothing goes on, or where each message has its own time."""
        if not self.is_running or not self.rate or self.campaign.remind or self.waits:
            return None
        return ceil(self.figures.left / self.rate)

    @property
    def is_sent_by_nobody(self) -> bool:
        """Return whether it stands still because no process sends it."""
        return self.is_running and not self.has_worker and not self.campaign.is_sent_by_somebody(self.now)


def read_details(
    connection: Connection,
    control: CampaignControl,
    campaign: CampaignRecord,
    which: Which,
    after: int | None,
    now: datetime,
) -> CampaignDetails:
    """Return what a campaign's page shows. after: the line that the recipients shown follow."""
    found = figures(connection, campaign.id)
    return CampaignDetails(
        campaign,
        found,
        failures(connection, campaign.id) if found.failed else [],
        control.waits(connection, campaign, now),
        which,
        listed(connection, campaign.id, which, after),
        begun_since(connection, campaign.id, now - MEASURED) if is_running(campaign) else 0,
        is_worker_alive(connection, now),
        now,
    )


def is_running(campaign: CampaignRecord) -> bool:
    """Return whether a campaign is being sent."""
    return campaign.state is CampaignState.RUNNING


def _shown(campaign: CampaignRecord, now: datetime) -> tuple[object, ...]:
    """Return what pages show of a campaign: not its lease, which is renewed every second."""
    state = str(labels.campaign_state(campaign, now))
    return (
        campaign.id,
        state,
        campaign.pause_reason,
        campaign.pause_code,
        campaign.start_at,
        campaign.file_name,
    )


def _every_s(is_moving: bool, recipients: int) -> int:
    return (LIVE_S if is_moving else SLOW_S) + recipients // COUNTED_IN_A_SECOND
