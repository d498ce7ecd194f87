"""Detects a file's media type from its content, regardless of its declared type and name.

It knows the few types carried by WhatsApp, and some others so that they can be refused by name. Nothing is unpacked;
time and memory do not depend on the sizes claimed in the file.
"""

import re
from collections.abc import Callable

__all__ = ["type_of"]

_SEARCHED_BYTES = 64 * 1024
"""Bytes searched at the beginning or end of a file for the type of its container."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"#!AMR\n", "audio/amr"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),  # DOC, XLS and PPT alike
)

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OFFICE_FOLDERS = {
    b"word": f"{_OFFICE}.wordprocessingml.document",
    b"xl": f"{_OFFICE}.spreadsheetml.sheet",
    b"ppt": f"{_OFFICE}.presentationml.presentation",
}

_ISO_BRANDS = {
    b"M4A": "audio/mp4",
    b"M4B": "audio/mp4",
    b"3g": "video/3gpp",
    b"qt": "video/quicktime",
    b"hei": "image/heic",
    b"hev": "image/heic",
    b"mif1": "image/heic",
    b"avi": "image/avif",
}
"""Types of ISO 14496-12 files by the beginning of their brand; any other brand is video/mp4."""


def type_of(content: bytes) -> str | None:
    """Return a file's media type, such as image/jpeg or audio/ogg; None if it is unknown.

    A video file without pictures is audio/mp4 or audio/3gpp. An old DOC, XLS or PPT is application/x-ole-storage.
    """
    for beginning, media_type in _SIGNATURES:
        if content.startswith(beginning):
            return media_type
    return next(filter(None, (detect(content) for detect in _CONTAINERS)), None)


def _riff(content: bytes) -> str | None:
    return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12] if content[:4] == b"RIFF" else b"")


def _ogg(content: bytes) -> str | None:
    if not content.startswith(b"OggS"):
        return None
    return "video/ogg" if b"\x80theora" in content[:512] else "audio/ogg"


def _iso(content: bytes) -> str | None:
    if content[4:8] != b"ftyp":
        return None
    brand = content[8:12]
    media_type = next((kind for start, kind in _ISO_BRANDS.items() if brand.startswith(start)), "video/mp4")
    if media_type in ("video/mp4", "video/3gpp") and _tracks(content) == {b"soun"}:
        return media_type.replace("video", "audio")
    return media_type


def _tracks(content: bytes) -> set[bytes]:
    """Return the kinds of tracks, from their handler boxes (ISO 14496-12, 8.4.3)."""
    return set(re.findall(rb"hdlr\0.{7}(vide|soun)", content, re.DOTALL))


def _matroska(content: bytes) -> str | None:
    if not content.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "video/webm" if b"webm" in content[:64] else "video/x-matroska"


def _zip(content: bytes) -> str | None:
    if not content.startswith(b"PK\x03\x04"):
        return None
    # The names are in the directory at the end. Unpacking would mean trusting the sizes in the file.
    found = re.search(rb"PK\x01\x02.{42}(word|xl|ppt)/", content[-_SEARCHED_BYTES:], re.DOTALL)
    return _OFFICE_FOLDERS[found[1]] if found else "application/zip"


def _audio_frame(content: bytes) -> str | None:
    """Distinguish a frame of MPEG audio (ISO 11172-3, 2.4.1.3) from one of AAC in ADTS (ISO 13818-7, 6.2)."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0:
        return None
    layer = content[1] >> 1 & 0b11
    if layer == 0:
        return "audio/aac" if content[1] & 0xF0 == 0xF0 and content[2] >> 2 & 0xF < 13 else None
    version, bitrate, rate = content[1] >> 3 & 0b11, content[2] >> 4, content[2] >> 2 & 0b11
    # No telephone sends Layer I (0b11), and it looks like the byte order mark of UTF-16.
    is_mpeg = layer != 0b11 and version != 0b01 and bitrate not in (0, 15) and rate != 0b11
    return "audio/mpeg" if is_mpeg else None


def _vcard(content: bytes) -> str | None:
    beginning = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    return "text/vcard" if beginning.startswith(b"BEGIN:VCARD") else None


_CONTAINERS: tuple[Callable[[bytes], str | None], ...] = (
    _riff,
    _ogg,
    _iso,
    _matroska,
    _zip,
    _audio_frame,
    _vcard,
)
