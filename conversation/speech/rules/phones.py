"""Phone numbers, and others that are read digit by digit: of seven digits and more, or with a leading zero."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.spelling import in_groups

_CANDIDATE = re.compile(r"\d{3}|\d\d [\d-]|\+\d|(?<![\d:.,])0\d")
_PHONE = re.compile(
    r"(?:\(?\+|(?<![\w.,])00(?=[1-9]\d? ))(?P<country>\d)(?:[ .()-]{0,2}\d){6,14}(?!\d)"
    r"|(?<![\w.,])\(?\d{3}\)?[ .-]\d{3}[ -]\d{3,4}(?![.,]?\d)"
    r"|(?<![\w.,])1[ -]\d{3}-\d{3}-\d{4}(?![.,]?\d)"
    r"|(?<![\w.,])[6-9]\d{2}(?P<sign>[ .-])\d{2}(?:(?P=sign)\d{2}){2}(?![.,]?\d)"
    r"|(?<![\w.,])\(?\d{2}\)?(?P<mark>[ -])\d{3}(?:(?P=mark)\d{2}){2}(?![.,]?\d)"
    r"|(?<![\w.,])\(?\d{2}\)? \d{4,5}[ -]\d{4}(?![.,]?\d)|(?<![\w.,])0\d{2,4} \d{3,4} ?\d{3,4}(?![.,]?\d)"
    r"|(?<![\w.,])(?:[6-9]\d{2}\.\d{3}\.(?!000)\d{3}|\d{3}\.\d{3}\.\d{4})(?![.,]?\d)"
    r"|(?<![\w.,-])\d{3}-\d{4}(?![.,-]?\d)"
    r"|(?<![\w.,])\d{7,}(?![.,]?\d)|(?<![\w.,:/-])0\d{1,5}(?![\w:/%°-]|[.,]\d)"
)
_ONE_OF_TWO = re.compile(r"(?<=\d \d) ?/ ?(?=\d \d)")
# ITU-T E.164: country codes of one and of two digits; the others have three.
_COUNTRY_CODE = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
_WITH_TRUNK_PREFIX = 11  # digits of 1-202-555-0101
_DIGITS = re.compile(r"\d+")


class Phones:
    """Digits one by one, with a pause after each three: "más 34, 6 0 0, 0 0 0, 0 0 1"."""

    def __init__(self, language: Language) -> None:
        self._plus, self._or = language.words.signs["+"], language.words.signs["or"]

    def __call__(self, text: str) -> str:
        if not _CANDIDATE.search(text):
            return text
        text = _PHONE.sub(self._say, text)
        return _ONE_OF_TWO.sub(f" {self._or} ", text) if "/" in text else text

    def _say(self, found: re.Match[str]) -> str:
        digits = "".join(_DIGITS.findall(found[0]))
        if len(digits) == _WITH_TRUNK_PREFIX and found[0][:2] in ("1-", "1 "):
            return f"1, {in_groups(digits[1:])}"
        digits = digits[2:] if found["country"] and found[0].startswith("00") else digits
        code = found["country"] and _COUNTRY_CODE.match(digits)
        number = in_groups(digits[code.end() :] if code else digits)
        glued = found.start() > 0 and found.string[found.start() - 1].isalnum()
        return " " * glued + (f"{self._plus} {code[0]}, {number}" if code else number)
