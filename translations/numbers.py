"""Writes numbers with the separators of the reader's language, which each catalogue has as two messages."""

from translations import pgettext


def separated(number: str) -> str:
    """Return a number that is written as in English, "1,234.5", as the language in force writes it."""
    separators = pgettext("between thousands", ",") + pgettext("before decimals", ".")
    return number.translate(str.maketrans(",.", separators))
