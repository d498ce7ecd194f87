"""Displays a WhatsApp conversation in the terminal."""

import statistics
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from simulator.terminal.phone_screen import SECONDS_WIDTH, WHO_WIDTH, pretty_number
from simulator.terminal.whatsapp_phrases import PHRASES
from simulator.twilio.journal import Step
from simulator.whatsapp.client import Event, WhatsApp
from simulator.whatsapp.messages import MessageProblem, Received
from translations import in_language
from translations.numbers import separated


class ChatScreen:
    """Shows events as they happen, whichever thread they happen in.

    live: somebody types while answers come: the line that is being typed is put back under what came.
    """

    def __init__(self, console: Console, language: str, *, live: bool, show_twiml: bool) -> None:
        self._console = console
        self._language = language
        self._live = live
        self._show_twiml = show_twiml
        self._is_asking = False
        self._lock = threading.RLock()

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the reader's language."""
        return PHRASES[key].format(**values).said_in(self._language)

    def opening(self, person: str, assistant: str, url: str) -> None:
        """Show both numbers and the available input."""
        body = Text.assemble((pretty_number(person), "bold"), "  →  ", (pretty_number(assistant), "bold"))
        body.append(f"\n{url}", "dim")
        title = f"[bold]💬 {self.phrase('title')}[/]"
        self._console.print(Panel(body, title=title, title_align="left", border_style="green", expand=False))
        self.show_help()

    def show_help(self) -> None:
        """Show the available input."""
        self._console.print(f"[dim]{self.phrase('help')}[/]\n")

    def show(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Received():
                self._row("assistant", f"{self.number(event.wait_s)} s", self._content(event), "cyan")
            case MessageProblem():
                code = f" {event.code}" if event.code else ""
                self.aside(f"{self.phrase('warning')}{code}: {event.message}", "yellow")
            case Step() if self._show_twiml:
                answer = event.status if event.status is not None else f"{event.error} {event.message}"
                self.aside(f"{event.method} {event.url}  {answer}  {self.number(event.seconds)} s")
                if event.twiml:
                    self.aside(event.twiml)

    def aside(self, text: str, style: str = "dim") -> None:
        """Show a remark."""
        self._row("", "", Text(text, f"dim {style}"))

    def wrote(self, text: str) -> None:
        """Show the person's message, unless it was typed on this screen."""
        if not self._live:
            self._row("person", "", Text(text), "green")

    def closing(self, whatsapp: WhatsApp) -> None:
        """Show how many messages there were, and how long the answers took."""
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
        """Give the prompt, while a line is being typed."""
        self._is_asking = True
        try:
            yield self._prompt()
        finally:
            self._is_asking = False

    def number(self, seconds: float) -> str:
        """Return seconds with the language's decimal sign."""
        with in_language(self._language):
            return separated(f"{seconds:.2f}")

    def _content(self, received: Received) -> Text:
        lines = [received.text] if received.text else []
        lines += [self.phrase("media", url=url) for url in received.media]
        if received.content_sid:
            lines.append(f"{received.content_sid} {received.content_variables or ''}".strip())
        return Text("\n".join(lines))

    def _prompt(self) -> str:
        return f"{self.phrase('person'):<{WHO_WIDTH}}{'':>{SECONDS_WIDTH}}  "

    def _row(self, who: str, seconds: str, content: Text, style: str = "") -> None:
        name = self.phrase(who) if who else ""
        margin = Text.assemble(
            (f"{name:<{WHO_WIDTH}}", f"bold {style}"), (f"{seconds:>{SECONDS_WIDTH}}  ", "dim")
        )
        with self._lock:
            self._above_what_is_typed(lambda: self._print_row(margin, content))

    def _print_row(self, margin: Text, content: Text) -> None:
        indent = Text(" " * len(margin))
        for line in content.wrap(self._console, max(20, self._console.width - len(margin))):
            line.rstrip()
            self._console.print(margin + line)
            margin = indent

    def _above_what_is_typed(self, show: Callable[[], None]) -> None:
        if not (self._live and self._is_asking):
            show()
            return
        sys.stdout.write("\r\x1b[2K")
        show()
        sys.stdout.write(self._prompt() + _typed_so_far())
        sys.stdout.flush()


def _typed_so_far() -> str:
    with suppress(ImportError):  # a Python without it does not know
        import readline

        return readline.get_line_buffer()
    return ""
