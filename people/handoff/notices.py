"""Words the notices to sellers in the profile's language, and reads their answers in any."""

import re
from enum import StrEnum
from functools import cache

from conversation.phrases import catalogue_for, catalogues
from conversation.phrases.words import Notices
from integrations.plain_text import plain_words
from phone_numbers import is_number, shown_number
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


def notice(
    words: Notices, facts: HandoffFacts, page: str = "", *, title: str = "", how_to_answer: str = ""
) -> str:
    """Return the notice of a handoff: a line for each known fact, then the context.

    Our own words follow after a blank line. page: the URL of the conversation's page, if it has one.
    """
    title = title or words.title
    conversation, number = (facts.request_key or "").partition("conversation:")[2], shown_number(facts.number)
    named = [
        (words.customer, facts.name),
        (words.phone, number),
        (words.reason, facts.reason),
        (words.conversation, conversation),
    ]
    known = "\n".join(f"*{label}:* {plain_line(value)}" for label, value in named if value)
    message = words.message.format(message=facts.message) if facts.message else ""
    about = _plain("\n\n".join(filter(None, [message, (facts.context or facts.summary).strip()])))
    ours = "\n".join(filter(None, [link(words, facts), page, how_to_answer or words.how_to_take]))
    if about:
        heading = f"*{words.context}:*\n"
        room = MOST - len("\n\n".join([title, known, heading, ours]))
        about = heading + (about if len(about) <= room else about[: max(0, room - 1)].rstrip() + "…")
    return "\n\n".join(filter(None, [title, known, about, ours]))


def link(words: Notices, facts: HandoffFacts) -> str:
    """Return the link that opens a chat with the customer; "" without a number."""
    number = shown_number(facts.number)
    return words.link.format(digits=number[1:]) if is_number(number) else ""


def name_of(facts: HandoffFacts) -> str:
    """Return the customer's name in a line, else the number."""
    return plain_line(facts.name) or shown_number(facts.number) or "-"


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
