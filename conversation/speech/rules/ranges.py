"""Ranges, as 9:00-14:00, 20-30 € and 10~15; negative numbers; about and more: ~20, 18+."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.text import DASH, any_of, linked

_END = r"((?:(?:US|MX|R)?[€$£] ?)?)(\d{1,3}(?:[.,]\d{3})+|\d{1,4}(?:[:.,]\d{1,2}|h\d{2})?)"
_RANGE = re.compile(
    rf"(?<![\w.,:/+)–—-])(?<![\d)] ){_END}( ?[€%h°]C?)? ?(?:{DASH}|~) ?{_END}(?![\d/:–—-]|[.,]\d)"
)
_NEGATIVE = re.compile(r"(?<![\w.,:/%€$£)\]-])(?<![\d%€$£)] )[-−](?=[€$£]?\d)")
_MORE = re.compile(r"(?<=\d)\+(?![\d+=])(?! ?\d)")
_ABOUT = re.compile(r"(?<!\w)~ ?(?=\d)|[≈] ?(?=\d)")

_THOUSANDS = re.compile(r"[.,](?=\d{3})")
_LONGEST_DAY = 24


class Ranges:
    """A dash between two numbers that rise is a range; 555-0100 and all else stays."""

    def __init__(self, language: Language) -> None:
        signs = language.words.signs
        self._after_day = re.compile(rf"\b(?:{any_of(language.days)})[:,]? \Z", re.IGNORECASE)
        self._links = language.words.ranges
        self._to, self._minus, self._more, self._about = (
            signs["to"],
            signs["minus"],
            signs["more"],
            signs["~"],
        )

    def __call__(self, text: str) -> str:
        text = _RANGE.sub(self._say, text)
        if "-" in text or "−" in text:
            text = _NEGATIVE.sub(f"{self._minus} ", text)
        if "+" in text:
            text = _MORE.sub(f" {self._more}", text)
        if "~" in text or "≈" in text:
            text = _ABOUT.sub(f"{self._about} ", text)
        return text

    def _say(self, found: re.Match[str]) -> str:
        sign, low, unit, second_sign, high = found.groups(default="")
        is_clock = ":" in low + high or "h" in low + high
        rises = _value(low) < _value(high)
        if not is_clock and (not rises or re.match(r"0\d", low) or re.match(r"0\d", high)):
            before = found.string[max(0, found.start() - _LONGEST_DAY) : found.start()]
            if not self._after_day.search(before):
                return found[0]  # Saturday 10-2 is a time
        sign, second_sign = ("", second_sign or sign) if second_sign in ("", sign) else (sign, second_sign)
        if unit and found.string[found.end() :].lstrip().startswith(unit.strip()):
            unit = ""
        return f"{sign}{low}{unit} {linked(found, self._to, self._links)} {second_sign}{high}"


def _value(end: str) -> float:
    """Return one end of a range as a number: 1.200 is more than 900, and 9:30 less than 10."""
    return float(re.sub("[:,h]", ".", _THOUSANDS.sub("", end)))
