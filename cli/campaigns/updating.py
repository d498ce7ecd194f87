"""`campaign update`: a changed list of a campaign of reminders."""

from pathlib import Path

import click

from cli.campaigns.making import Making
from cli.console import Terminal
from cli.exit_codes import ExitCode
from conversation.observers import ConversationObserver
from messaging.campaigns.files.lists import CallGreeting, Wording
from messaging.campaigns.list_changes import Changes, ListChanges
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import CampaignState
from translations import lazy_gettext as _


def update_options(terminal: Terminal) -> list[click.Parameter]:
    """Return the options of `campaign update`."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    about = terminal.translate(_("The whole list as it is now, with the same columns."))
    column = terminal.translate(_("The column with the numbers."))
    return [
        click.Option(["--csv", "path"], type=file, required=True, help=about),
        click.Option(["--number", "number_column"], help=column),
    ]


def update_list(
    terminal: Terminal,
    database: Database,
    making: Making,
    campaign: CampaignRecord,
    *,
    observer: ConversationObserver,
    greeting: CallGreeting,
    path: Path,
    number_column: str | None,
) -> ExitCode:
    """Give a campaign the list of a file, and say what has changed. making: reads lists. greeting: of calls.

    observer: of the campaign's messages.
    """
    if not campaign.remind:
        terminal.complain(
            _("“{name}” is no reminder (--remind): its list stays as it is.").format(name=campaign.name)
        )
        return ExitCode.REFUSED
    if campaign.state is CampaignState.CANCELLED:
        terminal.complain(_("“{name}” is cancelled.").format(name=campaign.name))
        return ExitCode.REFUSED
    call = greeting if campaign.is_by_phone else None
    wording = Wording(campaign.template, campaign.text, campaign.variables, call)
    found = making.read(path, wording, number_column=number_column, remind=campaign.remind)
    if found is None:
        return ExitCode.WRONG_INPUT
    changes = ListChanges(database, observer).apply(
        campaign.id, found.recipients, file_name=path.name, digest=found.digest
    )
    _print(terminal, changes)
    return ExitCode.NOT_COMPLETED if changes.busy else ExitCode.COMPLETED


def _print(terminal: Terminal, changes: Changes) -> None:
    for count, words in (
        (changes.moved, _("have another date")),
        (changes.added, _("are new on the list")),
        (changes.gone, _("are no longer on the list")),
        (changes.same, _("have the same date as before")),
    ):
        if count:
            terminal.say(f"  {count}  {terminal.translate(words)}")
    if changes.busy:
        terminal.complain(
            _(
                "{count} are being sent theirs at this moment, and were not changed: give the list again in a minute."
            ).format(count=changes.busy)
        )
