"""Writes numbers with the separators of the reader's language, two messages in each catalogue."""

from translations import pgettext


def separated(number: str) -> str:
    """Convert a number in English format, such as "1,234.5", to the format of the current language."""
    separators = pgettext("between thousands", ",") + pgettext("before decimals", ".")
    return number.translate(str.maketrans(",.", separators))
