"""Reads and checks the options shared by the commands for calls."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import PATIENCE_S
from cli.placeholders import translated
from observability.settings_errors import settings_sentence
from phone_numbers import dialable_number, parse_e164
from settings import Settings, SettingsError, load_settings
from translations import Message
from translations import lazy_gettext as _

if TYPE_CHECKING:
    from container import Container


def exit_codes(terminal: Terminal) -> str:
    """Return the paragraph about exit codes for --help."""
    return terminal.translate(
        _(
            "\b\nExit codes:\n  0    the call was answered, and is over\n  1    nobody was "
            "talked to (busy, no answer, failed, canceled)\n  2    wrong arguments or "
            "settings\n  3    the request was refused; repeating it changes nothing\n  4    no "
            "network, or the service fails or is busy; later it may work\n  130  ^C (or TERM): "
            "the call was hung up\n"
        ),
    )


@dataclass(frozen=True, kw_only=True)
class DialOptions:
    """The options shared by both commands. Numbers are in E.164."""

    number: str | None
    sender: str | None
    ring_s: int | None
    env_file: Path | None
    poll_s: float
    patience_s: float


_Options = TypeVar("_Options", bound=DialOptions)


def dial_command(
    terminal: Terminal,
    name: str,
    text: Message,
    options: type[_Options],
    parameters: Sequence[click.Parameter],
    run: Callable[[Terminal, _Options], int],
) -> click.Command:
    """Return a command for placing a call, with its help in the reader's language.

    options: the class of the parameters' values. parameters: in addition to `dial_parameters`. run: returns the exit
    code.
    """
    command = click.Command(
        name,
        callback=lambda **given: sys.exit(run(terminal, options(**given))),
        params=[*dial_parameters(terminal), *parameters],
        help=terminal.translate(text),
        epilog=exit_codes(terminal),
    )
    return translated(command, terminal)


def dial_parameters(terminal: Terminal) -> list[click.Parameter]:
    """Return the parameters for the fields of DialOptions."""
    number = PhoneNumber(terminal)
    sender_help = terminal.translate(
        _("Number to call from, in place of TWILIO_PHONE_NUMBER."),
    )
    ring_help = terminal.translate(
        _("Seconds it rings before it counts as not answered (else Twilio's: 60)."),
    )
    env_file_help = terminal.translate(_("Read the settings from this file, not .env."))
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    return [
        click.Argument(["number"], type=number, required=False),
        click.Option(["--from", "sender"], type=number, help=sender_help),
        click.Option(["--timeout", "ring_s"], type=click.IntRange(1, 600), help=ring_help),
        click.Option(["--env-file"], type=file, help=env_file_help),
        click.Option(["--poll-s"], type=click.FloatRange(min=0.01), default=1.0, hidden=True),
        click.Option(["--patience-s"], type=click.FloatRange(min=0), default=PATIENCE_S, hidden=True),
    ]


class CannotBegin(click.ClickException):
    """Missing or wrong input, found before the first request: one sentence, exit code 2."""

    exit_code = ExitCode.WRONG_INPUT

    def show(self, file: Any = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, file=file, err=True)


class PhoneNumber(click.ParamType[str]):
    """A phone number on the command line, converted to E.164."""

    name = "number"

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the number in E.164, or end the command with exit code 2."""
        try:
            return self.form(parse_e164(value))
        except ValueError:
            self.fail(
                self._terminal.translate(
                    _(
                        "“{value}” cannot be a phone number: give it with its country code, such as +34600000001."
                    ).format(value=value),
                ),
                param,
                ctx,
            )

    def form(self, e164: str) -> str:
        """Return the number in the form dialled on the phone network."""
        return dialable_number(e164)


def read_settings(terminal: Terminal, env_file: Path | None) -> Settings:
    """Return the settings. env_file: in place of .env. Raises CannotBegin."""
    try:
        return load_settings(env_file) if env_file else load_settings()
    except SettingsError as error:
        raise CannotBegin(terminal.translate(settings_sentence(error))) from error


def container_of(settings: Settings) -> "Container":
    """Return a container for the settings."""
    # Imported here, to keep --help and refused arguments fast.
    from container import Container

    return Container(settings)


def require(terminal: Terminal, settings: Settings, *names: str) -> None:
    """Raise CannotBegin if some of these settings are missing. The sentence names them."""
    missing = [name.upper() for name in names if not getattr(settings, name)]
    if missing:
        raise not_set(terminal, *missing)


def not_set(terminal: Terminal, *names: str) -> CannotBegin:
    """Return the error for missing settings. names: as in .env."""
    listed = ", ".join(names)
    return CannotBegin(
        terminal.translate(
            _("Not set in .env or the environment: {listed} (explained in .env.example).").format(
                listed=listed
            ),
        )
    )


def numbers_of(terminal: Terminal, settings: Settings, options: DialOptions, *needed: str) -> tuple[str, str]:
    """Return the number to call and the number to call from: those of the options, else those of the settings.

    needed: further settings to be set. Raises CannotBegin if one of them, a number or the account's credentials are
    missing.
    """
    own_number = () if options.sender else ("twilio_phone_number",)
    require(terminal, settings, "twilio_account_sid", "twilio_auth_token", *own_number, *needed)
    to = options.number or settings.to_phone_number
    if not to:
        raise CannotBegin(
            terminal.translate(
                _("Whom to call is missing: give the number, or set TO_PHONE_NUMBER in .env."),
            )
        )
    return to, options.sender or settings.twilio_phone_number or ""
