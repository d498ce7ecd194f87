"""Places one call to try a campaign: what its first recipient will hear, and nobody's on the list.

It is kept as a campaign of one recipient in a state of its own, in which nothing is sent and no list shows it. So all
that belongs to a campaign's call is there, and one whose process died is looked for as any other.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings, Reached
from integrations.errors import IntegrationError, may_have_been_done
from integrations.twilio.calls import CallState
from messaging.campaigns.voice.exchange import Exchange
from phone_numbers import ReachAddress, matching_number
from storage.base import utc_now
from storage.campaigns import campaign_calls, campaign_recipients, campaigns
from storage.campaigns.campaign_recipients import NewRecipient
from storage.campaigns.campaigns import CampaignRecord, NewCampaign
from storage.database import Database
from storage.models import CampaignState
from storage.reports.campaigns import first_rows

_LINE = 1
_LONGEST_NAME = 60


@dataclass
class NoMoreTodayError(Exception):
    """The day's ceiling on calls is used up; nobody was called."""

    reached: Reached | None


def _note_nothing(_connection: Connection) -> None:
    """Note nothing of a call."""


class Trials:
    """Places calls to try campaigns. ceilings: of a day, in which they count."""

    def __init__(
        self,
        database: Database,
        exchange: Exchange,
        ceilings: DailyCeilings,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._exchange, self._ceilings, self._clock = database, exchange, ceilings, clock

    def call(
        self,
        campaign: CampaignRecord,
        number: ReachAddress,
        begun: Callable[[Connection], None] = _note_nothing,
    ) -> CallState:
        """Call a number as the first of a campaign's list. Raises NoMoreTodayError, IntegrationError.

        begun: told in the transaction in which it begins; what it raises undoes it.
        """
        begun_at = self._clock()

        def begin(connection: Connection) -> str:
            mark = self._begin(connection, campaign, number, begun_at)
            begun(connection)
            return mark

        mark = self._database.run(begin)
        try:
            placed = self._exchange.place(number, mark)
        except IntegrationError as error:
            if not may_have_been_done(error):
                self._was_refused(mark, error, begun_at)
            raise
        self._database.run(lambda connection: campaign_calls.was_placed(connection, mark, placed.sid))
        return placed

    def _begin(
        self, connection: Connection, campaign: CampaignRecord, number: ReachAddress, now: datetime
    ) -> str:
        if not self._ceilings.take(connection, Begun.CALL, 1, now):
            raise NoMoreTodayError(self._ceilings.reached(connection, Begun.CALL, now))
        [first] = first_rows(connection, campaign.id, 1)
        mark = secrets.token_hex(8)
        new = NewCampaign(
            f"{campaign.name[:_LONGEST_NAME]} {mark}", campaign.channel, goal=campaign.goal,
            leave_message=campaign.leave_message,
        )  # fmt: skip
        trial_id = campaigns.add(connection, new, now)
        assert trial_id is not None  # a mark is given once
        campaigns.change_state(connection, trial_id, CampaignState.TRIAL, now)
        found_by = matching_number(number)
        recipient = NewRecipient(_LINE, number, found_by, first.body, first.variables, first.facts)
        campaign_recipients.add_all(connection, trial_id, [recipient], now)
        [due] = campaign_recipients.due(connection, trial_id, now, 1)
        campaign_calls.begin(connection, due.id, mark, now)
        return mark

    def _was_refused(self, mark: str, error: IntegrationError, begun_at: datetime) -> None:
        code = error.code if isinstance(error.code, int) else error.status
        with self._database.write() as connection:
            campaign_calls.refused(connection, mark, code)
            self._ceilings.give_back(connection, Begun.CALL, begun_at)
