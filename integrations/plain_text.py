"""Folds what people write and transcripts draw in one way or another (case, accents, invisible characters), and
takes out what no writer sends.

The search in storage.reports.search has its own folding, because it must keep a text's length.
"""

import re
import unicodedata

# No document of XML 1.0, so no TwiML, and no database of ours or of others' can hold them
_UNKEEPABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
_NO_CHARACTERS = "\ufdd0-\ufdef\ufffe\uffff"
_DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn around what follows them, in the words of others too; right-to-left text needs none."""
_UNSEEN = "\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb"
"""What nobody sees and a model reads: whole sentences can be written in it. Joiners are not among them."""
_FLAG = "\U0001f3f4[\U000e0030-\U000e007a]{1,8}\U000e007f"
"""The flag of a region, such as Scotland's, is written with letters that are not seen otherwise."""
_UNSENDABLE = f"{_UNKEEPABLE}{_NO_CHARACTERS}{_DIRECTIONS}{_UNSEEN}"
_UNSENDABLE_ABOVE = "\U000e0000-\U000e0fff" + "".join(
    f"{chr(end - 1)}{chr(end)}" for end in range(0x1FFFF, 0x110000, 0x10000)
)
"""The same above U+FFFF: letters of which only the flag is drawn, and no characters."""
_FLAG_OR_UNSENDABLE = re.compile(f"({_FLAG})|[{_UNSENDABLE}{_UNSENDABLE_ABOVE}]")
# What is looked for first, since most texts have none of it: a set without those above is a table, and quick
_SUSPECT, _SUSPECT_ABOVE = re.compile(f"[{_UNSENDABLE}]"), re.compile("[\U0001fffe-\U0010ffff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")

_LEFT_OUT = frozenset({"Mn", "Cf"})
"""Unicode's categories of accents and of characters that nobody sees."""


def sendable(text: str) -> str:
    """Return a text without the characters that break a document, turn around what stands beside it, or are unseen."""
    if _SUSPECT.search(text) or _SUSPECT_ABOVE.search(text):
        return _FLAG_OR_UNSENDABLE.sub(r"\1", text)
    return text


def received(text: str) -> str:
    """Return a text from outside as it is kept, shown and told a model: sendable, with spaces for controls."""
    return sendable(_CONTROLS.sub(" ", text)).strip()


def received_line(text: str) -> str:
    """Return a text from outside as one line."""
    return " ".join(received(text).split())


def folded(text: str) -> str:
    """Return a text in lower case, without accents."""
    seen = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _LEFT_OUT)
    return "".join(seen).casefold()


def plain_words(text: str) -> str:
    """Return a text folded, with one space in place of each run of punctuation and spaces."""
    return re.sub(r"[\W_]+", " ", folded(text)).strip()
