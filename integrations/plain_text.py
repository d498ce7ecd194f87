"""Folds case, accents and invisible characters, so that texts can be compared.

The search in storage.reports.search has its own folding, because it must keep a text's length.
"""

import re
import unicodedata

_DROPPED_CATEGORIES = frozenset({"Mn", "Cf"})
"""Unicode's categories of accents and invisible characters."""


def folded(text: str) -> str:
    """Return a text in lower case, without accents."""
    seen = (
        c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _DROPPED_CATEGORIES
    )
    return "".join(seen).casefold()


def plain_words(text: str) -> str:
    """Return a text folded, with one space in place of each run of punctuation and spaces."""
    return re.sub(r"[\W_]+", " ", folded(text)).strip()
