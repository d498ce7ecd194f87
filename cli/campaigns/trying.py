"""`campaign test` of a campaign by phone: one call to oneself, followed to its end."""

from zoneinfo import ZoneInfo

from cli.call_options import DialOptions
from cli.call_progress import place_and_follow
from cli.console import Terminal
from cli.daily_ceilings import ceiling_reached
from cli.exit_codes import ExitCode
from cli.following import PATIENCE_S
from integrations.twilio.calls import CallState, TwilioRest
from messaging.campaigns.voice.trial import NoMoreTodayError, Trials
from phone_numbers import ReachAddress
from storage.campaigns.campaigns import CampaignRecord


def call_to_try(
    terminal: Terminal,
    twilio: TwilioRest | None,
    trials: Trials,
    campaign: CampaignRecord,
    number: ReachAddress,
    *,
    zone: ZoneInfo,
    poll_s: float,
) -> ExitCode:
    """Call a number as the first of a campaign's list, and say what becomes of it. zone: for times."""

    def place(_twilio: TwilioRest) -> CallState:
        try:
            return trials.call(campaign, number)
        except NoMoreTodayError as error:
            raise ceiling_reached(terminal, error.reached, zone) from error

    options = DialOptions(
        number=number, sender=None, ring_s=None, env_file=None, poll_s=poll_s, patience_s=PATIENCE_S
    )
    return place_and_follow(terminal, twilio, options, place)
