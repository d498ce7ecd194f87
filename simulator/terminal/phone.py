"""Runs a simulated call in the terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console

from phone_numbers import dialable_number
from simulator.local_server import LocalServer
from simulator.terminal.option_readers import number_reader
from simulator.terminal.options import (
    CALL_FAILED,
    NO_SERVER,
    WENT_WELL,
    Options,
    script_option,
    twiml_option,
    url_option,
)
from simulator.terminal.phone_input import (
    InputAction,
    Keyboard,
    Lines,
    ScriptedLines,
    read_line,
    without_echo,
)
from simulator.terminal.phone_screen import Screen
from simulator.twilio.call_params import Direction
from simulator.twilio.errors import CallLoopsError
from simulator.twilio.journal import Ending
from simulator.twilio.phone import Phone
from translations import Message
from translations import lazy_gettext as _

_ABOUT = _(
    "Call the assistant from the terminal, without Twilio.\n\n"
    'Lines: words are said, an empty one is silence, "1#" or "/1" presses keys, "!words" interrupts, '
    '"/hangup" hangs up. Exit code: 0 the call went well, 1 no server, 2 wrong arguments, 3 it failed.'
)


@dataclass(frozen=True, kw_only=True)
class PhoneOptions(Options):
    """The phone's options.

    outbound: the assistant calls. realtime: speech takes real time; None: only with a keyboard. transfer: the
    outcome of a transfer, as a DialCallStatus.
    """

    outbound: bool = False
    realtime: bool | None = None
    transfer: str = "completed"


def run_terminal_phone(server: LocalServer, language: str, options: PhoneOptions) -> int:
    """Run one call with the server on this machine, and return the exit code.

    language: of the output. Exit codes: 0: the call went well; 1: no server was reached; 3: the call ended in an
    application error.
    """
    script = options.script
    screen = Screen(
        Console(highlight=False), language, interactive=script is None, show_twiml=options.show_twiml
    )
    url = options.server_url(server, screen.phrase)
    if url is None:
        return NO_SERVER
    phone = server.phone(
        url,
        number=options.number,
        to=options.to,
        realtime=script is None if options.realtime is None else options.realtime,
        # A person at a keyboard can speak while the call thinks; a script stays silent.
        reaction_s=0.0 if script is None else 1.0,
        transfer=options.transfer,
        listener=screen.show,
    )
    direction: Direction = "outbound-api" if options.outbound else "inbound"
    with phone:
        return _hold(phone, screen, ScriptedLines(script) if script else Keyboard(), direction, url)


def phone_command(server: Callable[[], LocalServer], language: str) -> click.Command:
    """Return the command `phone`. server: called when the command runs. language: of the output."""
    read_number = number_reader(language, form=dialable_number, may_withhold=True)
    number = _("NUMBER").said_in(language)

    def said(text: Message) -> str:
        return text.said_in(language)

    @click.command("phone", help=said(_ABOUT))
    @click.option(
        "--from",
        "number",
        metavar=number,
        callback=read_number,
        help=said(_("The caller's number, or anonymous.")),
    )
    @click.option("--to", metavar=number, callback=read_number, help=said(_("The number that is called.")))
    @url_option(language)
    @script_option(said(_("A file with a line for each thing said.")))
    @click.option("--outbound", is_flag=True, help=said(_("The assistant calls, instead of being called.")))
    @twiml_option(language)
    @click.option(
        "--realtime/--no-realtime", default=None, help=said(_("Whether speech takes its time in a script."))
    )
    @click.option(
        "--transfer",
        type=click.Choice(["completed", "no-answer", "busy"]),
        default="completed",
        show_default=True,
        help=said(_("What comes of a transfer to a person.")),
    )
    def phone(**given: Any) -> None:
        sys.exit(run_terminal_phone(server(), language, PhoneOptions(**given)))

    return phone


def _hold(phone: Phone, screen: Screen, lines: Lines, direction: Direction, url: str) -> int:
    person, assistant = phone.from_number, phone.to_number
    caller, called = (person, assistant) if direction == "inbound" else (assistant, person)
    screen.opening(caller, called, url)
    try:
        with _busy(screen, "ringing"):
            phone.dial(direction)
        while phone.ended is None:
            _take_turn(phone, screen, lines)
    except (KeyboardInterrupt, EOFError):
        screen.action(screen.phrase("hangs_up"))
        _hang_up(phone)
    except CallLoopsError as error:
        screen.aside(screen.phrase("loops", message=error))
        _hang_up(phone)
        return CALL_FAILED
    screen.failed(phone)
    screen.closing(phone)
    return CALL_FAILED if phone.ended is Ending.APPLICATION_ERROR else WENT_WELL


def _take_turn(phone: Phone, screen: Screen, lines: Lines) -> None:
    listening = phone.listening
    within_s = listening.ends_at - phone.now if listening and listening.goes_on else None
    line = lines.next(screen.prompt(), within_s)
    if line is None:
        with _busy(screen, "thinking"):
            phone.wait()
    else:
        screen.typed()
        _do(phone, screen, *read_line(line))


def _do(phone: Phone, screen: Screen, action: InputAction, text: str) -> None:
    match action:
        case InputAction.ASK_FOR_HELP:
            screen.show_help()
        case InputAction.HANG_UP:
            screen.action(screen.phrase("hangs_up"))
            phone.hang_up()
        case InputAction.KEEP_SILENT:
            screen.action(screen.phrase("silence"))
            _after_prompt(phone, screen, phone.silence)
        case InputAction.PRESS:
            _after_prompt(phone, screen, lambda: phone.press(text))
        case InputAction.INTERRUPT:
            with _busy(screen, "thinking"):
                phone.interrupt(text)
        case InputAction.SAY:
            _after_prompt(phone, screen, lambda: phone.say(text))


def _after_prompt(phone: Phone, screen: Screen, act: Callable[[], str]) -> None:
    listening = phone.listening
    if listening and not listening.goes_on and listening.prompt_ends_at - phone.now > 0.3:
        with _busy(screen, "speaking"):
            phone.wait()
    with _busy(screen, "thinking"):
        act()


@contextmanager
def _busy(screen: Screen, key: str) -> Iterator[None]:
    with without_echo(), screen.busy(key):
        yield


def _hang_up(phone: Phone) -> None:
    if phone.ended is None and phone.turns:
        phone.hang_up()
