#!/usr/bin/env python3
"""Place a call from the terminal, have this server's assistant talk, and follow the call to its end."""

import ipaddress
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from cli.call_options import (
    DialOptions,
    dial_parameters,
    exit_codes,
    numbers_of,
    read_settings,
    twilio_of,
)
from cli.call_progress import Follower
from cli.console import Terminal, reader_language
from cli.exit_codes import ExitCode
from integrations.twilio.calls import CallState, TwilioRest
from ivr.twiml import OVERRIDES
from settings import Settings
from translations import language_of_locale
from translations import lazy_gettext as _


@dataclass(frozen=True, kw_only=True)
class Options(DialOptions):
    """The command's options."""

    amd: bool
    fallback_url: str | None
    simulate: bool


def command(terminal: Terminal) -> click.Command:
    """Return the command, its help in the reader's language."""
    return click.Command(
        "make_call.py",
        callback=lambda **given: sys.exit(run(terminal, Options(**given))),
        params=[*dial_parameters(terminal), *_parameters(terminal)],
        help=terminal.translate(
            _(
                "Call NUMBER (or TO_PHONE_NUMBER), let this server's assistant talk, and follow the "
                "call to its end. ^C hangs up."
            ),
        ),
        epilog=exit_codes(terminal),
    )


def run(terminal: Terminal, options: Options) -> int:
    """Run the command; return its exit code. Raises CannotBegin."""
    settings = read_settings(terminal, options.env_file)
    if options.simulate:
        return _simulate(settings, options.number or settings.to_phone_number)
    to, sender = numbers_of(terminal, settings, options, "webhook_url")
    _warn_of_address(terminal, settings)
    twilio = twilio_of(terminal, settings)
    follower = Follower(twilio, terminal, poll_s=options.poll_s, patience_s=options.patience_s)
    return follower.place_and_follow(lambda: _place(twilio, settings, options, to, sender))


def _place(twilio: TwilioRest, settings: Settings, options: Options, to: str, sender: str) -> CallState:
    base = settings.webhook_url
    return twilio.place_call(
        to=to,
        sender=sender,
        url=f"{base}/voice{OVERRIDES}",
        fallback_url=options.fallback_url or f"{base}/voice?fallback=1{OVERRIDES}",
        status_callback=f"{base}/status{OVERRIDES}",
        ring_s=options.ring_s,
        detect_machine=options.amd,
    )


def _simulate(settings: Settings, number: str | None) -> int:
    # Imported here: who dials through Twilio needs neither the server nor the simulator.
    from container import Container
    from simulator.terminal import phone
    from storage import data_dir

    data_dir.prepare(settings.data_dir)
    code = phone.run_terminal_phone(
        Container(settings).local_server,
        language=language_of_locale(settings.lang),
        direction="outbound-api",
        number=number,
    )
    meanings = {
        phone.WENT_WELL: ExitCode.COMPLETED,
        phone.NO_SERVER: ExitCode.UNREACHABLE,
        phone.CALL_FAILED: ExitCode.NOT_COMPLETED,
    }
    return meanings[code]


def _warn_of_address(terminal: Terminal, settings: Settings) -> None:
    if settings.twilio_api_url:
        return  # a stand-in may well be on this machine, as the server is
    url = urlsplit(settings.webhook_url or "")
    if _is_private(url.hostname or ""):
        terminal.complain(
            _(
                "Warning: Twilio cannot reach {webhook_url} (WEBHOOK_URL): it must be a public "
                "address, a tunnel's for instance. Whoever answers will hear an error."
            ).format(webhook_url=settings.webhook_url),
        )
    elif url.scheme != "https":
        terminal.complain(
            _("Warning: WEBHOOK_URL is not https, and what is said in the call will travel unencrypted."),
        )


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))


def _parameters(terminal: Terminal) -> list[click.Parameter]:
    amd_help = terminal.translate(
        _("Find out before talking whether a person or a machine answers."),
    )
    fallback_help = terminal.translate(
        _("What Twilio asks when the server does not answer, a TwiML Bin for instance."),
    )
    simulate_help = terminal.translate(
        _("Call the phone in this terminal, no Twilio."),
    )
    return [
        click.Option(["--amd"], is_flag=True, help=amd_help),
        click.Option(["--fallback-url"], help=fallback_help),
        click.Option(["--simulate"], is_flag=True, help=simulate_help),
    ]


if __name__ == "__main__":
    command(Terminal(reader_language()))()
