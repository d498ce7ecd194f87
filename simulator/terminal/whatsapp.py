"""Runs a simulated WhatsApp conversation in the terminal, and shows how long each answer took."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from settings import SIMULATOR_ACCOUNT_SID
from simulator.local_server import LocalServer
from simulator.terminal.option_readers import number_reader
from simulator.terminal.options import (
    CALL_FAILED,
    NO_SERVER,
    WENT_WELL,
    WRONG_ARGUMENTS,
    Options,
    script_option,
    twiml_option,
    url_option,
)
from simulator.terminal.phone_input import Keyboard, Lines, ScriptedLines
from simulator.terminal.whatsapp_input import InputAction, Typed, read_line
from simulator.terminal.whatsapp_screen import ChatScreen
from simulator.whatsapp.api import MessagingApi
from simulator.whatsapp.client import WhatsApp
from simulator.whatsapp.media import Attachment, from_file, photo, voice_note
from simulator.whatsapp.messages import Exchange
from translations import Message
from translations import lazy_gettext as _
from translations.system_errors import system_reason

_ABOUT = _(
    "Write to the assistant from the terminal, as if by WhatsApp, without Twilio.\n\n"
    'Lines are messages; "/photo PATH" and "/voice PATH" send a file, "/stop" opts out, "/exit" leaves '
    "(/foto, /voz, /baja, /salir). Exit code: 0 it went well, 1 no server, 2 wrong arguments, 3 it failed."
)
LATE_S = 3.0
"""Seconds for which a script waits for a message outside the reply."""
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class WhatsAppOptions(Options):
    """WhatsApp's options. api_port: the port of the simulated REST API and its media; 0: any free port."""

    profile_name: str = "Ana"
    api_port: int = 0


def run_terminal_whatsapp(server: LocalServer, language: str, options: WhatsAppOptions) -> int:
    """Run a conversation with the server on this machine, and return the exit code.

    language: of the output. A script's next line waits for the answer to the last one. Exit codes: 0: all went
    well; 1: no server was reached; 2: the port is taken; 3: a message was not accepted.
    """
    script = options.script
    live = script is None and sys.stdin.isatty()
    screen = ChatScreen(Console(highlight=False), language, live=live, show_twiml=options.show_twiml)
    url = options.server_url(server, screen.phrase)
    if url is None:
        return NO_SERVER
    try:
        api = MessagingApi(SIMULATOR_ACCOUNT_SID, server.auth_token(), port=options.api_port)
    except OSError:
        click.echo(screen.phrase("port_taken", port=options.api_port), err=True)
        return WRONG_ARGUMENTS
    with (
        api,
        server.whatsapp(
            url,
            number=options.number,
            to=options.to,
            profile_name=options.profile_name,
            api=api,
            listener=screen.show,
        ) as whatsapp,
    ):
        screen.opening(whatsapp.number, whatsapp.to, url)
        return _Session(whatsapp, screen, ScriptedLines(script) if script else Keyboard(), live=live).hold()


def whatsapp_simulate_command(server: Callable[[], LocalServer], language: str) -> click.Command:
    """Return the command `simulate`. server: called when the command runs. language: of the output."""
    read_number = number_reader(language)

    number = _("NUMBER").said_in(language)

    def said(text: Message) -> str:
        return text.said_in(language)

    @click.command("simulate", help=said(_ABOUT))
    @click.option(
        "--from", "number", metavar=number, callback=read_number, help=said(_("The person's number."))
    )
    @click.option(
        "--to", metavar=number, callback=read_number, help=said(_("The number that is written to."))
    )
    @click.option(
        "--name", "profile_name", default="Ana", show_default=True, help=said(_("The person's name."))
    )
    @url_option(language)
    @script_option(said(_("A file with a line for each message.")))
    @twiml_option(language)
    @click.option(
        "--api-port",
        type=click.IntRange(0, 65535),
        default=0,
        help=said(_("Where photos are served and TWILIO_API_URL may point (without it, any free port).")),
    )
    def simulate(**given: Any) -> None:
        sys.exit(run_terminal_whatsapp(server(), language, WhatsAppOptions(**given)))

    return simulate


@dataclass
class _Session:
    """A conversation at the terminal. live: the next line may be typed before the answer to the last one."""

    whatsapp: WhatsApp
    screen: ChatScreen
    lines: Lines
    live: bool

    def hold(self) -> int:
        """Send the input lines until the person leaves; return the exit code."""
        with ThreadPoolExecutor(AT_ONCE) as self._pool:
            try:
                while self._take(self._typed()):
                    pass
            except (KeyboardInterrupt, EOFError):
                self.screen.aside("")
        self.screen.closing(self.whatsapp)
        return self._code()

    def _typed(self) -> Typed:
        if not self.live:
            return read_line(self.lines.next("", None) or "")
        with self.screen.asking() as prompt:
            return read_line(self.lines.next(prompt, None) or "")

    def _take(self, typed: Typed) -> bool:
        match typed.action:
            case InputAction.LEAVE:
                return False
            case InputAction.ASK_FOR_HELP:
                self.screen.show_help()
            case InputAction.UNKNOWN:
                self.screen.aside(self.screen.phrase("no_command", command=typed.text))
            case InputAction.OPT_OUT | InputAction.OPT_IN:
                self._send(self.screen.phrase(typed.action.name.lower()))
            case InputAction.SEND_PHOTO:
                self._send_file(typed, photo, "photo")
            case InputAction.SEND_VOICE:
                self._send_file(typed, voice_note, "voice")
            case InputAction.WRITE:
                self._send(typed.text)
        return True

    def _send_file(self, typed: Typed, sample: Callable[[], Attachment], kind: str) -> None:
        path = Path(typed.path).expanduser() if typed.path else None
        if path is not None and not path.suffix and not path.exists():  # the first word of a caption
            self._send(" ".join(filter(None, (typed.path, typed.text))), [sample()], self.screen.phrase(kind))
            return
        try:
            attachment = sample() if path is None else from_file(path)
        except OSError as error:
            self.screen.aside(self.screen.phrase("no_file", path=typed.path, reason=system_reason(error)))
            return
        self._send(typed.text, [attachment], self.screen.phrase(kind))

    def _send(self, text: str, media: Sequence[Attachment] = (), shown: str = "") -> None:
        self.screen.wrote(" ".join(filter(None, (shown, text))))
        if self.live:
            self._pool.submit(self.whatsapp.send, text, media=media).add_done_callback(self._report)
            return
        exchange = self.whatsapp.send(text, media=media)
        if not exchange.messages and not _is_refused(exchange):
            self._wait_for_late_answer()

    def _report(self, sending: Future[Exchange]) -> None:
        if (error := sending.exception()) is not None:
            self.screen.aside(f"{type(error).__name__}: {error}", "red")

    def _wait_for_late_answer(self) -> None:
        try:
            self.whatsapp.wait_for_message(LATE_S)
        except TimeoutError:
            self.screen.aside(self.screen.phrase("no_reply"))

    def _code(self) -> int:
        refused = [exchange for exchange in self.whatsapp.exchanges if _is_refused(exchange)]
        if any(exchange.status == 403 for exchange in refused):
            self.screen.aside(self.screen.phrase("not_known"), "red")
        return CALL_FAILED if refused else WENT_WELL


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status >= 400
