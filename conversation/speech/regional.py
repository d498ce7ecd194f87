"""How dates and numbers are written where a language is spoken, by the CLDR."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import get_date_format
from babel.numbers import get_decimal_symbol


@dataclass(frozen=True)
class WrittenForms:
    """A region's order of day and month, and its decimal sign."""

    is_day_first: bool
    decimal: str

    def date(self, day: date) -> str:
        """Return a date in figures: 3/12/2026, or 12/3/2026 where the month stands first."""
        first, second = (day.day, day.month) if self.is_day_first else (day.month, day.day)
        return f"{first}/{second}/{day.year}"


@cache
def written_forms(tag: str) -> WrittenForms:
    """Return the forms for a BCP 47 tag; for a region that the CLDR does not know those of the language."""
    locale = _locale(tag) or _locale(tag.partition("-")[0])
    if locale is None:
        return WrittenForms(is_day_first=True, decimal=",")
    pattern = get_date_format("short", locale).pattern
    return WrittenForms(pattern.index("d") < pattern.index("M"), get_decimal_symbol(locale))


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
