"""Recognises simple intents without a model: asking for a person, and merely saying "go on"."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from conversation.phrases import Phrases, catalogues
from conversation.phrases.words import Part
from integrations.plain_text import folded, plain_words

_MOST_WORDS = 10


def asks_for_person(said: str) -> bool:
    """Return whether these words, in a language with a file of phrases, only ask for a person.

    Such a request need not wait for a model. Longer sentences are left to the model, which knows the context.
    """
    plain = plain_words(said)
    if plain.count(" ") >= _MOST_WORDS:
        return False
    return any(pattern.fullmatch(plain) for pattern in _asking())


def is_continue(text: str, phrases: Phrases) -> bool:
    """Return whether the words only mean "go on": "Sí, sí.", "ajá", "OK, sure". Silence does not.

    Case, accents, punctuation and drawn-out letters ("mmmm") make no difference.
    """
    words, known = _fold(text), _folded(phrases.continue_words)
    longest = max(map(len, known), default=0)
    # How far into the words one can come with nothing but known ones, one after the other.
    reached = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        starts = range(max(0, end - longest), end)
        reached[end] = any(reached[start] and words[start:end] in known for start in starts)
    return bool(words) and reached[-1]


@cache
def _asking() -> Sequence[re.Pattern[str]]:
    return [
        re.compile(pattern_of(catalogue.recognised.asks_for_person)) for catalogue in catalogues().values()
    ]


def pattern_of(parts: Sequence[Part]) -> str:
    """Return a regular expression for a sentence of these parts, in the form that plain_words() returns."""
    pattern, has_begun = "", False
    for part in parts:
        words = "|".join(map(plain_words, part.words))
        one = words if len(part.words) == 1 else f"(?:{words})"
        if part.times == "once":
            pattern += f" {one}" if has_begun else one
            has_begun = True
        else:
            repeated = "*" if part.times == "any" else "?"
            pattern += f"(?: {one}){repeated}" if has_begun else f"(?:{one} ){repeated}"
    return pattern


@lru_cache(maxsize=64)
def _folded(phrases: frozenset[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(_fold(phrase) for phrase in phrases) - {()}


def _fold(text: str) -> tuple[str, ...]:
    # Transcripts draw sounds out as they please: "mmm", "siii". Two letters stay: "llamar", "sorry".
    undrawn = re.sub(r"([^\W\d_])\1{2,}", r"\1", folded(text))
    return tuple(re.findall(r"[^\W_]+", undrawn))
