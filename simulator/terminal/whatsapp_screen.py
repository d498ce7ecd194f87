"""Displays a WhatsApp conversation in the terminal."""

import statistics
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.text import Text

from simulator.terminal.screen import TerminalScreen
from simulator.terminal.whatsapp_phrases import PHRASES
from simulator.twilio.journal import Step
from simulator.whatsapp.client import Event, WhatsApp
from simulator.whatsapp.messages import MessageProblem, Received


class ChatScreen(TerminalScreen):
    """Shows events as they happen. Thread-safe.

    live: a person types while answers arrive, and each answer appears above the unfinished line.
    """

    def __init__(self, console: Console, language: str, *, live: bool, show_twiml: bool) -> None:
        super().__init__(console, language, PHRASES, show_twiml=show_twiml)
        self._live = live
        self._is_asking = False
        self._lock = threading.RLock()

    def opening(self, person: str, assistant: str, url: str) -> None:
        """Show both numbers and the available input."""
        self._open("💬", "green", (person, assistant), url)
        self.show_help()

    def show(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Received():
                self._row("assistant", f"{self.number(event.wait_s)} s", self._content(event), "cyan")
            case MessageProblem():
                code = f" {event.code}" if event.code else ""
                self.aside(f"{self.phrase('warning')}{code}: {self.said(event.message)}", "yellow")
            case Step() if self._show_twiml:
                answer = (
                    event.status if event.status is not None else f"{event.error} {self.said(event.message)}"
                )
                self.aside(f"{event.method} {event.url}  {answer}  {self.number(event.seconds)} s")
                if event.twiml:
                    self.aside(event.twiml)

    def aside(self, text: str, style: str = "dim") -> None:
        """Show a remark."""
        self._row("", "", Text(text, f"dim {style}"))

    def wrote(self, text: str) -> None:
        """Show the person's message, unless they typed it on this screen."""
        if not self._live:
            self._row("person", "", Text(text), "green")

    def closing(self, whatsapp: WhatsApp) -> None:
        """Show the number of messages and the waiting times."""
        sent, received = len(whatsapp.exchanges), len(whatsapp.received)
        counts = (
            self.phrase("one_message" if sent == 1 else "messages", count=sent),
            self.phrase("one_answer" if received == 1 else "answers", count=received),
        )
        lines = ["  ·  ".join(counts)]
        if waits := [message.wait_s for message in whatsapp.received]:
            median, slowest = self.number(statistics.median(waits)), self.number(max(waits))
            lines.append(self.phrase("waits", median=median, slowest=slowest))
        self._console.print(Text("\n" + "\n".join(lines), "cyan"))

    @contextmanager
    def asking(self) -> Iterator[str]:
        """Yield the prompt while a line is being typed."""
        self._is_asking = True
        try:
            yield self._prompt()
        finally:
            self._is_asking = False

    def _content(self, received: Received) -> Text:
        lines = [received.text] if received.text else []
        lines += [self.phrase("media", url=url) for url in received.media]
        if received.content_sid:
            lines.append(f"{received.content_sid} {received.content_variables or ''}".strip())
        return Text("\n".join(lines))

    def _prompt(self) -> str:
        return "".join(self._margin(self.phrase("person")))

    def _row(self, who: str, seconds: str, content: Text, style: str = "") -> None:
        name = self.phrase(who) if who else ""
        with self._lock:
            self._print_above_input(lambda: self._print_row(name, seconds, content, style))

    def _print_above_input(self, show: Callable[[], None]) -> None:
        if not (self._live and self._is_asking):
            show()
            return
        sys.stdout.write("\r\x1b[2K")
        show()
        sys.stdout.write(self._prompt() + _unfinished_input())
        sys.stdout.flush()


def _unfinished_input() -> str:
    with suppress(ImportError):  # a Python without it cannot tell
        import readline

        return readline.get_line_buffer()
    return ""
