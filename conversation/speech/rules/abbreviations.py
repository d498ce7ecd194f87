"""Abbreviations in full, as Dra., p.ej., EE.UU., and what a language writes in a way of its own, as C/ and 24/7."""

import re

from conversation.speech.languages import Language

_LETTERS = re.compile(r"(?<![\w.])(?:[^\W\d_a-zß-ÿ]\.){2,6}(?!\w)")


class Replacements:
    """A language's patterns, each of which is tried where the text has what it needs."""

    def __init__(self, language: Language) -> None:
        self._all = [(one.needs, re.compile(one.pattern), one.said) for one in language.words.replacements]

    def __call__(self, text: str) -> str:
        for needs, pattern, said in self._all:
            if needs in text:
                text = pattern.sub(said, text)
        return text


class Abbreviations:
    """A language's abbreviations, and the initials of names that nobody listed: J.M. is J M."""

    def __init__(self, language: Language) -> None:
        self._said = {short.replace(" ", ""): said for short, said in language.words.abbreviations.items()}
        names = sorted(self._said, key=len, reverse=True)
        either = "|".join(name.replace(".", r"\. ?") for name in names)
        self._pattern = re.compile(rf"(?<![\w.])({either})\.(?=[^\w.]|\Z)", re.IGNORECASE)

    def __call__(self, text: str) -> str:
        last = text.rpartition(" ")[2]
        if "." not in text[:-1] and last[:-1].lower() not in self._said:
            return text
        text = self._pattern.sub(self._say, text)
        return _LETTERS.sub(lambda found: " ".join(found[0].split(".")).strip() + _stop(found), text)

    def _say(self, found: re.Match[str]) -> str:
        return self._said[found[1].lower().replace(" ", "")] + _stop(found)


def _stop(found: re.Match[str]) -> str:
    return "." if found.end() == len(found.string) else ""
