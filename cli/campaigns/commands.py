"""`flask --app app campaign ...`: make a campaign, run it, pause it, and see what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.call_options import CannotBegin, not_set
from cli.campaigns.making import Making, create_options, print_found, print_preview
from cli.campaigns.options import csv_option, exit_codes, retry_options, rows_option, to_options, yes_option
from cli.campaigns.report import write_report
from cli.campaigns.running import Following
from cli.campaigns.templates import look_at_template, may_run, print_template
from cli.campaigns.trying import call_to_try
from cli.campaigns.updating import update_list, update_options
from cli.campaigns.words import (
    MOST_HOURS,
    STATES,
    print_effects,
    print_figures,
    print_hours,
    print_list,
    print_outcomes,
    state_of,
    why_paused,
    why_waiting,
)
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.whatsapp.options import Draft
from cli.whatsapp.send import Sending
from conversation import service_window
from conversation.daily_ceilings import Begun, DailyCeilings
from conversation.observers import NULL_OBSERVER, ConversationObserver
from conversation.profiles.campaigns import ContactRules
from integrations.twilio.calls import TwilioRest
from jobs.leases import is_worker_alive
from messaging.campaigns.calendar.allowed_times import next_allowed
from messaging.campaigns.control import send_again
from messaging.campaigns.costs.words import cost_lines, estimate_line
from messaging.campaigns.files.lists import CallGreeting, Wording
from messaging.campaigns.replies import ANSWERED_WITHIN
from messaging.campaigns.run import Runner
from messaging.campaigns.states import TABLE, Event, happened
from messaging.campaigns.voice.trial import Trials
from messaging.providers.base import Channels
from messaging.providers.templates import Templates
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import CampaignChannel, CampaignState, RecipientState
from storage.reports.campaign_effects import effects, outcomes
from storage.reports.campaign_hours import Moments, last_hours
from storage.reports.campaigns import figures, first_rows, forecast, next_due
from translations import Message
from translations import lazy_gettext as _
from translations import lazy_ngettext as ngettext

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class CampaignServices:
    """The commands' services. zone: the business's, for times. language: BCP 47, as its lists are written.

    rules: when people are written to. templates: as their providers have them. ceilings: of a day. runner:
    called where no worker runs campaigns. observer: of the messages that `test` sends. greeting: how calls begin.
    missing_for_calls: the settings without which nobody is called. trials: place calls that `test` follows at Twilio.
    prices: of a message or a call, by channel; None: it is not set.
    """

    database: Database
    zone: ZoneInfo
    language: str
    rules: ContactRules
    channels: Channels
    templates: Templates
    ceilings: DailyCeilings
    runner: Callable[[], Runner]
    greeting: CallGreeting
    missing_for_calls: Callable[[], Sequence[str]]
    twilio: Callable[[], TwilioRest | None]
    trials: Callable[[], Trials | None]
    prices: Mapping[str, float | None]
    observer: ConversationObserver = NULL_OBSERVER
    clock: Callable[[], datetime] = utc_now


def campaign_group(
    terminal: Terminal, services: Callable[[], CampaignServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group(
        "campaign", help=terminal.translate(_("WhatsApp messages, or calls, to everybody on a list."))
    )
    commands = Commands(terminal, services, check)
    add = commands.adder(group)
    add("create", commands.create, _HELP_CREATE, create_options(terminal))
    add("update", commands.update, _HELP_UPDATE, update_options(terminal))
    add("preview", commands.preview, _HELP_PREVIEW, [rows_option(terminal)])
    add("test", commands.test, _HELP_TEST, to_options(terminal))
    add("run", commands.run, _HELP_RUN, epilog=exit_codes(terminal))
    add("resume", commands.run, _("The same as run."), epilog=exit_codes(terminal))
    add("status", commands.status, _HELP_STATUS, is_named=False)
    add("pause", commands.pause, _("Send nothing more for now; what is on its way arrives."))
    add("cancel", commands.cancel, _HELP_CANCEL, [yes_option(terminal)])
    add("retry", commands.retry, _HELP_RETRY, retry_options(terminal))
    add("report", commands.report, _HELP_REPORT, [csv_option(terminal)])
    return group


_HELP_CREATE = _(
    "Make a campaign of a list. Nothing is sent: it says whom the message reaches, and what is wrong with the list."
)
_HELP_UPDATE = _(
    "Give a campaign of reminders its list as it is now: who has another date is reminded of that, who is new is "
    "added, and who is gone gets nothing more. The same list again changes nothing."
)
_HELP_PREVIEW = _("Show what the first people on the list will get.")
_HELP_TEST = _(
    "Send one number what the first of the list will get, or call it as they will be called, and say what became of it."
)
_HELP_RUN = _(
    "Begin a campaign, or go on with it, and follow it to its end. The worker sends it; where none is running, "
    "this command does. ^C ends the following, and the campaign goes on where there is a worker."
)
_HELP_STATUS = _("Show how far a campaign is, and without NAME the last campaigns.")
_HELP_CANCEL = _("End a campaign for good: who has not been sent anything yet gets nothing.")
_HELP_RETRY = _("Send it again to those whom it did not reach: after a mistake was mended, for instance.")
_HELP_REPORT = _("Show what became of a campaign, or write a line for each of its recipients.")


def waiting_for_tomorrow(
    needed: CampaignServices, terminal: Terminal, campaign: CampaignRecord
) -> str | None:
    """Say that a campaign waits for the next day, as the day's ceiling is used up; None if it does not."""
    begun = Begun.CALL if campaign.is_by_phone else Begun.MESSAGE
    with needed.database.read() as connection:
        reached = needed.ceilings.reached(connection, begun, needed.clock())
    return None if reached is None else why_waiting(terminal, campaign, reached, needed.zone)


