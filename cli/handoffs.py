"""`flask --app app handoffs`: list handoffs in the terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from cli.console import Terminal, harmless
from phone_numbers import is_erased, is_withheld, shown_number
from storage.database import Database
from storage.queries.handoffs import HandoffRecord, last_handoffs
from translations import lazy_gettext as _
from translations import lazy_pgettext


@dataclass(frozen=True, slots=True)
class HandoffServices:
    """The command's services. zone: the business's, for times."""

    database: Database
    zone: ZoneInfo


def handoffs_command(
    terminal: Terminal, services: Callable[[], HandoffServices], check: Callable[[], None]
) -> click.Command:
    """Return the command. services: called when it runs. check: raises if it cannot run."""
    about = _(
        "Show who wanted a person and why, who took it, and what message was left; the newest comes last."
    )
    how_many = terminal.translate(_("How many."))

    @click.command("handoffs", help=terminal.translate(about))
    @click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help=how_many)
    def handoffs(last: int) -> None:
        check()
        needed = services()
        with needed.database.read() as connection:
            found = last_handoffs(connection, last)
        if found:
            terminal.console.print(_table(found, terminal, needed.zone))
        else:
            terminal.say(_("Nobody has asked for a person yet."))

    return handoffs


def _table(found: Sequence[HandoffRecord], terminal: Terminal, zone: ZoneInfo) -> Table:
    table = Table(show_lines=True)
    for title in (
        terminal.translate(_("When")),
        terminal.translate(_("Who")),
        terminal.translate(_("Reason")),
        terminal.translate(lazy_pgettext("on WhatsApp", "Message")),
        terminal.translate(_("State")),
    ):
        table.add_column(title)
    for handoff in found:
        at = handoff.created_at.astimezone(zone)
        reason = "\n".join(filter(None, (handoff.reason, handoff.summary)))
        table.add_row(
            f"{at:%Y-%m-%d %H:%M}",
            harmless(_who(handoff, terminal)),
            harmless(reason),
            harmless(handoff.message),
            _state(handoff, terminal, zone),
        )
    return table


def _who(handoff: HandoffRecord, terminal: Terminal) -> str:
    who: str = shown_number(handoff.number)
    if not who and is_erased(handoff.number):
        who = terminal.translate(_("erased"))
    elif not who:
        who = terminal.translate(_("withheld number") if is_withheld(handoff.number) else _("no number"))
    simulated = terminal.translate(_("(simulated)"))
    return f"{who} {simulated}" if handoff.simulated else who


def _state(handoff: HandoffRecord, terminal: Terminal, zone: ZoneInfo) -> str:
    if handoff.owned_at is not None:
        at = handoff.owned_at.astimezone(zone)
        taken = terminal.translate(_("taken by {} at {}"))
        return taken.format(harmless(handoff.owner), f"{at:%H:%M}")
    if handoff.missed_at is not None:
        return terminal.translate(_("nobody came"))
    if not handoff.asked:
        return terminal.translate(_("open"))
    told = ", ".join(handoff.asked)
    return terminal.translate(_("told: {}")).format(told)
