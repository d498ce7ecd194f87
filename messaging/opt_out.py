"""Recognises messages that are nothing but a keyword such as STOP.

The English ones are Twilio's (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out), but for two
that people also send to an assistant: YES answers its questions, and INFO asks for information.
"""

from enum import StrEnum
from functools import cache

from conversation.phrases import catalogues
from integrations.plain_text import plain_words

_LONGEST = 200
"""Characters of a message that can be a keyword, with emoji and dots around it."""


class Keyword(StrEnum):
    """The request made by a keyword."""

    STOP = "stop"
    MAYBE_STOP = "maybe-stop"
    """A word about messages, but about appointments and contracts too: a question has to follow."""
    START = "start"
    HELP = "help"
    YES = "yes"
    """Obeyed only as the answer to our question."""


def keyword_of(body: str) -> Keyword | None:
    """Return the keyword that makes up a whole message; None for all others.

    Case, accents, punctuation, emoji and invisible characters do not count, nor do repetitions of one word
    ("STOP STOP"). A keyword within a sentence means nothing: "quiero darme de baja del gimnasio".
    """
    if len(body) > _LONGEST:
        return None
    words = plain_words(body).split()
    if len(set(words)) == 1:
        words = words[:1]
    return _keywords().get(" ".join(words))


@cache
def _keywords() -> dict[str, Keyword]:
    """Return the keywords of all languages: contacts write in theirs, whatever the profile's."""
    return {
        plain_words(said): keyword
        for catalogue in catalogues().values()
        for keyword, listed in (
            (Keyword.YES, catalogue.recognised.yes),
            (Keyword.HELP, catalogue.recognised.help),
            (Keyword.START, catalogue.recognised.start),
            (Keyword.MAYBE_STOP, catalogue.recognised.maybe_stop),
            (Keyword.STOP, catalogue.recognised.stop),
        )
        for said in listed
    }
