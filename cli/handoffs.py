"""`flask --app app handoffs`: who wanted a person and who took it, in the terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from cli.console import Terminal
from storage.database import Database
from storage.queries.handoffs import HandoffRecord, last_handoffs


@dataclass(frozen=True, slots=True)
class HandoffServices:
    """What the command needs. zone: the business's, in which times are shown."""

    database: Database
    zone: ZoneInfo


def handoffs_command(
    terminal: Terminal, services: Callable[[], HandoffServices], check: Callable[[], None]
) -> click.Command:
    """Return the command. services: asked when it is run. check: raises where it cannot run."""

    @click.command("handoffs")
    @click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help="How many.")
    def handoffs(last: int) -> None:
        """Show who wanted a person and why, who took it, and what message was left; the newest comes last."""
        check()
        needed = services()
        with needed.database.read() as connection:
            found = last_handoffs(connection, last)
        if found:
            terminal.console.print(_table(found, terminal, needed.zone))
        else:
            terminal.say(es="Nadie ha pedido una persona todavía.", en="Nobody has asked for a person yet.")

    return handoffs


def _table(found: Sequence[HandoffRecord], terminal: Terminal, zone: ZoneInfo) -> Table:
    table = Table(show_lines=True)
    for title in (
        terminal.pick(es="Cuándo", en="When"),
        terminal.pick(es="Quién", en="Who"),
        terminal.pick(es="Motivo", en="Reason"),
        terminal.pick(es="Mensaje", en="Message"),
        terminal.pick(es="Estado", en="State"),
    ):
        table.add_column(title)
    for handoff in found:
        at = handoff.created_at.astimezone(zone)
        reason = "\n".join(filter(None, (handoff.reason, handoff.summary)))
        table.add_row(
            f"{at:%Y-%m-%d %H:%M}",
            _who(handoff, terminal),
            reason,
            handoff.message,
            _state(handoff, terminal, zone),
        )
    return table


def _who(handoff: HandoffRecord, terminal: Terminal) -> str:
    if handoff.address.startswith("withheld:"):
        who = terminal.pick(es="número oculto", en="withheld number")
    else:
        who = handoff.address
    return who + (terminal.pick(es=" (simulado)", en=" (simulated)") if handoff.simulated else "")


def _state(handoff: HandoffRecord, terminal: Terminal, zone: ZoneInfo) -> str:
    if handoff.owned_at is not None:
        at = handoff.owned_at.astimezone(zone)
        taken = terminal.pick(es="lo tomó {} a las {}", en="taken by {} at {}")
        return taken.format(handoff.owner, f"{at:%H:%M}")
    if not handoff.asked:
        return terminal.pick(es="abierto", en="open")
    told = ", ".join(handoff.asked)
    return terminal.pick(es="avisado: {}", en="told: {}").format(told)
