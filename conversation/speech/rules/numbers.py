"""Numbers with a sign between their thousands: 1.200 and 1,200."""

import re

from conversation.speech.languages import Language

_THOUSANDS = re.compile(r"(?<![\w.,])([1-9]\d{0,2})([.,])(\d{3})((?!\2)[.,]\d{1,2})?(?![.,]?\d)")


class Numbers:
    """Joins thousands: voices of Spanish America take the dot of 1.200 for a decimal one."""

    def __init__(self, language: Language) -> None:
        self._signs = language.group + language.words.thousands

    def __call__(self, text: str) -> str:
        return _THOUSANDS.sub(self._say, text)

    def _say(self, found: re.Match[str]) -> str:
        return f"{found[1]}{found[3]}{found[4] or ''}" if found[2] in self._signs else found[0]
