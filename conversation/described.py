"""Words the marks in an utterance, which are written for the model, in the language of whoever reads them.

A mark stands in square brackets (`conversation.marks`). Texts for people and for staff have the same keys.
"""

import re
from collections.abc import Callable
from functools import partial

_MARK = re.compile(r"\[([^\[\]]*)\]")
_VALUED = {
    "photo_of": r"sent photo [0-9-]+: (.*)",
    "card_of": r"sent a contact card: (.*)",
    "location": r"sent a location: (.*)",
    "form": r"sent a form: (.*)",
    "order": r"sent an order: (.*)",
    "reaction": r"reacted with (.*)",
    "advertisement": r"came from an advertisement: (.*)",
    "keys": r"keypad: ([0-9*#]+)",
}
_PLAIN = {
    "voice_note_says": r"voice note",
    "voice_note": r"sent a voice note\b.*",
    "photo": r"sent photo [0-9-]+|sent a photo\b.*",
    "video": r"sent a video\b.*",
    "sticker": r"sent a sticker\b.*",
    "card": r"sent a contact card\b.*",
    "document": r"sent a (?:document|text file)\b.*",
    "reaction_gone": r"took back a reaction",
    "not_passed_on": r"sent something that WhatsApp does not pass on",
    "corrected": r"changed an earlier message, which now says:",
    "deleted": r"took back a message",
    "interrupted": r"interrupted here",
    "hardly_understood": r"hardly understood: it is no yes",
}
_FOR_THE_MODEL = (
    r"written [0-9]+ (?:hours|minutes) ago, and received only now\b.*",
    r"photo [0-9-]+ cannot be shown now",
)
KEYS = (*_VALUED, *_PLAIN)
_PATTERNS = [(key, re.compile(pattern, re.DOTALL)) for key, pattern in (_VALUED | _PLAIN).items()]
_LEFT_OUT = re.compile("|".join(_FOR_THE_MODEL), re.DOTALL)


def described(words: str, text_of: Callable[[str], str]) -> str:
    """Return an utterance with its marks worded. text_of: the text of one of KEYS, {value} for what a mark holds."""
    if "[" not in words:
        return words
    return re.sub(r"\n{2,}", "\n", _MARK.sub(partial(_worded, text_of), words)).strip()


def _worded(text_of: Callable[[str], str], mark: re.Match[str]) -> str:
    if _LEFT_OUT.fullmatch(mark[1]):
        return ""
    for key, pattern in _PATTERNS:
        if found := pattern.fullmatch(mark[1]):
            return text_of(key).replace("{value}", found[1]) if found.groups() else text_of(key)
    return mark[0]
