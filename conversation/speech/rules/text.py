"""What several rules need: alternatives as a pattern, the word in a range, an abbreviation's full stop."""

import re
from collections.abc import Iterable, Mapping

DASH = "[-–—−]"
_LONGEST_WORD = 24


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of these words, the longest first; one that matches nothing where there are none."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


def linked(found: re.Match[str], to: str, after: Mapping[str, str]) -> str:
    """Return the word between a range's ends: "to", or another after the word before the range."""
    before = found.string[max(0, found.start() - _LONGEST_WORD) : found.start()].split()
    return after.get(before[-1].lower(), to) if before else to


def stop_after(found: re.Match[str]) -> str:
    """Return a full stop where a match took the text's last one, else nothing."""
    return "." if found[0].endswith(".") and found.end() == len(found.string) else ""


def ends_with(word: str, endings: Iterable[str]) -> bool:
    """Return whether a word has one of these endings."""
    return word.lower().endswith(tuple(endings))
