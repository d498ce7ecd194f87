"""All that the contract's tests know of where things stand: a module that moves is followed here, and nowhere else.

Each function returns plain values: strings, numbers, lists and dicts. A move of words to catalogues changes how
`words`, `sentences` and `pairs` find them, and no snapshot.
"""

from datetime import UTC, datetime

LANGUAGES = ("es", "en")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
