"""What people answer to a campaign's message: noted with its recipient, and understood where it is one word."""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from conversation.phrases import catalogues
from integrations.plain_text import plain_words
from messaging.opt_out import Keyword, keyword_of

ANSWERED_WITHIN = timedelta(days=7)
"""What somebody writes later is no answer to it."""
YES, NO = "yes", "no"
_TEXT, _BUTTON = "text", "button"
_CHOICE = re.compile(r"[0-9]{1,2}")
LONGEST = 80
"""Characters of an outcome."""


def outcome_of(kind: str, words: str) -> str:
    """Return what an answer comes to: yes, no, the number of a choice, or a button's words; empty for all others."""
    if kind == _BUTTON:
        return " ".join(words.split())[:LONGEST]
    if len(words) > LONGEST:
        return ""
    said = plain_words(words)
    if _CHOICE.fullmatch(said):
        return said
    if keyword_of(words) is Keyword.YES:
        return YES
    return NO if said in _declining() else ""


def leads_to_seller(outcome: str, hand_over: Sequence[str]) -> bool:
    """Return whether an outcome is one of a campaign's answers that lead to a seller; a button may say yes too."""
    return bool(outcome) and _meaning(outcome) in {_meaning(answer) for answer in hand_over}


def _meaning(outcome: str) -> str:
    return outcome_of(_TEXT, outcome) or plain_words(outcome)


@cache
def _declining() -> frozenset[str]:
    return frozenset(
        plain_words(said) for catalogue in catalogues().values() for said in catalogue.recognised.declines
    )
