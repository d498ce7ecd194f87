"""Displays a call in the terminal."""

import statistics

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.syntax import Syntax
from rich.text import Text

from simulator.terminal.phone_phrases import PHRASES
from simulator.terminal.screen import TerminalScreen
from simulator.twilio.journal import CallWarning, Event, Heard, Line, Step
from simulator.twilio.phone import Phone
from simulator.twilio.twiml_parser import indented


class Screen(TerminalScreen):
    """Shows events as they happen. interactive: input comes from a keyboard, and is not shown again."""

    def __init__(self, console: Console, language: str, *, interactive: bool, show_twiml: bool) -> None:
        super().__init__(console, language, PHRASES, show_twiml=show_twiml)
        self._interactive = interactive
        self._last_who = ""

    def opening(self, caller: str, called: str, url: str) -> None:
        """Show both numbers and the available input."""
        self._open("☎ ", "cyan", (caller, called), url)
        if self._interactive:
            self.show_help()

    def busy(self, key: str) -> Status:
        """Return a progress indicator, for use in a `with` statement."""
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
        """Show an action of the caller that has no words, unless it was typed."""
        if not self._interactive:
            self._row(self.phrase("caller"), "", Text(text, "dim"), style="green")

    def failed(self, phone: Phone) -> None:
        """Show the error that ended the call, if any."""
        if (failure := phone.failure) is not None:
            text = self.phrase("failure", code=failure.code, url=failure.url, message=failure.message)
            if any(step.status == 403 for step in phone.steps if step.url == failure.url):
                text += f"\n{self.phrase('not_known')}"
            self._console.print(f"[red]{escape(text)}[/]")

    def closing(self, phone: Phone) -> None:
        """Show the call's ending, its number of turns and their waiting times."""
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
        """Return the input prompt, which begins a new line."""
        margin = "".join(self._margin(self.phrase("caller")))
        if not self._console.is_terminal or self._console.no_color:
            return f"\n{margin}"
        # \x01 and \x02 tell readline which characters take no room
        return f"\n\x01\x1b[1;32m\x02{margin}\x01\x1b[0m\x02"

    def typed(self) -> None:
        """Record that the caller's line is on the screen."""
        self._last_who = self.phrase("caller")

    def _heard(self, heard: Heard) -> None:
        # The wait for the first words is always shown; later ones only if there was a noticeable silence.
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
        self._row("", "", Text(f"{self.phrase('warning')}{code}: {self.said(warning.message)}", "dim yellow"))

    def _step(self, step: Step) -> None:
        answer = step.status if step.status is not None else f"{step.error} {self.said(step.message)}"
        retries = f"  ×{step.retries + 1}" if step.retries else ""
        self.aside(f"{step.method} {step.url}  {answer}{retries}  {self.number(step.seconds)} s")
        if step.twiml:
            twiml = Syntax("", "xml", background_color="default").highlight(indented(step.twiml))
            twiml.rstrip()
            twiml.no_wrap = False
            self._row("", "", twiml)

    def _row(self, who: str, seconds: str, content: Text, style: str = "") -> None:
        if who == self.phrase("caller"):
            self._console.print()
        shown = "" if who == self._last_who == self.phrase("assistant") else who
        self._last_who = who or self._last_who
        self._print_row(shown, seconds, content, style)


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
