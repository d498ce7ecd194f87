"""Sums and measures that stand before their noun: a $49 trip fee is a 49 dollar trip fee."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.text import any_of

_LONGEST_BEFORE = 24


class Attributes:
    """Tells where a sum or a measure stands before its noun: after an article, or before a noun of sums."""

    def __init__(self, language: Language) -> None:
        words = language.words.attributes
        self._are_there = bool(words.articles)
        ends = rf"(?:[\d.,]+ {language.words.signs['to']} )?"
        self._article = re.compile(rf"(?:\A|\W)(?:{any_of(words.articles)}) {ends}\Z", re.IGNORECASE)
        word = rf"[ /](?!(?:{any_of(words.no_nouns)})\b)[a-z][a-z-]*"
        self._word = re.compile(word)
        self._noun = re.compile(rf"(?:{word}){{0,2}} (?:{any_of(words.nouns)})\b")

    def after_article(self, found: re.Match[str]) -> bool:
        """Return whether a match stands between an article and a word: an 8 oz steak."""
        if not self._are_there or not self._word.match(found.string, found.end()):
            return False
        before = found.string[max(0, found.start() - _LONGEST_BEFORE) : found.start()]
        return bool(self._article.search(before))

    def before_noun(self, found: re.Match[str]) -> bool:
        """Return whether a match stands before its noun, with or without an article: $49 trip fee."""
        if not self._are_there:
            return False
        return bool(self._noun.match(found.string, found.end())) or self.after_article(found)
