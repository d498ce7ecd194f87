"""Runs a simulated call in the terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import click
from rich.console import Console

from phone_numbers import dialable_number
from simulator.local_server import LocalServer, is_reachable
from simulator.terminal.option_readers import number_reader, url_reader
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

WENT_WELL, NO_SERVER, CALL_FAILED = 0, 1, 3


def run_terminal_phone(
    server: LocalServer,
    *,
    language: str,
    direction: Direction = "inbound",
    number: str | None = None,
    to: str | None = None,
    url: str | None = None,
    script: TextIO | None = None,
    realtime: bool | None = None,
    show_twiml: bool = False,
    transfer: str = "completed",
) -> int:
    """Hold one call with the server on this machine, and return the exit code.

    language: that of what is shown. number: the person's. to: the assistant's.
    url: the server's; None: where ./start.sh has it. script: lines to be said, instead of a
    keyboard. realtime: speech takes its time; None: with a keyboard. transfer: what comes of a transfer.
    Returns 0 when the call went well, 1 where no server is reached, 3 when it ended in an application error.
    """
    url = (url or server.url).rstrip("/")
    screen = Screen(
        Console(highlight=False),
        language,
        interactive=script is None,
        show_twiml=show_twiml,
    )
    if not is_reachable(url):
        click.echo(screen.phrase("no_server", url=url), err=True)
        return NO_SERVER
    phone = server.phone(
        url,
        number=number,
        to=to,
        realtime=script is None if realtime is None else realtime,
        # At a keyboard one can speak while the call thinks; a script stays silent there.
        reaction_s=0.0 if script is None else 1.0,
        transfer=transfer,
        listener=screen.show,
    )
    with phone:
        return _hold(phone, screen, ScriptedLines(script) if script else Keyboard(), direction, url)


def phone_command(server: Callable[[], LocalServer], language: str) -> click.Command:
    """Return the command `phone`. server: asked when it is run. language: that of what is shown."""
    read_number = number_reader(language, form=dialable_number, may_withhold=True)

    @click.command("phone")
    @click.option("--from", "number", callback=read_number, help="The caller's number, or anonymous.")
    @click.option("--to", callback=read_number, help="The number that is called.")
    @click.option(
        "--url", callback=url_reader(language), help="The server (default: where ./start.sh has it)."
    )
    @click.option(
        "--script", type=click.File(encoding="utf-8"), help="A file with a line for each thing said."
    )
    @click.option("--outbound", is_flag=True, help="The assistant calls, instead of being called.")
    @click.option("--twiml", is_flag=True, help="Show each request and the TwiML that answers it.")
    @click.option("--realtime/--no-realtime", default=None, help="Whether speech takes its time in a script.")
    @click.option(
        "--transfer",
        type=click.Choice(["completed", "no-answer", "busy"]),
        default="completed",
        show_default=True,
        help="What comes of a transfer to a person.",
    )
    def phone(
        number: str | None,
        to: str | None,
        url: str | None,
        script: TextIO | None,
        outbound: bool,
        twiml: bool,
        realtime: bool | None,
        transfer: str,
    ) -> None:
        """Call the assistant from the terminal, without Twilio.

        Lines: words are said, an empty one is silence, "1#" or "/1" presses keys, "!words" interrupts,
        "/hangup" hangs up. Exit code: 0 the call went well, 1 no server, 2 wrong arguments, 3 it failed.
        """
        code = run_terminal_phone(
            server(),
            language=language,
            direction="outbound-api" if outbound else "inbound",
            number=number,
            to=to,
            url=url,
            script=script,
            realtime=realtime,
            show_twiml=twiml,
            transfer=transfer,
        )
        sys.exit(code)

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
            _when_it_is_quiet(phone, screen, phone.silence)
        case InputAction.PRESS:
            _when_it_is_quiet(phone, screen, lambda: phone.press(text))
        case InputAction.INTERRUPT:
            with _busy(screen, "thinking"):
                phone.interrupt(text)
        case InputAction.SAY:
            _when_it_is_quiet(phone, screen, lambda: phone.say(text))


def _when_it_is_quiet(phone: Phone, screen: Screen, act: Callable[[], str]) -> None:
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
