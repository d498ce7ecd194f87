"""Days of the week, as L-V, lun.-vie., Mon–Fri."""

import re

from babel.dates import get_month_names

from conversation.speech.languages import Language
from conversation.speech.rules.text import DASH, any_of

_SHORTEST_LIST = 3  # "L y M" are sizes


class Days:
    """Days are read in ranges and lists of days, and before a time, a date or a colon: elsewhere "mar" is the sea."""

    def __init__(self, language: Language) -> None:
        words = language.words
        months = {name[:3] for name in get_month_names("wide", "format", language.locale).values()}
        self._days = [day.lower() for day in language.days]
        self._names = dict(zip(self._days, language.days, strict=True))
        self._initials = {
            initial: name for initial, name in zip(words.days.initials, language.days, strict=True) if initial
        }
        self._extra = dict(pair.split("=")[::-1] for pair in words.days.abbreviations)
        self._to, self._and = words.signs["to"], words.signs["and"]
        self._linked = {self._to, self._and}
        initial = any_of(self._initials)
        link = rf"(?: ?{DASH} ?| ?/ ?|, ?| (?:{any_of(self._linked)}) )"
        self._any_initial = re.compile(rf"(?<!\w)(?:{initial})[ ,/–—−-]")
        self._short = re.compile(rf"(?<![\w./-])(?:{initial})(?:{link}(?:{initial}))+(?![\w/]|[.-]\w|')")
        self._alone = re.compile(
            rf"(?:\A|(?<=[;,.] )|(?<= {self._and} ))({initial})(?=:? ?\d\d?(?:[:.]\d\d)? ?(?:{DASH}|{self._to} ))"
        )
        shorter = {day[:end] for day in self._days for end in range(3, len(day))} | set(self._extra)
        self._any = re.compile(rf"(?:{any_of(shorter)})(?![^\W\d_])|(?:{any_of(self._days)}) ?[-–—−/]")
        name = rf"(?:{any_of(shorter | set(self._days))})\b\.?"
        self._listed = re.compile(rf"(?<![\w/.-]){name}(?:{link}{name})+", re.IGNORECASE)
        self._before = re.compile(
            rf"(?<![\w/.-])({name})(?=:|,? (?:{any_of(months)})[a-z]*\.? \d|,? ?\d(\d?(?:[/:-]\d|h))?)",
            re.IGNORECASE,
        )
        self._dotted = re.compile(
            rf"(?<![\w/.-])({any_of(shorter)})\.(?= [a-zà-ÿ]{{1,5}} \d|\))", re.IGNORECASE
        )
        self._has_capital = language.days[0][0].isupper()
        self._day = re.compile(rf"({name})|({DASH})|[^\W\d_]+|\W", re.IGNORECASE)
        self._initial = re.compile(rf"({initial})(?!\w)|({DASH})|[^\W\d_]+|\W")

    def __call__(self, text: str) -> str:
        if self._any_initial.search(text):
            text = self._short.sub(self._say_initials, text)
            text = self._alone.sub(lambda found: self._initials[found[1]], text)
        if not self._any.search(text.lower()):
            return text
        text = self._listed.sub(self._say_list, text)
        if "." in text:
            text = self._dotted.sub(lambda found: self._in_full(found[1]), text)
        return self._before.sub(self._say_before, text)

    def _say_initials(self, found: re.Match[str]) -> str:
        parts = list(self._initial.finditer(found[0]))
        days = [self._initials[part[1]] for part in parts if part[1]]
        is_range = any(part[2] or part[0] == self._to for part in parts)
        order = [list(self._initials.values()).index(day) for day in days]
        if is_range and (len(days) != 2 or order[0] >= order[1]):
            return found[0]  # sizes: S-L
        if is_range:
            return f"{days[0]} {self._to} {days[1]}"
        if len(days) < _SHORTEST_LIST or order != sorted(set(order)):
            return found[0]
        return f"{', '.join(days[:-1])} {self._and} {days[-1]}"

    def _say_before(self, found: re.Match[str]) -> str:
        """Say "sáb. 5" and "Sáb 5", and "sáb 5" only before a date or a time: "They sat 5 hours"."""
        written, is_capital = found[1], found[1][0].isupper()
        if self._has_capital and not is_capital:
            return written
        return self._in_full(written) if is_capital or written.endswith(".") or found[2] else written

    def _say_list(self, found: re.Match[str]) -> str:
        if self._has_capital and not found[0][0].isupper():
            return found[0]
        said, slashes = "", found[0].count("/")
        for part in self._day.finditer(found[0]):
            if part[1]:
                said += self._in_full(part[1])
            elif part[2]:
                said = f"{said.rstrip()} {self._to} "
            elif part[0] == "/":
                slashes -= 1
                said = f"{said.rstrip()}, " if slashes else f"{said.rstrip()} {self._and} "
            else:
                said += "" if part[0] == " " and said.endswith(" ") else part[0]
        last = self._day.findall(found[0])[-1][0]
        ends = last.endswith(".") and (self._is_full(last) or found.end() == len(found.string))
        return said.rstrip(".") + "." * ends

    def _is_full(self, written: str) -> bool:
        return written.lower().rstrip(".") in self._names

    def _in_full(self, written: str) -> str:
        lower = written.lower().rstrip(".")
        if lower in self._names:
            return written
        return self._extra.get(lower) or next(
            name for day, name in self._names.items() if day.startswith(lower)
        )
