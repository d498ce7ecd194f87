"""`flask --app app whatsapp ...`: send messages from the terminal, show one, and list them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.call_options import not_set
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import PATIENCE_S, explain
from cli.whatsapp.log import print_log, print_state
from cli.whatsapp.options import Checked, WhatsAppNumber, draft_parameters, message_sid, read_draft
from cli.whatsapp.send import Sending
from conversation.daily_ceilings import DailyCeilings
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.errors import IntegrationError
from integrations.twilio.messages import TwilioMessages
from messaging.providers.base import Provider
from phone_numbers import ReachAddress, matching_number
from storage.base import utc_now
from storage.database import Database
from storage.privacy.erasures import Returning
from storage.privacy.opt_outs import recipient_as_before
from storage.queries.messages import last_messages, message_by_sid
from translations import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class WhatsAppServices:
    """The commands' services.

    zone: the business's, for times. rest: Twilio's API; None without credentials. providers: by name, the first
    choice first. observer: of sent messages. returning: tells who was erased before. ceilings: of a
    day; None: there are none.
    """

    database: Database
    zone: ZoneInfo
    rest: TwilioMessages | None
    providers: Mapping[str, Provider]
    observer: ConversationObserver = NULL_OBSERVER
    returning: Returning | None = None
    ceilings: DailyCeilings | None = None
    clock: Callable[[], datetime] = utc_now


def whatsapp_group(
    terminal: Terminal, services: Callable[[], WhatsAppServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group("whatsapp", help=terminal.translate(_("WhatsApp messages.")))
    number = WhatsAppNumber(terminal)

    @_add(group, "send", _send_parameters(terminal, number), _send_help(terminal), exit_codes(terminal))
    def send(number: ReachAddress, no_wait: bool, poll_s: float, patience_s: float, **given: Any) -> ExitCode:
        draft = read_draft(terminal, **given)
        needed = services()
        if not needed.providers:
            raise not_set(terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
        check()
        sending = Sending(
            needed.database, terminal, needed.zone, needed.providers,
            observer=needed.observer, poll_s=poll_s, patience_s=patience_s, clock=needed.clock,
        )  # fmt: skip
        if needed.returning is not None:
            with needed.database.write() as connection:
                recipient_as_before(connection, needed.returning, number, needed.clock())
        return sending.send(number, draft, wait=not no_wait, ceilings=needed.ceilings)

    @_add(group, "status", _status_parameters(terminal), _status_help(terminal))
    def status(sid: str) -> ExitCode:
        check()
        return _show_state(services(), terminal, sid)

    @_add(group, "log", _log_parameters(terminal, number), _log_help(terminal))
    def log(number: str | None, last: int) -> ExitCode:
        check()
        needed = services()
        with needed.database.read() as connection:
            found = last_messages(connection, last, matching_number(number) if number else None)
        if found:
            print_log(found, terminal, needed.zone)
        else:
            terminal.say(_("There are no messages yet."))
        return ExitCode.COMPLETED

    return group


def _show_state(services: WhatsAppServices, terminal: Terminal, sid: str) -> ExitCode:
    zone, rest = services.zone, services.rest
    with services.database.read() as connection:
        kept = message_by_sid(connection, sid)
    is_twilios = not sid.startswith("wamid.")
    if rest is None or not is_twilios or (kept is not None and kept.simulated):
        print_state(terminal, zone, kept, None)
        if kept is None and is_twilios:
            raise not_set(terminal, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
        # Twilio knows nothing of simulated messages, and 360dialog cannot be asked.
        return ExitCode.COMPLETED if kept is not None else ExitCode.REFUSED
    try:
        state = rest.fetch(sid)
    except IntegrationError as error:
        print_state(terminal, zone, kept, None)
        return explain(terminal, error)
    print_state(terminal, zone, kept, state)
    return ExitCode.COMPLETED


# Parameters and help


def _add(
    group: click.Group, name: str, parameters: list[click.Parameter], text: str, epilog: str | None = None
) -> Callable[[Callable[..., ExitCode]], None]:
    """Return a decorator that adds a function to the group as a command. The function returns the exit code."""

    def add(run: Callable[..., ExitCode]) -> None:
        def callback(**given: Any) -> None:
            click.get_current_context().exit(run(**given))

        group.add_command(click.Command(name, callback=callback, params=parameters, help=text, epilog=epilog))

    return add


def exit_codes(terminal: Terminal) -> str:
    """Return the paragraph about the exit codes of `send` for --help."""
    return terminal.translate(
        _(
            "\b\nExit codes:\n  0    delivered or read; or on its way, and waited for no "
            "longer\n  1    it failed on its way\n  2    wrong arguments or settings\n  3    "
            "refused; repeating it changes nothing\n  4    no network, or the service fails or "
            "is busy; later it may work\n  130  ^C (or TERM): the message was followed no "
            "longer\n"
        ),
    )


def _send_parameters(terminal: Terminal, number: WhatsAppNumber) -> list[click.Parameter]:
    no_wait_help = terminal.translate(_("Do not wait to know what became of the message."))
    seconds = click.FloatRange(min=0)
    return [
        click.Argument(["number"], type=number),
        *draft_parameters(terminal),
        click.Option(["--no-wait"], is_flag=True, help=no_wait_help),
        click.Option(["--poll-s"], type=click.FloatRange(min=0.01), default=1.0, hidden=True),
        click.Option(["--patience-s"], type=seconds, default=PATIENCE_S, hidden=True),
    ]


def _send_help(terminal: Terminal) -> str:
    return terminal.translate(
        _(
            "Send NUMBER a text, an image or a template, and follow the message until it is "
            "delivered, read or failed."
        ),
    )


def _status_parameters(terminal: Terminal) -> list[click.Parameter]:
    return [click.Argument(["sid"], type=Checked("sid", message_sid, terminal))]


def _status_help(terminal: Terminal) -> str:
    return terminal.translate(
        _(
            "Show what is known here of a message, what Twilio says where it is theirs, and what "
            "its code means."
        ),
    )


def _log_parameters(terminal: Terminal, number: WhatsAppNumber) -> list[click.Parameter]:
    return [
        click.Argument(["number"], type=number, required=False),
        click.Option(
            ["--last"],
            type=click.IntRange(min=1),
            default=20,
            show_default=True,
            help=terminal.translate(_("How many.")),
        ),
    ]


def _log_help(terminal: Terminal) -> str:
    return terminal.translate(
        _("Show the last messages, of everybody or of NUMBER; the newest comes last."),
    )
