"""Words for campaigns: their states, why they are paused, and what became of their recipients."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from cli.console import Terminal, harmless
from cli.whatsapp.log import meanings
from conversation.daily_ceilings import Reached
from messaging.providers.base import Template
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState, PauseReason, SkipReason
from storage.reports.campaign_effects import Effect
from storage.reports.campaigns import Figures
from translations import Message, lazy_pgettext
from translations import lazy_gettext as _

MOST_HOURS = 48
"""Hours that are shown, the last ones."""
STATES: Mapping[CampaignState, Message] = {
    CampaignState.LISTING: _("its list is being read"),
    CampaignState.DRAFT: lazy_pgettext("a campaign", "not started"),
    CampaignState.RUNNING: lazy_pgettext("a campaign", "running"),
    CampaignState.PAUSED: lazy_pgettext("a campaign", "paused"),
    CampaignState.FINISHED: lazy_pgettext("a campaign", "finished"),
    CampaignState.CANCELLED: _("cancelled"),
    CampaignState.TRIAL: lazy_pgettext("a campaign", "being tried"),
}
PAUSES: Mapping[PauseReason, Message] = {
    PauseReason.OPERATOR: _("Somebody has paused it."),
    PauseReason.TEMPLATE: _("It has paused itself: the template is not sent to anybody."),
    PauseReason.ACCOUNT: _("It has paused itself: nothing is sent from this account or number."),
    PauseReason.UNREACHABLE: _("It has paused itself: too many messages in a row did not arrive."),
}
CALL_PAUSES: Mapping[PauseReason, Message] = {
    PauseReason.OPERATOR: PAUSES[PauseReason.OPERATOR],
    PauseReason.TEMPLATE: PAUSES[PauseReason.TEMPLATE],
    PauseReason.ACCOUNT: _("It has paused itself: nobody is called from this account or number."),
    PauseReason.UNREACHABLE: _("It has paused itself: too many calls in a row have rung nowhere."),
}
CALL_ENDS: Mapping[str, Message] = {
    "busy": _("were on the phone each time"),
    "no-answer": _("did not answer"),
    "failed": _("have a number that could not be called"),
    "refused": _("have a number that Twilio does not call"),
    "canceled": _("were hung up on before they answered"),
    "completed": _("have a fax, or a machine that got no message"),
}
"""By Twilio's status of the last call, and ours of one that it refused."""
SKIPPED: Mapping[SkipReason, Message] = {
    SkipReason.OPTED_OUT: _("want no messages"),
    SkipReason.DUPLICATE: _("are on the list twice"),
    SkipReason.NEEDS_TEMPLATE: _("have not written for 24 hours and need a template"),
    SkipReason.NO_PROVIDER: _("are written to through a provider or a number that is not set up"),
    SkipReason.WEEKLY_LIMIT: _("have been contacted as often this week as the profile allows"),
    SkipReason.NO_HOUR: _("may be in time zones that share no hour in which people are written to"),
    SkipReason.PAST: _("are not reminded: it is past"),
    SkipReason.NOT_LISTED: _("are no longer on the list"),
    SkipReason.ERASED: _("were erased"),
}
_NO_CALLS = _("want no calls")


def state_of(terminal: Terminal, campaign: CampaignRecord, zone: ZoneInfo, now: datetime) -> str:
    """Return a campaign's state in words. zone: for times."""
    if campaign.state is CampaignState.RUNNING and campaign.start_at is not None and campaign.start_at > now:
        at = f"{campaign.start_at.astimezone(zone):%Y-%m-%d %H:%M}"
        return terminal.translate(_("begins on {at}").format(at=at))
    return terminal.translate(STATES[campaign.state])


def why_paused(terminal: Terminal, campaign: CampaignRecord) -> list[str]:
    """Return why a campaign is paused, and what the provider's code means."""
    if campaign.state is not CampaignState.PAUSED or not campaign.pause_reason:
        return []
    codes = [campaign.pause_code]
    pauses = CALL_PAUSES if campaign.is_by_phone else PAUSES
    why = terminal.translate(pauses[PauseReason(campaign.pause_reason)])
    return [why, *meanings(terminal, codes, Template.named(campaign.template).provider)]


def why_waiting(terminal: Terminal, campaign: CampaignRecord, reached: Reached, zone: ZoneInfo) -> str | None:
    """Say until when a campaign waits for a ceiling of the day; None unless it is running. zone: for times."""
    if campaign.state is not CampaignState.RUNNING:
        return None
    until = f"{reached.until.astimezone(zone):%Y-%m-%d %H:%M}"
    words = _("It waits until {until}: {setting} is used up for today ({limit}).")
    return terminal.translate(words.format(until=until, setting=reached.setting, limit=reached.limit))


