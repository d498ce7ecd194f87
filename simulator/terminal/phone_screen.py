"""Displays a call in the terminal."""

import statistics
import xml.etree.ElementTree as ET

import phonenumbers
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.status import Status
from rich.syntax import Syntax
from rich.text import Text

from simulator.terminal.phone_phrases import PHRASES
from simulator.twilio.journal import CallWarning, Event, Heard, Line, Step
from simulator.twilio.phone import Phone
from translations import in_language
from translations.numbers import separated

WHO_WIDTH = 11
SECONDS_WIDTH = 7


class Screen:
    """Shows events as they happen. interactive: somebody types, and need not be shown their own words."""

    def __init__(self, console: Console, language: str, *, interactive: bool, show_twiml: bool) -> None:
        self._console = console
        self._language = language
        self._interactive = interactive
        self._show_twiml = show_twiml
        self._last_who = ""

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the reader's language."""
        return PHRASES[key].format(**values).said_in(self._language)

    def opening(self, caller: str, called: str, url: str) -> None:
        """Show both numbers and the available input."""
        body = Text.assemble((pretty_number(caller), "bold"), "  →  ", (pretty_number(called), "bold"))
        body.append(f"\n{url}", "dim")
        title = f"[bold]☎  {self.phrase('title')}[/]"
        self._console.print(Panel(body, title=title, title_align="left", border_style="cyan", expand=False))
        if self._interactive:
            self.show_help()

    def show_help(self) -> None:
        """Show the available input."""
        self._console.print(f"[dim]{self.phrase('help')}[/]")
        self._console.print()

    def busy(self, key: str) -> Status:
        """Return a sign that something goes on, to be used with `with`."""
        return self._console.status(f"[dim]{self.phrase(key)}[/]", spinner="dots")

    def show(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Heard(cut_after_s=None):
                self._heard(event)
            case Heard():
                self.aside(self.phrase("heard_until", text=f"{event.words}…"))
            case Line(who="call"):
                self._dialled(event)
            case Line(who="caller") if not self._interactive:
                self._caller(event.text)
            case CallWarning():
                self._warning(event)
            case Step() if self._show_twiml:
                self._step(event)

    def aside(self, text: str) -> None:
        """Show a remark."""
        self._row("", "", Text(text, "dim italic"))

    def action(self, text: str) -> None:
        """Show a caller's action without words."""
        if not self._interactive:
            self._row(self.phrase("caller"), "", Text(text, "dim"), style="green")

    def failed(self, phone: Phone) -> None:
        """Say why the call broke off."""
        if (failure := phone.failure) is not None:
            text = self.phrase("failure", code=failure.code, url=failure.url, message=failure.message)
            if phone.steps and phone.steps[-1].status == 403:
                text += f"\n{self.phrase('not_known')}"
            self._console.print(f"[red]{escape(text)}[/]")

    def closing(self, phone: Phone) -> None:
        """Show how it ended, how many turns it had and how soon they were answered."""
        replies = phone.turns[1:]
        turns = self.phrase("one_turn" if len(replies) == 1 else "turns", count=len(replies))
        ending = self.phrase(phone.ended) if phone.ended else ""
        lines = ["  ·  ".join(filter(None, (ending, _length(phone.now), turns)))]
        waits = [turn.first_word_s for turn in replies or phone.turns if turn.first_word_s is not None]
        if waits:
            median, slowest = self.number(statistics.median(waits)), self.number(max(waits))
            lines.append(self.phrase("first_word", median=median, slowest=slowest))
        self._console.print()
        self._console.print(Text("\n".join(lines), "cyan"))

    def prompt(self) -> str:
        """Return the input prompt; it begins a new line."""
        margin = f"{self.phrase('caller'):<{WHO_WIDTH}}{'':>{SECONDS_WIDTH}}  "
        if not self._console.is_terminal or self._console.no_color:
            return f"\n{margin}"
        # readline has to be told which characters take no room
        return f"\n\x01\x1b[1;32m\x02{margin}\x01\x1b[0m\x02"

    def typed(self) -> None:
        """The caller's line stands on the screen."""
        self._last_who = self.phrase("caller")

    def number(self, seconds: float) -> str:
        """Return seconds with the language's decimal sign."""
        with in_language(self._language):
            return separated(f"{seconds:.2f}")

    def _heard(self, heard: Heard) -> None:
        # The seconds to the first word always; after that, where there is a silence worth the name.
        is_first = self._last_who != self.phrase("assistant")
        seconds = f"{self.number(heard.wait_s)} s" if is_first or heard.wait_s >= 0.005 else ""
        played = heard.kind == "play"
        words = Text(f"♪ {self.phrase('music')} {heard.text}", "dim") if played else Text(heard.text)
        self._row(self.phrase("assistant"), seconds, words, style="cyan")

    def _caller(self, text: str) -> None:
        self._row(self.phrase("caller"), "", Text(text), style="green")

    def _dialled(self, line: Line) -> None:
        numbers, _, outcome = line.text.removeprefix("dial ").partition(": ")
        self.aside(f"{self.phrase('dial', numbers=numbers)}: {self.phrase(outcome)}")

    def _warning(self, warning: CallWarning) -> None:
        code = f" {warning.code}" if warning.code else ""
        self._row("", "", Text(f"{self.phrase('warning')}{code}: {warning.message}", "dim yellow"))

    def _step(self, step: Step) -> None:
        answer = step.status if step.status is not None else f"{step.error} {step.message}"
        retries = f"  ×{step.retries + 1}" if step.retries else ""
        self.aside(f"{step.method} {step.url}  {answer}{retries}  {self.number(step.seconds)} s")
        if step.twiml:
            twiml = Syntax("", "xml", background_color="default").highlight(_indented(step.twiml))
            twiml.rstrip()
            twiml.no_wrap = False
            self._row("", "", twiml)

    def _row(self, who: str, seconds: str, content: Text, style: str = "") -> None:
        if who == self.phrase("caller"):
            self._console.print()
        shown = "" if who == self._last_who == self.phrase("assistant") else who
        self._last_who = who or self._last_who
        margin = Text.assemble(
            (f"{shown:<{WHO_WIDTH}}", f"bold {style}"), (f"{seconds:>{SECONDS_WIDTH}}  ", "dim")
        )
        indent = " " * len(margin)
        for line in content.wrap(self._console, max(20, self._console.width - len(margin))):
            line.rstrip()
            self._console.print(margin + line)
            margin = Text(indent)


def pretty_number(number: str) -> str:
    """Return a number as people write it; what is no number stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _indented(twiml: str) -> str:
    try:
        root = ET.fromstring(twiml.strip().encode())  # noqa: S314  64 KB at most, from this machine's own server
    except ET.ParseError:
        return twiml
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")
