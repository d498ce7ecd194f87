#!/usr/bin/env python3
"""Places a call from the terminal, lets this server's assistant talk, and follows the call to its end."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from cli.call_options import DialOptions, container_of, dial_command, numbers_of, read_settings
from cli.call_progress import place_and_follow
from cli.console import Terminal, reader_language
from cli.daily_ceilings import counted
from cli.exit_codes import ExitCode
from cli.reachability import answers
from common.ip_addresses import address_in
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
    no_check: bool
    simulate: bool


def command(terminal: Terminal) -> click.Command:
    """Return the command, its help in the reader's language."""
    text = _(
        "Call NUMBER (or TO_PHONE_NUMBER), let this server's assistant talk, and follow the "
        "call to its end. ^C hangs up."
    )
    return dial_command(terminal, "make_call.py", text, Options, _parameters(terminal), run)


def run(terminal: Terminal, options: Options) -> int:
    """Run the command; return its exit code. Raises CannotBegin."""
    settings = read_settings(terminal, options.env_file)
    if options.simulate:
        return _simulate(settings, options.number or settings.to_phone_number)
    to, sender = numbers_of(terminal, settings, options, "webhook_url")
    _warn_of_address(terminal, settings)
    if not options.no_check and not answers(settings.webhook_url or ""):
        terminal.complain(
            _(
                "This server does not answer at {webhook_url}/health (WEBHOOK_URL), and nobody was called. Start it "
                "with ./start.sh, and see that the tunnel or proxy runs and that WEBHOOK_URL is its address. "
                "--no-check calls all the same."
            ).format(webhook_url=settings.webhook_url),
        )
        return ExitCode.UNREACHABLE
    return place_and_follow(
        terminal,
        container_of(settings).providers.twilio_dialing,
        options,
        counted(
            terminal, settings, container_of, lambda twilio: _place(twilio, settings, options, to, sender)
        ),
    )


def _place(twilio: TwilioRest, settings: Settings, options: Options, to: str, sender: str) -> CallState:
    base = settings.webhook_url
    return twilio.place_call(
        to=to,
        sender=sender,
        url=f"{base}/voice{OVERRIDES}",
        fallback_url=options.fallback_url or f"{base}/voice/fallback{OVERRIDES}",
        status_callback=f"{base}/status{OVERRIDES}",
        ring_s=options.ring_s,
        detect_machine=options.amd,
    )


def _simulate(settings: Settings, number: str | None) -> int:
    # Imported here, to keep --help and refused arguments fast.
    from simulator.terminal import options, phone
    from storage import data_dir

    data_dir.prepare(settings.data_dir)
    code = phone.run_terminal_phone(
        container_of(settings).local_server,
        language_of_locale(settings.lang),
        phone.PhoneOptions(number=number, outbound=True),
    )
    meanings = {
        options.WENT_WELL: ExitCode.COMPLETED,
        options.NO_SERVER: ExitCode.UNREACHABLE,
        options.CALL_FAILED: ExitCode.NOT_COMPLETED,
    }
    return meanings[code]


def _warn_of_address(terminal: Terminal, settings: Settings) -> None:
    if settings.twilio_api_url:
        return  # a stand-in for Twilio may be on this machine too
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
    address = address_in(host)
    if address is None:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
    return not address.is_global


def _parameters(terminal: Terminal) -> list[click.Parameter]:
    amd_help = terminal.translate(
        _("Find out before talking whether a person or a machine answers."),
    )
    fallback_help = terminal.translate(
        _("What Twilio asks when the server does not answer, a TwiML Bin for instance."),
    )
    no_check_help = terminal.translate(
        _("Do not ask first whether the server answers at WEBHOOK_URL."),
    )
    simulate_help = terminal.translate(
        _("Call the phone in this terminal, no Twilio."),
    )
    return [
        click.Option(["--amd"], is_flag=True, help=amd_help),
        click.Option(["--fallback-url"], help=fallback_help),
        click.Option(["--no-check"], is_flag=True, help=no_check_help),
        click.Option(["--simulate"], is_flag=True, help=simulate_help),
    ]


if __name__ == "__main__":
    command(Terminal(reader_language()))()