def print_figures(terminal: Terminal, campaign: CampaignRecord, figures: Figures) -> None:
    """Print what became of a campaign's recipients."""
    table = Table(show_header=False, box=None)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right")
    lines = _call_lines(figures) if campaign.is_by_phone else _lines(figures)
    for count, words in lines:
        if count:
            table.add_row(str(count), terminal.translate(words), f"{count / figures.total:.0%}")
    terminal.console.print(table)
    for line in meanings(terminal, figures.codes, Template.named(campaign.template).provider):
        terminal.console.print(line)


def print_effects(terminal: Terminal, followed: Mapping[int, Effect]) -> None:
    """Print how many people asked for a person, or want nothing more, after a campaign's message."""
    handed_off = sum(effect.handed_off_at is not None for effect in followed.values())
    opted_out = sum(effect.opted_out_at is not None for effect in followed.values())
    for count, words in (
        (handed_off, _("have been handed to a person within a week")),
        (opted_out, _("want no more messages since then")),
    ):
        if count:
            terminal.say(f"  {count}  {terminal.translate(words)}")


def print_outcomes(terminal: Terminal, counted: Mapping[str, int]) -> None:
    """Print what people's answers came to: "yes", a number, the words of a button, as in the file of the report."""
    if counted:
        named = ", ".join(f"{harmless(outcome)} ({count})" for outcome, count in counted.items())
        terminal.say(_("Answers: {named}.").format(named=named))


def print_hours(
    terminal: Terminal,
    campaign: CampaignRecord,
    sent: Mapping[datetime, int],
    replied: Mapping[datetime, int],
    zone: ZoneInfo,
) -> None:
    """Print how many messages or calls were begun in each hour, and how many people first replied in it.

    sent, replied: by the beginning of the hour, in UTC.
    """
    hours = sorted({*sent, *replied})[-MOST_HOURS:]
    if not hours:
        return
    table = Table()
    for title in (
        _("Hour"),
        lazy_pgettext("people of a campaign", "Called") if campaign.is_by_phone else _("Sent"),
        _("First replies"),
    ):
        table.add_column(terminal.translate(title))
    for hour in hours:
        table.add_row(
            f"{hour.astimezone(zone):%Y-%m-%d %H:%M}", str(sent.get(hour, 0)), str(replied.get(hour, 0))
        )
    terminal.console.print(table)


def _call_lines(figures: Figures) -> list[tuple[int, Message]]:
    ends = [(count, CALL_ENDS[end]) for end, count in figures.ends.items() if end in CALL_ENDS]
    skipped = [
        (count, _NO_CALLS if reason == SkipReason.OPTED_OUT else SKIPPED[SkipReason(reason)])
        for reason, count in figures.skipped.items()
    ]
    return [
        (figures.waiting, _("wait")),
        (figures.sending + figures.calling, _("are being called")),
        (figures.sent, _("were reached")),
        (figures.left_message, _("of those have an answering machine that got the message")),
        (figures.in_doubt, _("may have been called: nobody can tell")),
        (figures.failed, _("could not be reached")),
        *ends,
        *skipped,
    ]


def _lines(figures: Figures) -> list[tuple[int, Message]]:
    skipped = [(count, SKIPPED[SkipReason(reason)]) for reason, count in figures.skipped.items()]
    return [
        (figures.waiting, _("wait")),
        (figures.sending, _("are being sent theirs")),
        (figures.sent, _("were sent theirs")),
        (figures.delivered, _("have it on their phone")),
        (figures.read, _("have read it")),
        (figures.replied, _("have replied")),
        (figures.in_doubt, _("may have it: nobody can tell")),
        (figures.failed, _("could not be reached")),
        *skipped,
    ]


def print_list(
    terminal: Terminal, listed: Sequence[tuple[CampaignRecord, Figures]], zone: ZoneInfo, now: datetime
) -> None:
    """Print campaigns, a line for each. zone: for times."""
    table = Table()
    for title in (_("Campaign"), _("State"), _("Recipients"), _("Sent or reached"), _("Failed"), _("Made")):
        table.add_column(terminal.translate(title))
    for campaign, figures in listed:
        table.add_row(
            campaign.name, state_of(terminal, campaign, zone, now), str(figures.total), str(figures.sent),
            str(figures.failed), f"{campaign.created_at.astimezone(zone):%Y-%m-%d %H:%M}",
        )  # fmt: skip
    terminal.console.print(table)
