"""What operators do with campaigns, at the dashboard by the same functions as the commands use."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from messaging.campaigns.costs.words import cost_lines
from messaging.campaigns.desk.new_lists import NewList, NewLists
from messaging.campaigns.desk.trying import Tried, Trying
from messaging.campaigns.desk.waits import Wait, Waits
from messaging.campaigns.files.looked import Looked
from messaging.campaigns.list_changes import Changes
from messaging.campaigns.report import report_lines
from messaging.campaigns.states import TABLE, Event, happened
from messaging.campaigns.templates import TemplateDesk
from messaging.providers.base import Channels, Template
from storage.campaigns import campaign_recipients, campaigns
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import RecipientState
from translations import Message


def send_again(
    connection: Connection, campaign_id: int, states: Sequence[RecipientState], now: datetime
) -> int | None:
    """Let the recipients in these states wait for another message; return how many there are.

    None: the campaign's state does not allow it.
    """
    if (campaigns.state_of(connection, campaign_id), Event.RETRIED) not in TABLE:
        return None
    count = campaign_recipients.retry(connection, campaign_id, states, now)
    if count:
        happened(connection, campaign_id, Event.RETRIED, now)
    return count


@dataclass(frozen=True, slots=True)
class Desk:
    """What the control of campaigns leans on."""

    waits: Waits
    trying: Trying
    new_lists: NewLists


class CampaignControl:
    """Starts, pauses and ends campaigns, in the transactions of whoever asks.

    zone: the business's. can_call: whether all is set that calls need.
    """

    def __init__(
        self,
        database: Database,
        channels: Callable[[], Channels],
        templates: TemplateDesk,
        desk: Desk,
        zone: ZoneInfo,
        *,
        can_call: Callable[[], bool],
    ) -> None:
        self._database, self._channels, self._templates = database, channels, templates
        self._desk, self._zone, self._can_call = desk, zone, can_call

    def can_reach(self, campaign: CampaignRecord) -> bool:
        """Return whether a campaign has a provider, or a phone."""
        return self._can_call() if campaign.is_by_phone else bool(self._channels().providers)

    def provider_of(self, campaign: CampaignRecord) -> str:
        """Return the name of the provider whose codes a campaign has."""
        return Template.named(campaign.template).provider

    def waits(self, connection: Connection, campaign: CampaignRecord, now: datetime) -> Sequence[Wait]:
        """Return what a campaign waits for; nothing if somebody may be contacted now, or nobody is to be."""
        return self._desk.waits.find(connection, campaign, now)

    def why_not(self, campaign: CampaignRecord, *, try_anyway: bool) -> Sequence[Message]:
        """Return why a campaign is not to begin with its template, as its provider has it: nothing if it may.

        try_anyway: with one that WhatsApp has not approved too.
        """
        if not campaign.template:
            return []
        found = self._templates.find(campaign.template, campaign.variables, consent=campaign.consent)
        if found is None:
            return []
        return found.problems.against_beginning(try_anyway=try_anyway or campaign.try_anyway)

    def start(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """Begin a campaign, or go on with it; return False where its state does not allow it."""
        return happened(connection, campaign_id, Event.STARTED, now)

    def pause(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """Send nothing more for now; return False where its state does not allow it."""
        return happened(connection, campaign_id, Event.STOPPED, now)

    def cancel(self, connection: Connection, campaign_id: int, now: datetime) -> bool:
        """End a campaign for good; return False where its state does not allow it."""
        return happened(connection, campaign_id, Event.CANCELLED, now)

    def retry(self, connection: Connection, campaign_id: int, now: datetime, *, in_doubt: bool) -> int | None:
        """Send it again to whom it did not reach, or to those of whom nobody can tell; return how many they are.

        None: its state does not allow it.
        """
        state = RecipientState.IN_DOUBT if in_doubt else RecipientState.FAILED
        return send_again(connection, campaign_id, [state], now)

    def try_it(self, campaign: CampaignRecord, number: str, begun: Callable[[Connection], None]) -> Tried:
        """Send a number that was typed what the first of the list will get, or call it so.

        begun: notes it in the transaction in which it begins.
        """
        return self._desk.trying.try_it(campaign, number, begun)

    def take_list(
        self, campaign: CampaignRecord, content: bytes, file_name: str, number_column: str | None
    ) -> tuple[Looked, Changes]:
        """Give a campaign of reminders a list; return what was found of it, and what has changed."""
        return self._desk.new_lists.take(campaign, NewList(content, file_name, number_column))

    def costs(self, connection: Connection, campaign: CampaignRecord) -> Sequence[Message]:
        """Return sentences of what a campaign has cost so far."""
        return cost_lines(connection, campaign)

    def report(self, campaign: CampaignRecord, language: str) -> Iterator[list[str]]:
        """Yield the lines of a campaign's report, its columns' names first. language: of the codes' meanings."""
        return report_lines(self._database, campaign, self._zone, language)
