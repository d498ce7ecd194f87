"""Signs in words, where nothing else has read them: %, &, @, #, +, =, ×, /."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.money import Money
from conversation.speech.rules.units import Units

_ANY = re.compile(r"\d ?[xX] ?\d|[%‰&@#*$€£¥~/+=×÷±≤≥<>→]")
_SUM = re.compile(r" ?(?:(?<=\d)([xX])(?=\d)|(?<=\d )([xX])(?= \d)|([×÷±≤≥])|(?<=\d)(=)|(?<= )(=)(?= )) ?")
_MINUS = re.compile(r"(?<=\d) [-–−] (?=\d)")
_COMPARED = re.compile(r"(?<=[\w)]) ?([<>])(=?) ?(?=\d)|(?:(?<=\s)|\A)([<>]) ?(?=\d)")
_NUMBER_AFTER = re.compile(r" \d")
_SYMBOL = re.compile(
    r"(?: ?([%‰]))+|&(?:amp;|&)*|([@#*+])\2*|~ ?|(?<=[^\W_]) ?/ ?([^\W\d_]{1,16})|(?<=\d)/(?=\d)"
)
_LEFT_OF_SLASH = re.compile(r"([^\W\d_]+)(?:( \d\d)| [^\W\d_]+ \d\d)? ?\Z")


class Signs:
    """A language's names of signs."""

    def __init__(self, language: Language, money: Money, units: Units) -> None:
        self._signs, self._money, self._units = language.words.signs, money, units
        words = language.words.money
        pairs = [
            *words.currencies.values(),
            *words.coins.values(),
            *units.names.values(),
            language.currency(language.own_currency),
        ]
        self._counted = {said.split()[-1] for pair in pairs for said in pair}

    def __call__(self, text: str) -> str:
        if not _ANY.search(text):
            return text
        text = self._money.lone(text)
        if "=" in text:
            text = _MINUS.sub(f" {self._signs['minus']} ", text)
        text = _SUM.sub(self._say_sum, text)
        if "<" in text or ">" in text:
            text = _COMPARED.sub(self._say_compared, text)
        return _SYMBOL.sub(self._say, text)

    def _say_sum(self, found: re.Match[str]) -> str:
        sign = next(filter(None, found.groups()))
        if sign in "xX×":
            return f" {self._signs['×' if '=' in found.string else 'by']} "
        return f" {self._signs[sign]} "

    def _say_compared(self, found: re.Match[str]) -> str:
        sign = found[1] or found[3]
        return f" {self._signs[{'<': '≤', '>': '≥'}[sign] if found[2] else sign]} "

    def _say(self, found: re.Match[str]) -> str:
        symbol = found[0].strip()[0]
        before = found.string[max(0, found.start() - 1) : found.start()]
        after = found.string[found.end() : found.end() + 1]
        if symbol == "/":
            return self._slash(found)
        if symbol == "~":
            return " "
        if symbol == "*" and before.isdigit() and after.isdigit():
            symbol = "×"
        if symbol == "#" and (after.isalnum() or _NUMBER_AFTER.match(found.string, found.end())):
            return " " if after.isalpha() else f" {self._signs['number']} "
        return f" {self._signs[symbol]} "

    def _slash(self, found: re.Match[str]) -> str:
        """Say 20 euros/hora and 2 veces/semana with per, niños/niñas with or; TCP/IP stays."""
        right = found[3]
        if not right:
            return f" {self._signs['/']} "  # between the digits of something that no rule knows
        left = _LEFT_OF_SLASH.search(found.string, max(0, found.start() - 40), found.start())
        if left is None:
            return found[0]
        if left[1] in self._counted or _is_rate(left, right):
            return f" {self._signs['per']} {self._units.names.get(right, (right,))[0]}"
        are_words = min(len(left[1]), len(right)) > 1 and left[1][1:].islower() and right[1:].islower()
        return f" {self._signs['or']} {right}" if are_words and not left[2] else found[0]


def _is_rate(left: re.Match[str], right: str) -> bool:
    """Return whether so many of one thing come with another: 2 veces/semana, but not 2 niños/niñas."""
    word, before = left[1], left.string[max(0, left.start(1) - 2) : left.start(1)]
    return before.rstrip()[-1:].isdigit() and word.islower() and word[:2] != right[:2].lower()
