"""Splits a speakable text into portions for `<Say>`, and estimates how long a voice takes for it."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from conversation.speech.sentences import SentenceCutter

_DIGIT = re.compile(r"\d")
_SHORT_PAUSE = re.compile(r"[,;:()—–]")
_LONG_PAUSE = re.compile(r"[.!?…](?=\s|\Z)")


def spoken_seconds(text: str) -> float:
    """Estimate the seconds that a neural voice takes for a speakable text, at its usual speed.

    15 characters a second, a digit as long as four letters, 0.15 s at a comma and its kin, 0.4 s at the end of a
    sentence.
    """
    characters = len(text) + 3 * len(_DIGIT.findall(text))
    pauses = 0.15 * len(_SHORT_PAUSE.findall(text)) + 0.4 * len(_LONG_PAUSE.findall(text))
    return characters / 15 + pauses


def say_chunks(text: str, limit: int = 3000, encoded_limit: int = 4500) -> list[str]:
    """Split a text for several <Say>: at sentences, else at words, else anywhere. No piece is empty.

    limit: characters in one (Twilio: 3,000 for Polly's voices). encoded_limit: its length URL-encoded, a space as %20
    (Twilio: 4,500). Only whitespace at the boundaries is lost.
    """
    if limit < 1 or encoded_limit < 12:
        raise ValueError("one character must fit: limit from 1, encoded_limit from 12")
    text = text.strip()
    if text and _fits(text, limit, encoded_limit):
        return [text]
    chunks, room, encoded_room = [""], limit, encoded_limit
    for gap, part in _parts(text, limit, encoded_limit):
        length, encoded = len(gap + part), _encoded_length(gap + part)
        if chunks[-1] and (length > room or encoded > encoded_room):
            chunks.append("")
            room, encoded_room = limit, encoded_limit
        chunks[-1] += gap + part if chunks[-1] else part
        room -= length
        encoded_room -= encoded
    return chunks if chunks[-1] else []


def _parts(text: str, limit: int, encoded_limit: int) -> Iterator[tuple[str, str]]:
    """Yield sentences, the words of overlong sentences and the characters of overlong words, each after its gap."""
    cutter, gap = SentenceCutter(limit), ""
    for piece in [*cutter.feed(text), *cutter.finish()]:
        for part in [piece.strip()] if _fits(piece.strip(), limit, encoded_limit) else piece.split():
            if _fits(part, limit, encoded_limit):
                yield gap, part
            else:
                yield from zip([gap] + [""] * (len(part) - 1), part, strict=True)
            gap = " "
        gap = " " if piece[-1].isspace() else ""


def _fits(text: str, limit: int, encoded_limit: int) -> bool:
    return len(text) <= limit and _encoded_length(text) <= encoded_limit


def _encoded_length(text: str) -> int:
    return len(quote(text, safe="", errors="replace"))
