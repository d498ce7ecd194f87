"""Times of day, as 17:30 h, 5pm, 17h30, 9-5pm, and minutes as 45'."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.text import DASH, stop_after

_CLOCK = r"\d\d?(?:[:.]\d\d)?"
_CANDIDATE = re.compile(r"\d ?(?:[aApP]\.? ?[mM]|[hH](?:rs?|s)?(?![^\W\d_])|['′’])|\b0\d:")
_HALF_DAY = r"([aApP])\.? ?[mM](?:\.|\b)"
_WITH_HALF = re.compile(rf"(?<![\w.,:/])(\d\d?)(?:[:.h](\d\d))? ?{_HALF_DAY}")
_SPAN_WITH_HALF = re.compile(
    rf"(?<![\w.,:/])({_CLOCK}(?: ?[aApP]\.? ?[mM]\.?)?) ?(?:{DASH}|~) ?(?={_CLOCK} ?{_HALF_DAY})"
)
_CLOCK_H = re.compile(r"(?<![\w.,:/])(\d\d?)(?:[:.](\d\d) ?(?:hrs?|hs|h)\b\.?|h(\d\d)(?:\b| ?min\b\.?|m\b))")
_LEADING_ZERO = re.compile(r"(?<![\w.,:/])0(\d:[0-5]\d)(?![\d:])")
_CLOCK_24 = re.compile(r"(?<![\w.,:/])(\d\d?):([0-5]\d)(?![\d:]| ?[AaPp]\.? ?[Mm]\b)")
_NEXT_SPAN = re.compile(r"(?<=:\d\d) ?/ ?(?=\d\d?:\d\d)")
_PRIME = re.compile(r"(?<=\d)['′’](?=[ ,.;:)]|\Z)")
_LATEST_DURATION = 4  # 1h30 is a duration, 17h30 a time
_NOON = 12


class Times:
    """A language's times of day, on a clock of 24 hours or of 12."""

    def __init__(self, language: Language) -> None:
        self._words, self._to = language.words.times, language.words.signs["to"]
        hour = r"(\d\d?):([0-5]\d)"
        self._span_24 = re.compile(
            rf"(?<![\w.,:/]){hour}(?: ?{DASH} ?| {self._to} ){hour}(?![\d:]| ?[AaPp]\.? ?[Mm]\b)"
        )

    def __call__(self, text: str) -> str:
        if "/" in text:
            text = _NEXT_SPAN.sub(", ", text)
        if not (_CANDIDATE.search(text) or (self._words.twelve_hours and ":" in text)):
            return text
        text = _SPAN_WITH_HALF.sub(rf"\1 {self._to} ", text)
        text = _WITH_HALF.sub(self._say_half_day, text)
        text = _CLOCK_H.sub(self._say_clock, text)
        text = _LEADING_ZERO.sub(r"\1", text)
        if self._words.twelve_hours and ":" in text:
            text = self._span_24.sub(self._say_span, text)
            text = _CLOCK_24.sub(
                lambda found: _twelve(int(found[1]), found[2], self._words.parts, found[0]), text
            )
        if text.count("'") + text.count("’") + text.count("′") == 1:
            text = _PRIME.sub(f" {self._words.minutes}", text)
        return text

    def _say_half_day(self, found: re.Match[str]) -> str:
        hour, minutes = int(found[1]), found[2] or ""
        if not 1 <= hour <= _NOON or minutes > "59":
            return found[0]
        is_afternoon = found[3] in "pP"
        if hour == _NOON and minutes in ("", "00"):
            said = self._words.noon if is_afternoon else self._words.midnight
        else:
            part = _part(hour % _NOON + _NOON * is_afternoon, self._words.parts)
            said = f"{hour}:{minutes} {part}" if minutes not in ("", "00") else f"{hour} {part}"
        return said + stop_after(found)

    def _say_clock(self, found: re.Match[str]) -> str:
        hour, minutes = int(found[1]), found[2] or found[3]
        if hour > 24 or minutes > "59":
            return found[0]
        stop = stop_after(found)
        if found[3] and hour <= _LATEST_DURATION:
            return f"{hour} h {minutes} min{stop}"
        return f"{hour}:{minutes}{stop}"

    def _say_span(self, found: re.Match[str]) -> str:
        first, last = int(found[1]), int(found[3])
        if not first < last or last <= _NOON:
            return found[0]
        parts = self._words.parts
        return f"{_said(first, found[2], parts)} {self._to} {_said(last, found[4], parts)}"


def _part(hour: int, parts: list[tuple[int, str]]) -> str:
    return next(words for start, words in reversed(parts) if start <= hour)


def _twelve(hour: int, minutes: str, parts: list[tuple[int, str]], written: str) -> str:
    return _said(hour, minutes, parts) if _NOON < hour < 24 else written


def _said(hour: int, minutes: str, parts: list[tuple[int, str]]) -> str:
    clock = f"{(hour - 1) % _NOON + 1}" + (f":{minutes}" if minutes != "00" else "")
    return f"{clock} {_part(hour, parts)}"
