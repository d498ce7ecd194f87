"""Marks: square brackets around what the program tells the model, which nobody's words can imitate."""

import re

from conversation.redaction import ID, KEY, LINK

_OPENING = "[［⟦〚【〔〖❲﹝⁅⦋⦍⦏"
_CLOSING = "]］⟧〛】〕〗❳﹞⁆⦌⦎⦐"
_ROUND = {**dict.fromkeys(_OPENING, "("), **dict.fromkeys(_CLOSING, ")")}
# What redact() has put into a text says nothing, whoever wrote it
_HARMLESS = "|".join(map(re.escape, (LINK, ID, KEY)))
_BRACKETS = re.compile(f"{_HARMLESS}|[{re.escape(_OPENING + _CLOSING)}]")


def without_marks(words: str) -> str:
    """Return the words of a person, of a model or of a file with round brackets for square ones and their like."""
    return _BRACKETS.sub(lambda found: _ROUND.get(found[0], found[0]), words)


def mark(told: str) -> str:
    """Return what the program tells the model, as a mark; brackets within it become round."""
    return f"[{without_marks(told)}]"
