"""Fractions: 1/2 h, ¾, 1 1/2 kg; scores: 4,8/5."""

import re
import unicodedata

from conversation.speech.languages import Language
from conversation.speech.rules.text import any_of
from conversation.speech.rules.units import Units

_VULGAR = re.compile(r"(?<=\d) ?([¼-¾⅓-⅞])|([¼-¾⅓-⅞])")
_SCORE = re.compile(r"(?<![\w.,/])(\d{1,2}[.,]\d)/(5|10)(?![\w/]|[.,]\d)")
_HALF = 2


class Fractions:
    """A language's fractions: "media hora", "three quarters of a pound"."""

    def __init__(self, language: Language, units: Units) -> None:
        self._language, self._words, self._units = language, language.words.fractions, units.names
        self._out_of = language.words.signs["out_of"]
        unit = rf"(?P<unit>{any_of(units.names)})(?![\w²³/])"
        nouns = any_of([*self._words.nouns, *self._words.other_nouns])
        articles, definite = any_of(self._words.articles), any_of(self._words.definite)
        self._pattern = re.compile(
            rf"(?<![\w.,/])(?:(?P<article>(?i:{articles})) |(?P<definite>(?i:{definite})) )?"
            rf"(?:(?P<whole>\d{{1,3}}) )?(?P<some>\d)/(?P<parts>10|[2-9])(?![\d/]|[.,]\d)"
            rf"(?: ?{unit}| (?P<of>{self._words.of} )?(?P<noun>{nouns})\b)?"
        )

    def __call__(self, text: str) -> str:
        if not text.isascii():
            text = _VULGAR.sub(_written, text)
        if "/" not in text:
            return text
        return self._pattern.sub(self._say, _SCORE.sub(rf"\1 {self._out_of} \2", text))

    def _say(self, found: re.Match[str]) -> str:
        some, parts = int(found["some"]), int(found["parts"])
        if not 0 < some < parts:
            return found[0]
        before, whole = found["article"] or found["definite"] or "", found["whole"]
        noun = found["noun"] or (self._unit(found["unit"], whole) if found["unit"] else "")
        said = self._said(whole, some, parts, noun)
        if whole or not before:
            return f"{before} {said}".lstrip()
        if self._words.after_article:
            return self._after_article(before, some, parts, noun, is_part=bool(found["of"]))
        if found["article"]:
            return said
        return f"{before} {said.partition(' ')[2] if some == 1 and parts != _HALF else said}"

    def _said(self, whole: str | None, some: int, parts: int, noun: str) -> str:
        words = self._words
        other = noun in words.other_nouns or noun.removesuffix("s") in words.other_nouns
        if whole:
            half = words.half_after_whole[other]
            fraction = half if parts == _HALF else self._some(some, parts)
            return " ".join(words.with_whole.format(whole=whole, noun=noun, fraction=fraction).split())
        if not noun:
            return words.alone if parts == _HALF else self._some(some, parts)
        if parts == _HALF:
            return words.half_of.format(fraction=words.half[other], noun=noun)
        return words.some_of[other].format(fraction=self._some(some, parts), noun=noun)

    def _after_article(self, article: str, some: int, parts: int, noun: str, *, is_part: bool) -> str:
        """Return "a quarter pound", "an eighth of a mile", "the half hour", "a two thirds" majority."""
        words = self._words
        number = f"{self._language.spelt(some, words.count)} " if some > 1 else ""
        plural = words.plural if some > 1 and (is_part or not noun) else ""
        fraction = words.alone if parts == _HALF else f"{number}{words.parts[parts - 3]}{plural}"
        if article.lower() in words.articles:
            article = article[0] + "n" * (fraction[0] in "aeiou")
        if not noun:
            return f"{article} {fraction}"
        if is_part:
            other = noun in words.other_nouns
            return f"{article} {words.some_of[other].format(fraction=fraction, noun=noun)}"
        return f"{article} {words.after_article.format(fraction=fraction, noun=noun)}"

    def _unit(self, sign: str, whole: str | None) -> str:
        many = whole is not None and (whole != "1" or self._words.plural_after_whole)
        return self._units[sign][many]

    def _some(self, some: int, parts: int) -> str:
        """Return "tres cuartos" of 3 and 4."""
        words = self._words
        return (
            f"{self._language.spelt(some, words.count)} {words.parts[parts - 3]}{words.plural * (some > 1)}"
        )


def _written(found: re.Match[str]) -> str:
    """Return " 1/2" of the ½ in 1½."""
    fraction = unicodedata.normalize("NFKC", found[1] or found[2]).replace("\u2044", "/")
    return f" {fraction}" if found[1] else fraction
