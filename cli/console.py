"""Prints commands' output in the language of the reader's LANG."""

import io
import sys
from decimal import Decimal

from rich.console import Console

from settings import reader_locale
from translations import Message, in_language, language_of_locale
from translations.numbers import separated


class Terminal:
    """Prints for people: results to stdout, errors to stderr.

    language: one of `translations.languages()`.
    """

    def __init__(self, language: str) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # an ó on a terminal without one is no reason to fail
        self.language = language
        self.console = _console(stderr=False)
        self._errors = _console(stderr=True)

    def translate(self, message: Message | str) -> str:
        """Return the message in the reader's language."""
        with in_language(self.language):
            return str(message)

    def number(self, number: str) -> str:
        """Return a number that is written as in English as the reader's language writes it."""
        with in_language(self.language):
            return separated(number)

    def amount(self, price: Decimal, unit: str | None) -> str:
        """Return a price with all of its digits, and its currency where that is known."""
        return f"{self.number(f'{price.normalize() + Decimal(0):f}')} {unit or ''}".strip()

    def say(self, message: Message | str) -> None:
        """Print a result."""
        self.console.print(self.translate(message))

    def complain(self, message: Message | str) -> None:
        """Print an error, and its cure."""
        self._errors.print(self.translate(message), style="yellow")


def reader_language() -> str:
    """Return the reader's language even if the settings are invalid, so that the error can be said in it."""
    return language_of_locale(reader_locale())


def _console(*, stderr: bool) -> Console:
    # Numbers and brackets are neither coloured nor read as styles, and a pipe gets whole lines.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
