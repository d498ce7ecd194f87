"""Folds what people write and transcripts draw in one way or another: case, accents, invisible characters.

A search in the database folds by itself (storage.reports.search): what it shows must be as long as it was.
"""

import re
import unicodedata

_LEFT_OUT = frozenset({"Mn", "Cf"})
"""Unicode's categories of accents and of characters that nobody sees."""


def folded(text: str) -> str:
    """Return a text in small letters, without accents."""
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _LEFT_OUT)
    return "".join(seen).casefold()


def plain_words(text: str) -> str:
    """Return a text folded, with one space for each run of characters that are neither letters nor digits."""
    return re.sub(r"[\W_]+", " ", folded(text)).strip()
