"""Recognises simple intents without a model: asking for a person, leaving no message, merely saying "go on"."""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import cache, lru_cache

from conversation.phrases import Phrases, catalogues
from conversation.phrases.words import Part
from integrations.plain_text import folded, plain_words

_MOST_WORDS = 10
_BREAKS = re.compile(r"[^\w\s'’-]+")


class MessageReply(StrEnum):
    """Replies of callers who are asked for a message."""

    MESSAGE = "message"
    DECLINED = "declined"
    GOODBYE = "goodbye"
    PERSON = "person"
    """They want to talk to somebody."""
    QUESTION = "question"
    """They leave none, and ask something instead: "No, thank you. What time do you open?"."""
    UNCLEAR = "unclear"
    """Nothing that could be told to anybody: "yes", "hello?", a sound."""


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
    words = _fold(text)
    return bool(words) and _is_made_of(words, _folded(phrases.continue_words))


def message_reply(said: str) -> MessageReply:
    """Return what a caller means who was asked for a message, in a language with a file of phrases."""
    if asks_for_person(said):
        return MessageReply.PERSON
    reply = _kind_of_reply(said)
    if reply is MessageReply.MESSAGE and said.rstrip().endswith("?"):
        first = next(filter(_fold, _BREAKS.split(said)), "")
        if _kind_of_reply(first) is MessageReply.DECLINED:
            return MessageReply.QUESTION
    return reply


def _kind_of_reply(said: str) -> MessageReply:
    words = _fold(said)
    return next((reply for reply, known in _replies() if _is_made_of(words, known)), MessageReply.MESSAGE)


@cache
def _replies() -> Sequence[tuple[MessageReply, frozenset[tuple[str, ...]]]]:
    """Return what replies are made of, the least telling first: "no, thank you" is more than "thank you"."""
    replies: list[tuple[MessageReply, frozenset[tuple[str, ...]]]] = []
    for catalogue in catalogues().values():
        heard = catalogue.recognised
        unclear = _folded(catalogue.phrases.continue_words) | _folded(heard.no_message)
        declines = unclear | _folded(heard.declines)
        replies += [
            (MessageReply.UNCLEAR, unclear),
            (MessageReply.DECLINED, declines),
            (MessageReply.GOODBYE, declines | _folded(heard.farewells)),
        ]
    return replies


def _is_made_of(words: tuple[str, ...], known: Collection[tuple[str, ...]]) -> bool:
    longest = max(map(len, known), default=0)
    # How far into the words one can come with nothing but known ones, one after the other.
    reached = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        starts = range(max(0, end - longest), end)
        reached[end] = any(reached[start] and words[start:end] in known for start in starts)
    return reached[-1]


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
