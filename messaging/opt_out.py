"""Words that, as a whole message, are an order to us and not a question to the assistant.

The English ones are Twilio's (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out), but for two that
people also send to an assistant: YES answers its questions, and INFO asks for what it is there to tell.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from conversation.phrases import catalogues

_LONGEST = 200
"""Characters of a message that can be a keyword, with whatever emoji and dots people put around it."""


class Keyword(StrEnum):
    """What a keyword asks for."""

    STOP = "stop"
    MAYBE_STOP = "maybe-stop"
    """Said of messages, but of appointments and contracts too: whoever hears it has to ask."""
    START = "start"
    HELP = "help"
    YES = "yes"
    """An order only where it answers our question."""


def keyword_of(body: str) -> Keyword | None:
    """Return what a message asks for that is nothing but a keyword; None for all others.

    Case, accents, punctuation, emoji and invisible characters do not count, nor how often one word is said
    ("STOP STOP"). Of a sentence with a keyword in it nothing is concluded: "quiero darme de baja del gimnasio".
    """
    if len(body) > _LONGEST:
        return None
    words = _plain(body).split()
    if len(set(words)) == 1:
        words = words[:1]
    return _keywords().get(" ".join(words))


@cache
def _keywords() -> dict[str, Keyword]:
    """Return the messages that are an order, of all languages: people write in theirs, whatever the profile's."""
    return {
        " ".join(_plain(said).split()): keyword
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


def _plain(text: str) -> str:
    """Return a text without its accents and in small letters, a space for whatever is neither letter nor digit."""
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))
    return re.sub(r"[\W_]+", " ", "".join(seen).casefold())
