"""`flask --app app chat`: hold a written conversation with the assistant in the terminal, without a provider."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from cli.console import Terminal, harmless
from conversation.manager import ConversationManager
from conversation.marks import without_marks
from conversation.turns.utterance import Utterance
from observability.logging import log_warnings_only
from observability.settings_errors import number_sentence
from phone_numbers import PhoneNumberError, matching_number, parse_e164
from storage.database import Database
from storage.models import TurnKind
from storage.queries import chats
from storage.queries.calls import ConversationRecord
from storage.queries.chats import SaidRecord
from translations import lazy_gettext as _

ANSWER_WITHIN_S = 30.0
LAST = 50


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation in this terminal. key: the conversation's."""

    manager: ConversationManager
    database: Database
    terminal: Terminal
    key: str

    def ask(self, words: str) -> None:
        """Send words; print the answer while it is written, then the seconds to its beginning and to its end."""
        began = time.monotonic()
        number = self.manager.next_number(self.key)
        utterance = Utterance(self.key, number, without_marks(words), TurnKind.TEXT, self._open, served=10**6)
        self.manager.answer(utterance)
        first_s: float | None = None
        for sentence in self._sentences(number):
            first_s = first_s if first_s is not None else time.monotonic() - began
            self.terminal.console.print(harmless(sentence), end="")
        self.terminal.console.print()
        waits = f"{first_s or 0:.1f} s / {time.monotonic() - began:.1f} s"
        self.terminal.console.print(self.terminal.number(waits), style="dim")

    def _sentences(self, number: int) -> Iterator[str]:
        deadline, read = time.monotonic() + ANSWER_WITHIN_S, 0
        while (left := deadline - time.monotonic()) > 0:
            reading = self.manager.read(self.key, number, read, left)
            if reading is None:
                return
            yield from reading.sentences
            read = reading.upto
            if reading.complete:
                return

    def _open(self, connection: Connection, now: datetime) -> ConversationRecord:
        return chats.open_chat(connection, self.key, now)


@dataclass(frozen=True, slots=True)
class ChatServices:
    """The command's services. zone: the business's, for times."""

    manager: ConversationManager
    database: Database
    zone: ZoneInfo


def chat_command(
    terminal: Terminal, services: Callable[[], ChatServices], check: Callable[[], None]
) -> click.Command:
    """Return the command. services: called when it runs. check: raises if it cannot run."""
    about = _("Write with the assistant here. /history shows what was said, /reset begins anew, /exit ends.")
    script_help = _("Say a file's lines, one after the other, and end.")
    history_help = _("Show what was said here before, or with a number on any channel, and end.")

    @click.command("chat", help=terminal.translate(about))
    @click.option(
        "--script",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=terminal.translate(script_help),
    )
    @click.option(
        "--history",
        is_flag=False,
        flag_value="",
        default=None,
        metavar=f"[{terminal.translate(_('NUMBER'))}]",
        help=terminal.translate(history_help),
    )
    def chat(script: Path | None, history: str | None) -> None:
        check()
        log_warnings_only()
        needed = services()
        if history is not None:
            _show(terminal, needed.zone, _history(terminal, needed.database, history))
            return
        with needed.database.read() as connection:
            key = chats.newest_chat(connection) or chats.new_key()
        key = key if script is None else chats.new_key()
        now = Chat(needed.manager, needed.database, terminal, key)
        if script is not None:
            for line in script.read_text("utf-8-sig").splitlines():
                if words := line.strip():
                    terminal.console.print(f"> {words}", style="bold")
                    now.ask(words)
            return
        _converse(now, needed.zone)

    return chat


def _converse(chat: Chat, zone: ZoneInfo) -> None:
    terminal = chat.terminal
    terminal.say(
        _("Write; /history shows what was said, /reset begins anew, /exit ends."),
    )
    while (words := _line()) is not None and words != "/exit":
        if words == "/reset":
            chat = Chat(chat.manager, chat.database, terminal, chats.new_key())
            terminal.say(_("A new conversation."))
        elif words == "/history":
            with chat.database.read() as connection:
                said = chats.said_in(connection, chat.key, LAST)
            _show(terminal, zone, said)
        elif words.startswith("/"):
            terminal.complain(
                _("There is no command {words}: /history, /reset or /exit.").format(words=words),
            )
        elif words:
            chat.ask(words)


def _line() -> str | None:
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return None


def _history(terminal: Terminal, database: Database, number: str) -> list[SaidRecord]:
    with database.read() as connection:
        if not number:
            key = chats.newest_chat(connection)
            return chats.said_in(connection, key, LAST) if key else []
        try:
            e164 = parse_e164(number)
        except PhoneNumberError as error:
            raise click.UsageError(
                terminal.translate(number_sentence(terminal.translate(_("NUMBER")), error))
            ) from None
        return chats.said_with(connection, matching_number(e164), LAST)


def _show(terminal: Terminal, zone: ZoneInfo, said: list[SaidRecord]) -> None:
    if not said:
        terminal.say(_("Nothing was said yet."))
    for turn in said:
        at = turn.created_at.astimezone(zone)
        terminal.console.print(f"{at:%Y-%m-%d %H:%M} {turn.channel}", style="dim")
        terminal.console.print(f"> {harmless(turn.heard)}", style="bold")
        terminal.console.print(harmless("".join(turn.sentences).strip()))
