"""`flask --app app crm ...`: list the events not delivered to the CRM, and send them again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from cli.console import Terminal
from cli.exit_codes import ExitCode
from jobs.queue import DeadLetter, Work
from people.crm.publisher import JOB, event_id
from translations import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class CrmServices:
    """The commands' services. zone: the business's. is_set: True if there is a CRM."""

    work: Work
    zone: ZoneInfo
    is_set: bool


def crm_group(
    terminal: Terminal, services: Callable[[], CrmServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group("crm", help=terminal.translate(_("The CRM.")))

    def failed() -> None:
        check()
        needed = services()
        found = needed.work.dead_letters(JOB)
        if found:
            terminal.console.print(_table(found, terminal, needed.zone))
        else:
            terminal.say(_("The CRM has all that it was told."))

    def retry(events: tuple[str, ...]) -> None:
        check()
        needed = services()
        if not needed.is_set:
            terminal.complain(_("There is no CRM: set CRM_WEBHOOK_URL."))
            click.get_current_context().exit(ExitCode.WRONG_INPUT)
        known = {
            event_id(dead_letter.order.payload): dead_letter for dead_letter in needed.work.dead_letters(JOB)
        }
        _require_known(terminal, [event for event in events if event not in known])
        chosen = [dead_letter for event, dead_letter in known.items() if not events or event in events]
        for dead_letter in chosen:
            needed.work.take_up_again(dead_letter)
        terminal.say(
            _("To be told again: {count}. The worker does it, now.").format(count=len(chosen)),
        )

    group.add_command(click.Command("failed", callback=failed, help=_help_failed(terminal)))
    group.add_command(
        click.Command(
            "retry",
            callback=retry,
            params=[click.Argument(["events"], nargs=-1, metavar="[ID]...")],
            help=_help_retry(terminal),
        )
    )
    return group


def _require_known(terminal: Terminal, unknown: Sequence[str]) -> None:
    if unknown:
        listed = ", ".join(unknown)
        terminal.complain(
            _(
                "Not among those that the CRM has not taken: {listed}. See them with flask --app app "
                "crm failed."
            ).format(listed=listed),
        )
        click.get_current_context().exit(ExitCode.WRONG_INPUT)


def _table(found: Sequence[DeadLetter], terminal: Terminal, zone: ZoneInfo) -> Table:
    table = Table()
    table.add_column(terminal.translate(_("When")))
    table.add_column(terminal.translate(_("Event")))
    table.add_column(terminal.translate(_("Tries")))
    table.add_column(terminal.translate(_("Why")))
    for dead_letter in found:
        order = dead_letter.order
        at = f"{dead_letter.at.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(at, event_id(order.payload), str(order.attempt), _why(dead_letter, terminal))
    return table


def _why(dead_letter: DeadLetter, terminal: Terminal) -> str:
    code = dead_letter.why.removeprefix("IntegrationError").strip()
    if code.isdecimal():
        return terminal.translate(_("the CRM answered {code}").format(code=code))
    if code != dead_letter.why:
        return terminal.translate(_("no word from the CRM: {code}").format(code=code))
    return dead_letter.why


def _help_failed(terminal: Terminal) -> str:
    return terminal.translate(
        _("Show the events that the CRM has not taken, for two weeks, and why."),
    )


def _help_retry(terminal: Terminal) -> str:
    return terminal.translate(
        _("Tell it again of the events that it has not taken, or of those IDs alone."),
    )
