"""Estimates the length of a recording from its bytes, without decoding it."""

_OPUS_RATE = 48_000
"""Samples a second that an Ogg page counts, whatever Opus was recorded at (RFC 7845, section 4)."""
_PAGE = b"OggS"
_MOST_RATE, _USUAL_RATE = 16_000, 4_000
"""Bytes a second: of music at 128 kbit/s, and of speech as phones record it, where the file does not say."""


def seconds_of(content: bytes) -> int:
    """Return about how many seconds a recording lasts, at least 1; no fewer than its size allows for, if it is Ogg."""
    size = len(content)
    told = _told_by_ogg(content)
    return max(1, size // _USUAL_RATE if told is None else max(told, size // _MOST_RATE))


def _told_by_ogg(content: bytes) -> int | None:
    """Return the seconds at the last page's granule position; None without one."""
    last = content.rfind(_PAGE)
    if not content.startswith(_PAGE) or b"OpusHead" not in content[:128] or last + 14 > len(content):
        return None
    samples = int.from_bytes(content[last + 6 : last + 14], "little")
    seconds = samples // _OPUS_RATE
    # Of nothing that phones record does a byte last a second.
    return seconds if seconds <= len(content) else None
