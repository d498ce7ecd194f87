"""Words the notices to sellers in the profile's language, and reads their answers in any."""

import re
from enum import StrEnum
from functools import cache

from conversation.phrases import catalogue_for, catalogues
from conversation.phrases.words import Notices
from integrations.plain_text import plain_words
from phone_numbers import is_withheld
from storage.queries.offers import HandoffFacts

MOST = 1600
"""Characters of a message."""


class Answer(StrEnum):
    """A seller's answer to an offer."""

    TAKE = "take"
    DECLINE = "decline"


def notices_for(language: str) -> Notices:
    """Return the words for a profile's language, "es-ES" or "en"."""
    return catalogue_for(language).sellers


def notice(words: Notices, facts: HandoffFacts, conversation: str) -> str:
    """Return the notice of a handoff: a line for each known fact, then the context.

    Our own words follow after a blank line.
    """
    named = [
        (words.customer, facts.name),
        (words.phone, "" if is_withheld(facts.number) else facts.number),
        (words.reason, facts.reason),
        (words.conversation, conversation),
    ]
    known = "\n".join(f"*{label}:* {plain_line(value)}" for label, value in named if value)
    message = words.message.format(message=facts.message) if facts.message else ""
    about = _plain("\n\n".join(filter(None, [message, (facts.context or facts.summary).strip()])))
    link = words.link.format(digits=facts.number[1:]) if facts.number.startswith("+") else ""
    ours = "\n".join(filter(None, [link, words.how_to_take]))
    if about:
        heading = f"*{words.context}:*\n"
        room = MOST - len("\n\n".join([words.title, known, heading, ours]))
        about = heading + (about if len(about) <= room else about[: room - 1].rstrip() + "…")
    return "\n\n".join(filter(None, [words.title, known, about, ours]))


def read_answer(said: str) -> Answer | None:
    """Return the answer in a seller's whole message; None if it is neither."""
    return _answers().get(plain_words(said))


def says_done(said: str) -> bool:
    """Return True if a seller's whole message says that they have finished."""
    return plain_words(said) in _done()


@cache
def _done() -> frozenset[str]:
    every = (catalogue.recognised.seller_done for catalogue in catalogues().values())
    return frozenset(plain_words(said) for words in every for said in words)


@cache
def _answers() -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for words in (catalogue.recognised for catalogue in catalogues().values()):
        answers |= {plain_words(said): Answer.DECLINE for said in words.seller_declines}
        answers |= {plain_words(said): Answer.TAKE for said in words.seller_takes}
    return answers


def plain_line(text: str) -> str:
    """Return text fit for a line of a notice: without line breaks or WhatsApp's formatting."""
    return _plain(" ".join(text.split()))


def _plain(text: str) -> str:
    """Replace WhatsApp's marks, which cannot be escaped, by lookalikes: no text can pass for a label."""
    return _QUOTE.sub("›", _EDGE.sub("ˍ", text.translate(_MARKS)))


_MARKS = str.maketrans("*~`", "∗∼ˋ")
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""An underscore at the edge of a word; within one, as in an address, it formats nothing."""
_QUOTE = re.compile(r"^>", re.MULTILINE)
