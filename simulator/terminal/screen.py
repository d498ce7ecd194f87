"""Formats the output shared by the terminal's phone and WhatsApp screens."""

from collections.abc import Mapping

import phonenumbers
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from translations import Message, in_language
from translations.numbers import separated

_WHO_WIDTH = 11
_SECONDS_WIDTH = 7


class TerminalScreen:
    """The base of both screens: phrases, the opening, and rows of name, seconds and words. phrases: by key."""

    def __init__(
        self, console: Console, language: str, phrases: Mapping[str, Message], *, show_twiml: bool
    ) -> None:
        self._console, self._language, self._phrases = console, language, phrases
        self._show_twiml = show_twiml

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase in the reader's language."""
        return self._phrases[key].format(**values).said_in(self._language)

    def said(self, sentence: Message | str) -> str:
        """Return a sentence in the reader's language."""
        with in_language(self._language):
            return str(sentence)

    def number(self, seconds: float) -> str:
        """Return seconds with the language's decimal separator."""
        with in_language(self._language):
            return separated(f"{seconds:.2f}")

    def show_help(self) -> None:
        """Show the available input."""
        self._console.print(f"[dim]{self.phrase('help')}[/]\n")

    def _open(self, icon: str, style: str, numbers: tuple[str, str], url: str) -> None:
        """Show the two numbers and the URL."""
        person, called = map(pretty_number, numbers)
        body = Text.assemble((person, "bold"), "  →  ", (called, "bold"), (f"\n{url}", "dim"))
        title = f"[bold]{icon} {self.phrase('title')}[/]"
        self._console.print(Panel(body, title=title, title_align="left", border_style=style, expand=False))

    def _margin(self, who: str, seconds: str = "") -> tuple[str, str]:
        """Return the two columns before the words."""
        return f"{who:<{_WHO_WIDTH}}", f"{seconds:>{_SECONDS_WIDTH}}  "

    def _print_row(self, who: str, seconds: str, content: Text, style: str) -> None:
        name, length = self._margin(who, seconds)
        margin = Text.assemble((name, f"bold {style}"), (length, "dim"))
        indent = Text(" " * len(margin))
        for line in content.wrap(self._console, max(20, self._console.width - len(margin))):
            line.rstrip()
            self._console.print(margin + line)
            margin = indent


def pretty_number(number: str) -> str:
    """Return a number in its international format, and any other text unchanged."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
