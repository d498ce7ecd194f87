"""`flask --app app crm ...`: what the CRM has not taken, and telling it again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from cli.console import Terminal
from cli.exit_codes import ExitCode
from jobs.queue import GivenUp, Work
from people.crm.publisher import JOB, event_id


@dataclass(frozen=True, slots=True)
class CrmServices:
    """What the commands need. zone: the business's. is_set: whether there is a CRM."""

    work: Work
    zone: ZoneInfo
    is_set: bool


def crm_group(
    terminal: Terminal, services: Callable[[], CrmServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: asked when a command is run. check: raises where it cannot run."""
    group = click.Group("crm", help=terminal.pick(es="El CRM.", en="The CRM."))

    def failed() -> None:
        check()
        needed = services()
        found = needed.work.given_up(JOB)
        if found:
            terminal.console.print(_table(found, terminal, needed.zone))
        else:
            terminal.say(es="El CRM tiene todo lo que se le contó.", en="The CRM has all that it was told.")

    def retry(events: tuple[str, ...]) -> None:
        check()
        needed = services()
        if not needed.is_set:
            terminal.complain(
                es="No hay CRM: ponga CRM_WEBHOOK_URL.", en="There is no CRM: set CRM_WEBHOOK_URL."
            )
            click.get_current_context().exit(ExitCode.WRONG_INPUT)
        known = {event_id(given_up.order.payload): given_up for given_up in needed.work.given_up(JOB)}
        _require_known(terminal, [event for event in events if event not in known])
        chosen = [given_up for event, given_up in known.items() if not events or event in events]
        for given_up in chosen:
            needed.work.take_up_again(given_up)
        terminal.say(
            es=f"Se le cuentan otra vez: {len(chosen)}. Lo hace el worker, ahora.",
            en=f"To be told again: {len(chosen)}. The worker does it, now.",
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
            es=f"No está entre los que el CRM no tomó: {listed}. Véalos con flask --app app crm failed.",
            en=f"Not among those that the CRM has not taken: {listed}. See them with flask --app app crm failed.",
        )
        click.get_current_context().exit(ExitCode.WRONG_INPUT)


def _table(found: Sequence[GivenUp], terminal: Terminal, zone: ZoneInfo) -> Table:
    table = Table()
    table.add_column(terminal.pick(es="Cuándo", en="When"))
    table.add_column(terminal.pick(es="Evento", en="Event"))
    table.add_column(terminal.pick(es="Intentos", en="Tries"))
    table.add_column(terminal.pick(es="Por qué", en="Why"))
    for given_up in found:
        order = given_up.order
        at = f"{given_up.at.astimezone(zone):%Y-%m-%d %H:%M}"
        table.add_row(at, event_id(order.payload), str(order.attempt), _why(given_up, terminal))
    return table


def _why(given_up: GivenUp, terminal: Terminal) -> str:
    code = given_up.why.removeprefix("IntegrationError").strip()
    if code.isdecimal():
        return terminal.pick(es=f"el CRM respondió {code}", en=f"the CRM answered {code}")
    if code != given_up.why:
        return terminal.pick(es=f"no se pudo hablar con el CRM: {code}", en=f"no word from the CRM: {code}")
    return given_up.why


def _help_failed(terminal: Terminal) -> str:
    return terminal.pick(
        es="Muestra los eventos que el CRM no tomó, durante dos semanas, y por qué.",
        en="Show the events that the CRM has not taken, for two weeks, and why.",
    )


def _help_retry(terminal: Terminal) -> str:
    return terminal.pick(
        es="Le cuenta otra vez los eventos que no tomó, o solo los de esos ID.",
        en="Tell it again of the events that it has not taken, or of those IDs alone.",
    )
