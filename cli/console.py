"""Prints the output of commands in the reader's language."""

import io
import re
import sys
from decimal import Decimal

from rich.console import Console

from settings import reader_locale, settle_language
from translations import Message, in_language, language_of_locale, lend_to_libraries
from translations.numbers import separated

# Control characters move the cursor and colour the screen; the others change the direction of the text.
_DISTURBING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Terminal:
    """A terminal: results go to stdout, errors to stderr.

    language: one of `translations.languages()`, from now on that of click's own words in this process too.
    """

    def __init__(self, language: str) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that cannot show an ó is no reason to fail
        lend_to_libraries()
        settle_language(language)
        self.language = language
        self.console = _console(stderr=False)
        self._errors = _console(stderr=True)

    def translate(self, message: Message | str) -> str:
        """Return the message in the reader's language."""
        with in_language(self.language):
            return str(message)

    def number(self, number: str) -> str:
        """Return a number in English notation with the reader's decimal separator."""
        with in_language(self.language):
            return separated(number)

    def amount(self, price: Decimal, unit: str | None) -> str:
        """Return a price with all its digits, and its currency if known."""
        return f"{self.number(f'{price.normalize() + Decimal(0):f}')} {unit or ''}".strip()

    def say(self, message: Message | str) -> None:
        """Print a result."""
        self.console.print(harmless(self.translate(message)))

    def complain(self, message: Message | str) -> None:
        """Print an error or a warning."""
        self._errors.print(harmless(self.translate(message)), style="yellow")


def harmless(text: str) -> str:
    """Return text with � in place of characters that control a terminal, except line breaks."""
    return _DISTURBING.sub("\ufffd", text.replace("\r\n", "\n"))


def reader_language() -> str:
    """Return the reader's language, which is known even if the settings are invalid."""
    return language_of_locale(reader_locale())


def _console(*, stderr: bool) -> Console:
    # Texts may hold brackets and numbers, which are no markup; a pipe gets whole lines.
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
