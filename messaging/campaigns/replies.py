"""What people answer to a campaign's message: noted with its recipient, and understood where it is one word."""

import re
from datetime import timedelta
from functools import cache

from conversation.phrases import catalogues
from integrations.plain_text import plain_words
from messaging.opt_out import Keyword, keyword_of

ANSWERED_WITHIN = timedelta(days=7)
"""What somebody writes later is no answer to it."""
YES, NO = "yes", "no"
_BUTTON = "button"
_CHOICE = re.compile(r"[0-9]{1,2}")
_LONGEST = 80


def outcome_of(kind: str, words: str) -> str:
    """Return what an answer comes to: yes, no, the number of a choice, or a button's words; empty for all others."""
    if kind == _BUTTON:
        return " ".join(words.split())[:_LONGEST]
    if len(words) > _LONGEST:
        return ""
    said = plain_words(words)
    if _CHOICE.fullmatch(said):
        return said
    if keyword_of(words) is Keyword.YES:
        return YES
    return NO if said in _declining() else ""


@cache
def _declining() -> frozenset[str]:
    return frozenset(
        plain_words(said) for catalogue in catalogues().values() for said in catalogue.recognised.declines
    )
