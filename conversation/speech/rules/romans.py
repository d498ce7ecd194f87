"""Roman numerals: siglo XXI, Alfonso XIII, World War II, II Jornadas."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.text import any_of, ends_with

_NUMERAL = r"X{0,3}(?:IX|IV|V?I{0,3})"
_ANY = re.compile(r"\b[IVX]+\b")
_LONGEST_ARTICLE = 3
_VALUES = {"I": 1, "V": 5, "X": 10}


class Romans:
    """Numerals up to 39: a letter alone after a cue or a king's name, two and more after any name."""

    def __init__(self, language: Language) -> None:
        self._language, self._words = language, language.words.romans
        words = self._words
        self._said = {cue.lower(): said for cue, said in words.said.items()}
        self._royal = re.compile(
            rf"\b({any_of([*words.kings, *words.queens])}) (?=[IVX])({_NUMERAL})(?![\w-]|\.\w)"
        )
        link = rf"(?: {language.words.signs['and']} | {language.words.signs['to']} |, |[-–])"
        self._cued = re.compile(
            rf"(?<!\w)((?i:{any_of(words.cues)})) (?=[IVX])({_NUMERAL}(?:{link}(?=[IVX]){_NUMERAL})*)(?![\w-]|\.\w)"
        )
        self._after_name = re.compile(rf"(?<=[^\W\d_]{{2}}) (?=[IVX]{{2}})({_NUMERAL})(?![\w-]|\.\w)")
        self._leading = re.compile(rf"(?<![\w.-])(?=[IVX]{{2}})({_NUMERAL}) (?=([^\W\d_]{{3,}}))")

    def __call__(self, text: str) -> str:
        if not _ANY.search(text):
            return text
        text = self._cued.sub(self._say_cued, text)
        text = self._royal.sub(self._say_royal, text)
        if self._words.leading:
            text = self._leading.sub(self._say_leading, text)
        return self._after_name.sub(lambda found: f" {_value(found[1])}", text)

    def _say_cued(self, found: re.Match[str]) -> str:
        numbers = _ANY.sub(lambda numeral: str(_value(numeral[0])), found[2])
        return f"{self._said.get(found[1].lower(), found[1])} {numbers}"

    def _say_royal(self, found: re.Match[str]) -> str:
        words, number = self._words, _value(found[2])
        if number > words.most:
            return f"{found[1]} {number}"
        is_queen = found[1] in words.queens
        ordinal = self._language.spelt(number, words.ordinals[is_queen])
        return (words.queen if is_queen else words.king).format(name=found[1], ordinal=ordinal)

    def _say_leading(self, found: re.Match[str]) -> str:
        before = found.string[max(0, found.start() - 40) : found.start()].rstrip().rpartition(" ")[2]
        if not found[2][0].isupper() or (before[:1].isupper() and len(before) > _LONGEST_ARTICLE):
            return found[0]
        leading = self._words.leading
        form = next(
            (form for ending, form in leading.items() if ends_with(found[2], [ending])), leading["other"]
        )
        return f"{self._language.spelt(_value(found[1]), form)} "


def _value(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
