"""Folds what people write and transcripts draw in one way or another (case, accents, invisible characters), and
takes out what no writer sends.

The search in storage.reports.search has its own folding, because it must keep a text's length.
"""

import re
import unicodedata

# No document of XML 1.0, so no TwiML, and no database of ours or of others' can hold them
_UNKEEPABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
_DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn around what follows them, in the words of others too; right-to-left text needs none."""
_UNSENDABLE = re.compile(f"[{_UNKEEPABLE}{_DIRECTIONS}]")

_LEFT_OUT = frozenset({"Mn", "Cf"})
"""Unicode's categories of accents and of characters that nobody sees."""


def sendable(text: str) -> str:
    """Return a text without the characters that break a document, or turn around what stands beside it."""
    return _UNSENDABLE.sub("", text)


def folded(text: str) -> str:
    """Return a text in lower case, without accents."""
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _LEFT_OUT)
    return "".join(seen).casefold()


def plain_words(text: str) -> str:
    """Return a text folded, with one space in place of each run of punctuation and spaces."""
    return re.sub(r"[\W_]+", " ", folded(text)).strip()
