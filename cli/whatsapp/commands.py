"""`flask --app app whatsapp ...`: messages sent from the terminal, looked at, and listed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.call_options import PATIENCE_S, ExitCode, not_set
from cli.call_progress import explain
from cli.console import Terminal
from cli.whatsapp.log import print_log, print_state
from cli.whatsapp.options import Checked, WhatsAppNumber, draft_parameters, message_sid, read_draft
from cli.whatsapp.send import Sending
from conversation.observers import NOBODY, Mirror
from integrations.errors import IntegrationError
from integrations.twilio.messages import TwilioMessages
from messaging.providers.base import Provider
from phone_numbers import matching_number
from storage.base import utc_now
from storage.database import Database
from storage.queries.messages import last_messages, message_by_sid


def whatsapp_group(
    database: Database,
    terminal: Terminal,
    zone: ZoneInfo,
    check: Callable[[], None],
    *,
    rest: TwilioMessages | None,
    providers: Mapping[str, Provider],
    mirror: Mirror = NOBODY,
    clock: Callable[[], datetime] = utc_now,
) -> click.Group:
    """Return the group. zone: the business's, in which times are shown. check: raises where it cannot run.

    rest: None where there are no credentials. providers: by name, the one for who has never written first. mirror:
    who is shown what is sent.
    """
    group = click.Group("whatsapp", help=terminal.pick(es="Mensajes de WhatsApp.", en="WhatsApp messages."))
    number = WhatsAppNumber(terminal)

    @_add(group, "send", _send_parameters(terminal, number), _send_help(terminal), exit_codes(terminal))
    def send(number: str, no_wait: bool, poll_s: float, patience_s: float, **given: Any) -> ExitCode:
        draft = read_draft(terminal, **given)
        if not providers:
            raise not_set(terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
        check()
        sending = Sending(
            database, terminal, zone, providers,
            mirror=mirror, poll_s=poll_s, patience_s=patience_s, clock=clock,
        )  # fmt: skip
        return sending.send(number, draft, wait=not no_wait)

    @_add(group, "status", _status_parameters(terminal), _status_help(terminal))
    def status(sid: str) -> ExitCode:
        check()
        return _show_state(database, terminal, zone, rest, sid)

    @_add(group, "log", _log_parameters(terminal, number), _log_help(terminal))
    def log(number: str | None, last: int) -> ExitCode:
        check()
        with database.read() as connection:
            found = last_messages(connection, last, number and matching_number(number))
        if found:
            print_log(found, terminal, zone)
        else:
            terminal.say(es="No hay mensajes todavía.", en="There are no messages yet.")
        return ExitCode.COMPLETED

    return group


def _show_state(
    database: Database, terminal: Terminal, zone: ZoneInfo, rest: TwilioMessages | None, sid: str
) -> ExitCode:
    with database.read() as connection:
        kept = message_by_sid(connection, sid)
    is_twilios = not sid.startswith("wamid.")
    if rest is None or not is_twilios or (kept is not None and kept.simulated):
        print_state(terminal, zone, kept, None)
        if kept is None and is_twilios:
            raise not_set(terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
        # of a simulated one Twilio knows nothing, and 360dialog cannot be asked
        return ExitCode.COMPLETED if kept is not None else ExitCode.REFUSED
    try:
        state = rest.fetch(sid)
    except IntegrationError as error:
        print_state(terminal, zone, kept, None)
        return explain(terminal, error)
    print_state(terminal, zone, kept, state)
    return ExitCode.COMPLETED


# What the commands can be told


def _add(
    group: click.Group, name: str, parameters: list[click.Parameter], text: str, epilog: str | None = None
) -> Callable[[Callable[..., ExitCode]], None]:
    """Return a decorator that makes a function a command of the group, ended with the exit code it returns."""

    def add(run: Callable[..., ExitCode]) -> None:
        def callback(**given: Any) -> None:
            click.get_current_context().exit(run(**given))

        group.add_command(click.Command(name, callback=callback, params=parameters, help=text, epilog=epilog))

    return add


def exit_codes(terminal: Terminal) -> str:
    """Return the paragraph of --help that says what the exit codes of `send` mean."""
    return terminal.pick(
        es="\b\nCódigos de salida:\n"
        "  0    entregado o leído; o de camino, y no se espera más\n"
        "  1    falló por el camino\n"
        "  2    argumentos o ajustes incorrectos\n"
        "  3    se rechazó; repetirlo no cambia nada\n"
        "  4    no hay red, o el servicio falla o está ocupado; más tarde puede ir bien\n"
        "  130  ^C (o TERM): se dejó de seguir el mensaje\n",
        en="\b\nExit codes:\n"
        "  0    delivered or read; or on its way, and waited for no longer\n"
        "  1    it failed on its way\n"
        "  2    wrong arguments or settings\n"
        "  3    refused; repeating it changes nothing\n"
        "  4    no network, or the service fails or is busy; later it may work\n"
        "  130  ^C (or TERM): the message was followed no longer\n",
    )


def _send_parameters(terminal: Terminal, number: WhatsAppNumber) -> list[click.Parameter]:
    no_wait_help = terminal.pick(
        es="No esperar a saber qué fue del mensaje.", en="Do not wait to know what became of the message."
    )
    seconds = click.FloatRange(min=0)
    return [
        click.Argument(["number"], type=number),
        *draft_parameters(terminal),
        click.Option(["--no-wait"], is_flag=True, help=no_wait_help),
        click.Option(["--poll-s"], type=click.FloatRange(min=0.01), default=1.0, hidden=True),
        click.Option(["--patience-s"], type=seconds, default=PATIENCE_S, hidden=True),
    ]


def _send_help(terminal: Terminal) -> str:
    return terminal.pick(
        es="Envía a NUMBER un texto, una imagen o una plantilla, y sigue el mensaje hasta que se entrega, se lee "
        "o falla.",
        en="Send NUMBER a text, an image or a template, and follow the message until it is delivered, read or "
        "failed.",
    )


def _status_parameters(terminal: Terminal) -> list[click.Parameter]:
    return [click.Argument(["sid"], type=Checked("sid", message_sid, terminal))]


def _status_help(terminal: Terminal) -> str:
    return terminal.pick(
        es="Muestra lo que se sabe aquí de un mensaje, lo que dice Twilio si es suyo, y qué significa su código.",
        en="Show what is known here of a message, what Twilio says where it is theirs, and what its code means.",
    )


def _log_parameters(terminal: Terminal, number: WhatsAppNumber) -> list[click.Parameter]:
    return [
        click.Argument(["number"], type=number, required=False),
        click.Option(
            ["--last"],
            type=click.IntRange(min=1),
            default=20,
            show_default=True,
            help=terminal.pick(es="Cuántos.", en="How many."),
        ),
    ]


def _log_help(terminal: Terminal) -> str:
    return terminal.pick(
        es="Muestra los últimos mensajes, de todos o de NUMBER; el más nuevo, al final.",
        en="Show the last messages, of everybody or of NUMBER; the newest comes last.",
    )
