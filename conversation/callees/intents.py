"""Recognises, without a model, what people and machines say to a call of ours."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from conversation.phrases import catalogues
from conversation.phrases.words import Recognised
from integrations.plain_text import plain_words

_ENDS = re.compile(r"[^\w\s'’-]+")
_MOST_WORDS = 14
"""A person's short sentence; what is longer is left to the model."""
_LONGEST_GREETING = 90
"""Words of a machine's greeting."""


def wants_no_calls(said: str) -> bool:
    """Return whether somebody wants no more calls of ours, in a language with a file of phrases."""
    return _is_said(said, _MOST_WORDS, _no_more_calls()) and not _is_said(said, _MOST_WORDS, _for_now())


def is_stop_word(said: str) -> bool:
    """Return whether these words, written, would end our messages: said to a call of ours, they end calls too."""
    return plain_words(said) in _stop_words()


def asks_who_calls(said: str) -> bool:
    """Return whether somebody, or a service that screens calls, asks who is calling: with the end of a sentence."""
    sentences = (f" {plain_words(sentence)}" for sentence in _ENDS.split(said))
    return any(sentence.endswith(_asking()) for sentence in sentences)


def is_machine_greeting(said: str) -> bool:
    """Return whether these are the words of an answering machine."""
    return _is_said(said, _LONGEST_GREETING, _greetings())


def _is_said(said: str, most_words: int, known: Sequence[str]) -> bool:
    plain = plain_words(said)
    return plain.count(" ") < most_words and any(each in f" {plain} " for each in known)


def _listed(of: Callable[[Recognised], Sequence[str]]) -> tuple[str, ...]:
    return tuple(
        f" {plain_words(each)} " for catalogue in catalogues().values() for each in of(catalogue.recognised)
    )


@cache
def _no_more_calls() -> tuple[str, ...]:
    return _listed(lambda recognised: recognised.no_more_calls)


@cache
def _for_now() -> tuple[str, ...]:
    return _listed(lambda recognised: recognised.only_for_now)


@cache
def _asking() -> tuple[str, ...]:
    return tuple(each.rstrip() for each in _listed(lambda recognised: recognised.asks_who_calls))


@cache
def _greetings() -> tuple[str, ...]:
    return _listed(lambda recognised: recognised.machine_greetings)


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(each.strip() for each in _listed(lambda recognised: recognised.stop))