class Commands:
    """The commands, each of which returns its exit code."""

    def __init__(
        self, terminal: Terminal, services: Callable[[], CampaignServices], check: Callable[[], None]
    ) -> None:
        self._terminal, self._services, self._check = terminal, services, check

    def adder(self, group: click.Group) -> Callable[..., None]:
        """Return a function that adds a command to the group. is_named: the campaign's name has to be given."""
        name_metavar = self._terminal.translate(_("NAME"))

        def add(
            name: str,
            run: Callable[..., ExitCode],
            about: Message,
            parameters: Sequence[click.Parameter] = (),
            *,
            epilog: str | None = None,
            is_named: bool = True,
        ) -> None:
            metavar = name_metavar if is_named else f"[{name_metavar}]"
            named = click.Argument(["name"], metavar=metavar, required=is_named)

            def callback(**given: Any) -> None:
                self._check()
                click.get_current_context().exit(run(**given))

            group.add_command(
                click.Command(
                    name, callback=callback, params=[named, *parameters],
                    help=self._terminal.translate(about), epilog=epilog,
                )
            )  # fmt: skip

        return add

    def create(
        self,
        name: str,
        path: Path,
        number_column: str | None,
        template: str | None,
        text: str | None,
        variables: Sequence[tuple[str, str]],
        channel: str,
        goal: str | None,
        hang_up_on_machines: bool,
        **given: Any,
    ) -> ExitCode:
        """Make a campaign of a list."""
        is_by_phone = channel == CampaignChannel.VOICE
        if is_by_phone:
            is_of_messages = given["try_anyway"] or given["hand_over"]
            self._require_call(template, variables, goal, is_of_messages=bool(is_of_messages))
        else:
            self._require_message(template, text, variables, goal, hang_up_on_machines)
        needed = self._services()
        making = self._making(needed)
        greeting = needed.greeting if is_by_phone else None
        wording = Wording(template or "", text or "", dict(variables), greeting)
        given |= {"goal": goal or "", "leave_message": not hang_up_on_machines}
        if not making.create(name, path, number_column, wording, **given):
            return ExitCode.WRONG_INPUT
        campaign = self._campaign(needed, name)
        since = needed.clock() - service_window.LENGTH
        with needed.database.read() as connection:
            found, expected = figures(connection, campaign.id), forecast(connection, campaign.id, since)
        print_found(self._terminal, campaign, found, expected)
        self._tell_estimate(needed, campaign)
        return ExitCode.COMPLETED

    def _making(self, needed: CampaignServices) -> Making:
        return Making(self._terminal, needed.database, needed.zone, needed.language, needed.clock)

    def update(self, name: str, path: Path, number_column: str | None) -> ExitCode:
        """Give a campaign of reminders a changed list."""
        needed = self._services()
        return update_list(
            self._terminal, needed.database, self._making(needed), self._campaign(needed, name),
            observer=needed.observer, greeting=needed.greeting, path=path, number_column=number_column,
        )  # fmt: skip

    def _require_message(
        self,
        template: str | None,
        text: str | None,
        variables: Sequence[tuple[str, str]],
        goal: str | None,
        hang_up_on_machines: bool,
    ) -> None:
        """Raise UsageError for what makes no message."""
        if (template is None) == (text is None):
            raise self._usage(_("Give one of --template and --text."))
        if variables and template is None:
            raise self._usage(_("--var is a template's: add --template."))
        if goal is not None or hang_up_on_machines:
            raise self._usage(_("--goal and --hang-up-on-machines are for calls: add --channel voice."))

    def _require_call(
        self,
        template: str | None,
        variables: Sequence[tuple[str, str]],
        goal: str | None,
        *,
        is_of_messages: bool,
    ) -> None:
        """Raise UsageError for what makes no call. is_of_messages: more is given that is a message's."""
        if goal is None:
            raise self._usage(_("Say with --goal what the assistant is to achieve in each call."))
        if template is not None or variables or is_of_messages:
            raise self._usage(
                _("--template, --var, --try-anyway and --hand-over are for WhatsApp: leave them out.")
            )

    def _usage(self, said: Message) -> click.UsageError:
        return click.UsageError(self._terminal.translate(said))

    def preview(self, name: str, rows: int) -> ExitCode:
        """Show what the first people on the list will get."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        with needed.database.read() as connection:
            found = first_rows(connection, campaign.id, rows)
        looked = look_at_template(self._terminal, needed.templates, campaign)
        if looked.content is not None:
            print_template(self._terminal, campaign, looked.content)
        due_in = needed.zone if campaign.remind else None
        print_preview(self._terminal, found, looked.content, due_in=due_in)
        self._tell_estimate(needed, campaign)
        return looked.outcome

    def _tell_estimate(self, needed: CampaignServices, campaign: CampaignRecord) -> None:
        """Say what a campaign will cost, as far as that is known."""
        with needed.database.read() as connection:
            about = estimate_line(connection, campaign, needed.prices[campaign.channel], needed.clock())
        if about is not None:
            self._terminal.say(about)

    def test(self, name: str, number: ReachAddress, poll_s: float) -> ExitCode:
        """Send one number what the first of the list will get, or call it so."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        self._require_providers(needed, campaign)
        if campaign.is_by_phone and (trials := needed.trials()) is not None:
            return call_to_try(
                self._terminal, needed.twilio(), trials, campaign, number, zone=needed.zone, poll_s=poll_s
            )
        with needed.database.read() as connection:
            [first] = first_rows(connection, campaign.id, 1)
        draft = Draft(text=first.body)
        if campaign.template:
            draft = Draft(template=campaign.template, variables=first.variables)
        sending = Sending(
            needed.database, self._terminal, needed.zone, needed.channels.providers, observer=needed.observer
        )
        return sending.send(number, draft, wait=True, ceilings=needed.ceilings)

    def _require_providers(self, needed: CampaignServices, campaign: CampaignRecord) -> None:
        if campaign.is_by_phone:
            if missing := needed.missing_for_calls():
                raise not_set(self._terminal, *missing)
        elif not needed.channels.providers:
            raise not_set(self._terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")

    def run(self, name: str) -> ExitCode:
        """Begin or go on with a campaign, and follow it."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        self._require_providers(needed, campaign)
        can_start = (campaign.state, Event.STARTED) in TABLE
        if can_start and (refused := may_run(self._terminal, needed.templates, campaign)) is not None:
            return refused
        now = needed.clock()
        with needed.database.write() as connection:
            has_worker = is_worker_alive(connection, now)
            is_begun = happened(connection, campaign.id, Event.STARTED, now)
        is_left = campaign.state is CampaignState.RUNNING and not (
            has_worker or campaign.is_sent_by_somebody(now)
        )
        if not is_begun and not is_left:
            return self._refuse(needed, campaign, now)
        self._tell_quiet(needed, max(now, campaign.start_at or now))
        self._tell_next(needed, campaign)
        runner = None if has_worker else needed.runner()
        following = Following(
            needed.database, self._terminal, lambda: waiting_for_tomorrow(needed, self._terminal, campaign)
        )
        return following.follow(campaign, runner)

    def _tell_quiet(self, needed: CampaignServices, begins: datetime) -> None:
        allowed = next_allowed(begins, [needed.zone], needed.rules)
        if allowed > begins:
            self._terminal.say(
                _("Nobody is contacted before {time}, by the clock where they are (quiet hours).").format(
                    time=f"{allowed.astimezone(needed.zone):%Y-%m-%d %H:%M}"
                )
            )

    def _refuse(self, needed: CampaignServices, campaign: CampaignRecord, now: datetime) -> ExitCode:
        if campaign.state is CampaignState.RUNNING:
            self._terminal.complain(
                _("“{name}” is being run already ({state}); campaign status shows how far it is.").format(
                    name=campaign.name, state=state_of(self._terminal, campaign, needed.zone, now)
                )
            )
        else:
            self._refuse_for(campaign)
        return ExitCode.REFUSED

    def _refuse_for(self, campaign: CampaignRecord) -> None:
        state = self._terminal.translate(STATES[campaign.state])
        self._terminal.complain(
            _("That cannot be done with “{name}”: {state}.").format(name=campaign.name, state=state)
        )

    def pause(self, name: str) -> ExitCode:
        """Pause a campaign."""
        return self._tell(name, Event.STOPPED, _("“{name}” is paused; campaign resume goes on with it."))

    def cancel(self, name: str, yes: bool) -> ExitCode:
        """Cancel a campaign."""
        if not yes:
            question = _("End “{name}” for good?").format(name=name)
            click.confirm(self._terminal.translate(question), abort=True)
        return self._tell(name, Event.CANCELLED, _("“{name}” is cancelled."))

    def _tell(self, name: str, event: Event, said: Message) -> ExitCode:
        needed = self._services()
        campaign = self._campaign(needed, name)
        with needed.database.write() as connection:
            if not happened(connection, campaign.id, event, needed.clock()):
                self._refuse_for(campaign)
                return ExitCode.REFUSED
        self._terminal.say(said.format(name=name))
        return ExitCode.COMPLETED

    def retry(self, name: str, failed: bool, in_doubt: bool) -> ExitCode:
        """Let recipients wait for another message."""
        if not failed and not in_doubt:
            raise click.UsageError(self._terminal.translate(_("Say to whom: --failed, --in-doubt, or both.")))
        states = [RecipientState.FAILED] if failed else []
        states += [RecipientState.IN_DOUBT] if in_doubt else []
        needed = self._services()
        campaign, now = self._campaign(needed, name), needed.clock()
        with needed.database.write() as connection:
            count = send_again(connection, campaign.id, states, now)
        if count is None:
            self._refuse_for(campaign)
            return ExitCode.REFUSED
        if not count:
            self._terminal.say(_("There is nobody to whom it could be sent again."))
            return ExitCode.NOT_COMPLETED
        self._terminal.say(
            ngettext(
                "It goes to {count} recipient again.", "It goes to {count} recipients again.", count
            ).format(count=count)
        )
        return ExitCode.COMPLETED

    def status(self, name: str | None) -> ExitCode:
        """Show a campaign, or the last ones."""
        needed = self._services()
        if name is None:
            return self._list(needed)
        campaign = self._campaign(needed, name)
        with needed.database.read() as connection:
            found = figures(connection, campaign.id)
            followed = effects(connection, campaign.id, ANSWERED_WITHIN)
            counted = outcomes(connection, campaign.id)
            costs = cost_lines(connection, campaign)
        self._terminal.console.print(
            f"{campaign.name}: {state_of(self._terminal, campaign, needed.zone, needed.clock())}"
        )
        waits = waiting_for_tomorrow(needed, self._terminal, campaign)
        for line in [*why_paused(self._terminal, campaign), *([waits] if waits else [])]:
            self._terminal.complain(line)
        print_figures(self._terminal, campaign, found)
        print_effects(self._terminal, followed)
        print_outcomes(self._terminal, counted)
        for cost in costs:
            self._terminal.say(cost)
        self._tell_next(needed, campaign)
        return ExitCode.COMPLETED

    def _tell_next(self, needed: CampaignServices, campaign: CampaignRecord) -> None:
        """Say when the next message or call is due, if that is later."""
        if campaign.state is CampaignState.CANCELLED:
            return
        with needed.database.read() as connection:
            due_at = next_due(connection, campaign.id)
        if due_at is not None and due_at > needed.clock():
            at = f"{due_at.astimezone(needed.zone):%Y-%m-%d %H:%M}"
            words = _("The next message is due on {at}.")
            if campaign.is_by_phone:
                words = _("The next call is due on {at}.")
            self._terminal.say(words.format(at=at))

    def _list(self, needed: CampaignServices) -> ExitCode:
        with needed.database.read() as connection:
            listed = [(one, figures(connection, one.id)) for one in campaigns.newest(connection, MOST_LISTED)]
        if not listed:
            self._terminal.say(_("There are no campaigns yet."))
            return ExitCode.COMPLETED
        print_list(self._terminal, listed, needed.zone, needed.clock())
        return ExitCode.COMPLETED

    def report(self, name: str, path: Path | None) -> ExitCode:
        """Show what became of a campaign, or write it line by line."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        if path is None:
            with needed.database.read() as connection:
                sent = last_hours(connection, campaign.id, Moments.BEGUN, MOST_HOURS)
                replied = last_hours(connection, campaign.id, Moments.REPLIED, MOST_HOURS)
            shown = self.status(name)
            print_hours(self._terminal, campaign, sent, replied, needed.zone)
            return shown
        return write_report(self._terminal, needed.database, campaign, needed.zone, path)

    def _campaign(self, needed: CampaignServices, name: str) -> CampaignRecord:
        """Return a campaign. Raises CannotBegin if there is none of that name."""
        with needed.database.read() as connection:
            found = campaigns.of_name(connection, name)
        if found is None:
            raise CannotBegin(self._terminal.translate(_("There is no campaign “{name}”.").format(name=name)))
        return found
