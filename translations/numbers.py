"""Writes numbers with the separators of the reader's language, two messages in each catalogue."""

from dataclasses import dataclass

from translations import pgettext


def separated(number: str) -> str:
    """Convert a number in English format, such as "1,234.5", to the format of the current language."""
    separators = pgettext("between thousands", ",") + pgettext("before decimals", ".")
    return number.translate(str.maketrans(",.", separators))


@dataclass(frozen=True, slots=True)
class Number:
    """A number in English format, as a value of a Message: str() writes it in the current language."""

    text: str

    def __str__(self) -> str:
        """Return it with the separators of the current language."""
        return separated(self.text)
