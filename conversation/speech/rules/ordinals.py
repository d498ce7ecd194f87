"""Ordinals, as 1.º, 3er, 2.ª, 1st and 22nd."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.text import any_of


class Ordinals:
    """A language's ordinals in words, up to the greatest that people say; greater ones are plain numbers."""

    def __init__(self, language: Language) -> None:
        self._language, self._words = language, language.words.ordinals
        words = self._words
        self._forms = {ending: form for form, endings in words.endings.items() for ending in endings}
        self._pattern = re.compile(
            rf"(?<![\w.,/:])(\d{{1,3}})({any_of(self._forms)})(?:(?=[ABDEG-Z]\b)|(?![^\W_]))"
            r"(?:(?<=[a-z])\.(?= [^\W\d_A-Z]))?(?: ([^\W\d_]+))?"
        )
        nouns = any_of(words.degree_before)
        self._degree = re.compile(
            rf"(?<![\w.,/:])(\d{{1,2}})°(?= (?:{nouns})\b)|\b((?i:{nouns})) (\d{{1,2}})°(?![CF])"
        )
        self._adjective = words.adjective and next(form for form in words.endings)

    def __call__(self, text: str) -> str:
        if self._words.degree_before and "°" in text:
            sign = self._words.endings[self._words.degree][0]
            text = self._degree.sub(lambda found: f"{found[1] or f'{found[2]} {found[3]}'}{sign}", text)
        return self._pattern.sub(self._say, text)

    def _say(self, found: re.Match[str]) -> str:
        number, form, following = int(found[1]), self._forms[found[2]], found[3]
        is_glued = found.string[found.end() : found.end() + 1].isalnum()  # 2ºB
        after = f" {following}" if following else " " * is_glued
        if number == 0:
            return found[0]
        if number > self._words.most:
            return f"{number}{after}"
        if (
            form == self._adjective
            and following
            and following.islower()
            and following not in self._words.no_nouns
        ):
            form = self._words.adjective
        return self._language.spelt(number, form) + after
