"""Dates as 3/12, 03/12/2026, 2026-12-03, 28-nov-2026 and Dec 3: the day, the name of the month, the year."""

import re

from babel.dates import get_date_format, get_month_names

from conversation.speech.languages import Language
from conversation.speech.rules.text import DASH, any_of, linked, stop_after
from conversation.speech.rules.units import CLDR

_NUMERIC = re.compile(r"\d[-/.]\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ISO = re.compile(r"(?<![\w/.-])(\d{4})([-/])(\d\d?)\2(\d\d?)(?:T(?=\d\d:)|(?![\w/]|[-.,]\d))")
_FULL = re.compile(r"(?<![\w/.,-])(\d\d?)(?:([-.])(\d\d?)\2(\d{4})|/(\d\d?)/(\d{4}|\d\d))(?![\w/]|[-.,]\d)")
_SHORT = re.compile(r"(?<![\w/.,:+-])(?!0\d\d)(\d{1,3})/(?!0\d\d)(\d{1,3})(?![\w/]|[.,:-]\d)")
_MONTH_AND_YEAR = re.compile(r"(?<![\w/.,-])(0?[1-9]|1[0-2])/((?:19|20)\d\d)(?![\w/]|[.,-]\d)")
_YEARS = re.compile(r"(?<![\w/.,-])((?:19|20)\d\d)[/-](\d\d)(?![\w/]|[.,-]\d)")
_UNTIL = re.compile(
    rf"(?<![\w/.,-])(\d\d?(?:/\d\d?)?(?:/\d{{2,4}})?) ?(?:{DASH}|~) ?(\d\d?/\d\d?(?:/\d{{2,4}})?)(?![\w/]|[.,]\d)"
)
_LONGEST_CUE = 24
_FEBRUARY = 2
_MORNING, _NOON, _EVENING, _NO_HOUR = 8, 12, 10, 25
_MOST_LIKELY_PARTS = 4
"""Halves, thirds and quarters are fractions after an article; 7/10 is a mark."""


class Dates:
    """A language's dates. 1/2 is a date after a cue, a half elsewhere; 7/10 is a mark after "un"."""

    def __init__(self, language: Language) -> None:
        self._language, self._words = language, language.words.dates
        signs = language.words.signs
        self._to, self._out_of, self._over = signs["to"], signs["out_of"], signs["over"]
        self._links = language.words.ranges
        pattern = get_date_format("short", language.locale).pattern
        self._day_first = pattern.index("d") < pattern.index("M")
        self._months: dict[int, str] = dict(get_month_names("wide", "format", language.locale))
        self._cue = re.compile(
            rf"(?:\A|\W)(?:{any_of([*self._words.cues, *language.days])}),? \Z", re.IGNORECASE
        )
        self._score = re.compile(rf"(?:\A|\W)({any_of(self._words.scores)}) \Z", re.IGNORECASE)
        self._articles = language.words.fractions.articles
        self._counted = re.compile(_counted(language))
        either = any_of(name[:end] for name in self._months.values() for end in range(3, len(name) + 1))
        self._any = re.compile(rf"[ /(-](?:{any_of({name[:3].lower() for name in self._months.values()})})")
        of = f"(?:{self._words.of} )?" if self._words.of else ""
        self._named = re.compile(
            rf"(?<![\w/.,:-])(\d\d?)(?: {of}|[-/])({either})\b\.?(?:(?:,? {of}|[-/])(\d{{4}})\b(?!\.\d))?",
            re.IGNORECASE,
        )
        self._bare = re.compile(rf"\b({either})\b\.?,? {of}((?:19|20)\d\d)\b", re.IGNORECASE)
        self._after_day = re.compile(
            rf"\b(?:({any_of(self._words.before_days)}) )?((?:{any_of(language.days)}),? )"
            r"([0-3]?\d)-([01]?\d)(?![\w/]|[.,-]\d| ?(?:h(?:r?s|oras)?|[ap]\.? ?m)\b)",
            re.IGNORECASE,
        )
        endings = any_of(ending for form in language.words.ordinals.endings.values() for ending in form)
        self._before = re.compile(
            rf"\b({either})\b\.? (\d\d?)(?:{endings})?\b(?![:.,/]?\d|[%°]| ?[ap]\.?m)(?:,? (\d{{4}})\b)?",
            re.IGNORECASE,
        )

    def __call__(self, text: str) -> str:
        if _NUMERIC.search(text):
            text = self._numeric(text)
        if not self._any.search(f" {text.lower()}"):
            return text
        text = self._named.sub(self._say_named, text)
        if self._words.ordinal_days:
            text = self._before.sub(self._say_before, text)
        return self._bare.sub(self._say_bare, text) if _YEAR.search(text) else text

    def _numeric(self, text: str) -> str:
        text = _ISO.sub(self._say_iso, text)
        if self._day_first and "-" in text:
            text = self._after_day.sub(self._say_after_day, text)
        text = _UNTIL.sub(self._say_until, text)
        text = _FULL.sub(self._say_full, text)
        text = _MONTH_AND_YEAR.sub(lambda found: self._month_year(int(found[1]), found[2]), text)
        text = _YEARS.sub(r"\1 \2", text)
        return _SHORT.sub(self._say_short, text)

    def _say_iso(self, found: re.Match[str]) -> str:
        said = self._said(found, int(found[4]), int(found[3]), found[1])
        return f"{said}, " if said and found[0].endswith("T") else said or found[0]

    def _say_until(self, found: re.Match[str]) -> str:
        first, last = self._date_of(found, found[1]), self._date_of(found, found[2])
        return f"{first} {linked(found, self._to, self._links)} {last}" if first and last else found[0]

    def _date_of(self, found: re.Match[str], written: str) -> str:
        """Return one end of a range in words; a day without a month as it is, "" for no date."""
        first, *others = written.split("/")
        if not others:
            return first
        day, month = self._order(int(first), int(others[0])) or (0, 0)
        return self._said(found, day, month, others[1] if others[1:] else None)

    def _say_full(self, found: re.Match[str]) -> str:
        day, month = self._order(int(found[1]), int(found[3] or found[5])) or (0, 0)
        return self._said(found, day, month, found[4] or found[6]) or found[0]

    def _say_after_day(self, found: re.Match[str]) -> str:
        """Say lunes 30-11, and el martes 1-12; lunes 9-14 is a time."""
        if not _is_hardly_a_time(found[3], found[4], is_one_day=bool(found[1])):
            return found[0]
        said = self._said(found, int(found[3]), int(found[4]))
        return f"{found[1] or ''} {found[2]}{said}".lstrip() if said else found[0]

    def _say_short(self, found: re.Match[str]) -> str:
        first, second = int(found[1]), int(found[2])
        before = found.string[max(0, found.start() - _LONGEST_CUE) : found.start()]
        is_likely = second <= _MOST_LIKELY_PARTS
        counted = self._counted.match(found.string, found.end()) if first < second <= 10 else None
        is_counted = counted is not None and (is_likely or not counted["noun"])
        score = self._score.search(before)
        if score and not (score[1].lower() in self._articles and (is_counted or is_likely)):
            return f"{first} {self._out_of} {second}"
        is_small = first < second <= 10 and first < 5 and not found[1].startswith("0")
        if is_counted or (is_small and not self._cue.search(before)):
            return found[0]  # a fraction
        day, month = self._order(first, second) or (0, 0)
        over = " " if first == second else f" {self._over} "  # 50/50
        return self._said(found, day, month) or f"{first}{over}{second}"

    def _say_named(self, found: re.Match[str]) -> str:
        month = self._month(found[2])
        year = found[3]
        full = len(found[2]) == len(self._months[month])
        after = "." if full and found[0].endswith(".") else stop_after(found)
        said = self._said(found, int(found[1]), month, year)
        return said + after if said else found[0]

    def _say_before(self, found: re.Match[str]) -> str:
        month = self._month(found[1])
        is_name = found[1][0].isupper()
        return (is_name and self._said(found, int(found[2]), month, found[3], day_first=False)) or found[0]

    def _say_bare(self, found: re.Match[str]) -> str:
        return self._month_year(self._month(found[1]), found[2])

    def _month_year(self, month: int, year: str) -> str:
        return self._words.month_year.format(month=self._months[month], year=year)

    def _month(self, written: str) -> int:
        return next(n for n, name in self._months.items() if name.lower().startswith(written.lower()))

    def _order(self, first: int, second: int) -> tuple[int, int] | None:
        """Return the day and the month of a pair, in the region's order or else the one in which it is a date."""
        orders = [(first, second), (second, first)]
        return next((pair for pair in (orders if self._day_first else orders[::-1]) if _is_date(*pair)), None)

    def _said(
        self,
        found: re.Match[str],
        day: int,
        month: int,
        year: str | None = None,
        *,
        day_first: bool | None = None,
    ) -> str:
        """Return a date in words; "" where there is no such day."""
        if not _is_date(day, month):
            return ""
        words, is_first = self._words, self._day_first if day_first is None else day_first
        if year and len(year) == 2:
            year = ("20" if year < "70" else "19") + year
        names = {"day": self._day(day), "month": self._months[month], "year": year}
        if is_first:
            said = (words.day_first_year if year else words.day_first).format(**names)
        else:
            said = (words.month_first_year if year else words.month_first).format(**names)
        article, _, rest = said.partition(" ")
        before = found.string[max(0, found.start() - _LONGEST_CUE) : found.start()].lower().split()
        return rest if article.isalpha() and before[-1:] == [article] else said

    def _day(self, day: int) -> str:
        if self._words.ordinal_days:
            return self._language.spelt(day, self._words.ordinal_days)
        return self._words.first if day == 1 and self._words.first else str(day)


def _counted(language: Language) -> str:
    """Return a pattern of what follows a fraction and no date: " de litro", " kilo", " kg"."""
    words = language.words.fractions
    nouns = {*words.nouns, *words.other_nouns}
    parts_of_day = {part.split()[-1] for _, part in language.words.times.parts}
    of = f"{words.of} " if words.of else ""
    units = any_of({*CLDR, *language.words.units})
    bare = any_of(nouns - parts_of_day)
    return rf" {of}(?:{any_of(nouns)})\b| (?P<noun>{bare})\b| ?(?:{units})(?![\w²³/]|\.\w)"


def _is_hardly_a_time(first: str, second: str, *, is_one_day: bool) -> bool:
    """Return whether 30-11, 01-12, 15-12 or, of one day, 1-12 is a day and a month rather than two hours."""
    if first.startswith("0") or second.startswith("0"):
        return True
    day, month = int(first), int(second)
    if day >= _NO_HOUR:
        return True
    if day > _NOON:
        return is_one_day or month > _MORNING  # viernes 20-2 are a bar's hours
    return is_one_day and day < _MORNING and (month <= day or month > _EVENING)


def _is_date(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= (
        29 if month == _FEBRUARY else 30 if month in (4, 6, 9, 11) else 31
    )
