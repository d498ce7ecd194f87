"""`flask --app app campaign ...`: make a campaign, run it, pause it, and see what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.call_options import CannotBegin, not_set
from cli.campaigns.making import Making, create_options, print_found, print_preview
from cli.campaigns.options import csv_option, exit_codes, retry_options, rows_option, to_option, yes_option
from cli.campaigns.report import write_report
from cli.campaigns.running import Following
from cli.campaigns.words import STATES, print_figures, print_list, state_of, why_paused
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.whatsapp.options import Draft
from cli.whatsapp.send import Sending
from conversation import service_window
from conversation.observers import NULL_OBSERVER, ConversationObserver
from conversation.profiles.campaigns import ContactRules
from jobs.leases import is_worker_alive
from messaging.campaigns.calendar.allowed_times import next_allowed
from messaging.campaigns.lists import Wording
from messaging.campaigns.run import Runner
from messaging.campaigns.states import TABLE, Event, happened
from messaging.providers.base import Channels
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.campaigns import campaign_recipients, campaigns
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import CampaignState, RecipientState
from storage.reports.campaigns import figures, first_rows, forecast
from translations import Message
from translations import lazy_gettext as _
from translations import lazy_ngettext as ngettext

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class CampaignServices:
    """The commands' services. zone: the business's, for times. language: BCP 47, as its lists are written.

    rules: when people are written to. runner: called where no worker runs campaigns. observer: of the messages that
    `test` sends.
    """

    database: Database
    zone: ZoneInfo
    language: str
    rules: ContactRules
    channels: Channels
    runner: Callable[[], Runner]
    observer: ConversationObserver = NULL_OBSERVER
    clock: Callable[[], datetime] = utc_now


def campaign_group(
    terminal: Terminal, services: Callable[[], CampaignServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group("campaign", help=terminal.translate(_("WhatsApp messages to everybody on a list.")))
    commands = Commands(terminal, services, check)
    add = commands.adder(group)
    add("create", commands.create, _HELP_CREATE, create_options(terminal))
    add("preview", commands.preview, _HELP_PREVIEW, [rows_option(terminal)])
    add("test", commands.test, _HELP_TEST, [to_option(terminal)])
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
_HELP_PREVIEW = _("Show what the first people on the list will get.")
_HELP_TEST = _("Send one number what the first of the list will get.")
_HELP_RUN = _(
    "Begin a campaign, or go on with it, and follow it to its end. The worker sends it; where none is running, "
    "this command does. ^C ends the following, and the campaign goes on where there is a worker."
)
_HELP_STATUS = _("Show how far a campaign is, and without NAME the last campaigns.")
_HELP_CANCEL = _("End a campaign for good: who has not been sent anything yet gets nothing.")
_HELP_RETRY = _("Send it again to those whom it did not reach: after a mistake was mended, for instance.")
_HELP_REPORT = _("Show what became of a campaign, or write a line for each of its recipients.")


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
        **given: Any,
    ) -> ExitCode:
        """Make a campaign of a list."""
        if (template is None) == (text is None):
            raise click.UsageError(self._terminal.translate(_("Give one of --template and --text.")))
        if variables and template is None:
            raise click.UsageError(self._terminal.translate(_("--var is a template's: add --template.")))
        needed = self._services()
        making = Making(self._terminal, needed.database, needed.zone, needed.language)
        wording = Wording(template or "", text or "", dict(variables))
        if not making.create(name, path, number_column, wording, **given):
            return ExitCode.WRONG_INPUT
        campaign = self._campaign(needed, name)
        since = needed.clock() - service_window.LENGTH
        with needed.database.read() as connection:
            found, expected = figures(connection, campaign.id), forecast(connection, campaign.id, since)
        print_found(self._terminal, campaign, found, expected)
        return ExitCode.COMPLETED

    def preview(self, name: str, rows: int) -> ExitCode:
        """Show what the first people on the list will get."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        with needed.database.read() as connection:
            found = first_rows(connection, campaign.id, rows)
        print_preview(self._terminal, found)
        return ExitCode.COMPLETED

    def test(self, name: str, number: ReachAddress) -> ExitCode:
        """Send one number what the first of the list will get."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        self._require_providers(needed)
        with needed.database.read() as connection:
            [first] = first_rows(connection, campaign.id, 1)
        draft = Draft(text=first.body)
        if campaign.template:
            draft = Draft(template=campaign.template, variables=first.variables)
        sending = Sending(
            needed.database, self._terminal, needed.zone, needed.channels.providers, observer=needed.observer
        )
        return sending.send(number, draft, wait=True)

    def _require_providers(self, needed: CampaignServices) -> None:
        if not needed.channels.providers:
            raise not_set(self._terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")

    def run(self, name: str) -> ExitCode:
        """Begin or go on with a campaign, and follow it."""
        needed = self._services()
        campaign = self._campaign(needed, name)
        self._require_providers(needed)
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
        runner = None if has_worker else needed.runner()
        return Following(needed.database, self._terminal).follow(campaign, runner)

    def _tell_quiet(self, needed: CampaignServices, begins: datetime) -> None:
        allowed = next_allowed(begins, [needed.zone], needed.rules)
        if allowed > begins:
            self._terminal.say(
                _("Nobody is written to before {time}, by the clock where they are (quiet hours).").format(
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
            if (campaign.state, Event.RETRIED) not in TABLE:
                self._refuse_for(campaign)
                return ExitCode.REFUSED
            count = campaign_recipients.retry(connection, campaign.id, states, now)
            if count:
                happened(connection, campaign.id, Event.RETRIED, now)
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
        self._terminal.console.print(
            f"{campaign.name}: {state_of(self._terminal, campaign, needed.zone, needed.clock())}"
        )
        for line in why_paused(self._terminal, campaign):
            self._terminal.complain(line)
        print_figures(self._terminal, campaign, found)
        return ExitCode.COMPLETED

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
        if path is None:
            return self.status(name)
        needed = self._services()
        campaign = self._campaign(needed, name)
        return write_report(self._terminal, needed.database, campaign, needed.zone, path)

    def _campaign(self, needed: CampaignServices, name: str) -> CampaignRecord:
        """Return a campaign. Raises CannotBegin if there is none of that name."""
        with needed.database.read() as connection:
            found = campaigns.of_name(connection, name)
        if found is None:
            raise CannotBegin(self._terminal.translate(_("There is no campaign “{name}”.").format(name=name)))
        return found
