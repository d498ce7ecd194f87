"""Makes minimal valid files of each kind."""

import struct
import zlib
from collections.abc import Iterable, Sequence

_OPUS_RATE = 48_000
_OPUS_FRAME_S = 0.02
_OPUS_SILENCE = b"\xf8\xff\xfe"
"""A frame of 20 ms of silence, fullband, mono (RFC 6716, section 3.1)."""


def png(side: int = 16) -> bytes:
    """Return a red square. side: in pixels (ISO/IEC 15948)."""
    rows = (b"\0" + b"\xd0\x30\x30" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def jpeg() -> bytes:
    """Return a grey square of 8 by 8 pixels: one block, coded in two bits (ITU-T T.81)."""
    one_code = bytes([1, *[0] * 15]) + b"\0"  # a Huffman table with a single code, of one bit
    return b"".join(
        (
            b"\xff\xd8",
            _jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _jpeg_segment(0xDB, b"\0" + b"\1" * 64),
            _jpeg_segment(0xC0, struct.pack(">BHHBBBB", 8, 8, 8, 1, 1, 0x11, 0)),
            _jpeg_segment(0xC4, b"\x00" + one_code),
            _jpeg_segment(0xC4, b"\x10" + one_code),
            _jpeg_segment(0xDA, b"\1\1\0\0\x3f\0"),
            b"\x3f\xff\xd9",
        )
    )


def ogg(seconds: float = 1.0) -> bytes:
    """Return a silent voice note of at most five seconds: Opus in Ogg (RFC 7845)."""
    frames = [_OPUS_SILENCE] * max(1, min(250, round(seconds / _OPUS_FRAME_S)))
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 4) + b"none" + struct.pack("<I", 0)
    samples = round(len(frames) * _OPUS_FRAME_S * _OPUS_RATE)
    return _ogg_page(0, 2, 0, [head]) + _ogg_page(1, 0, 0, [tags]) + _ogg_page(2, 4, samples, frames)


def webp() -> bytes:
    """Return one red pixel, lossless (RFC 9649)."""
    bits = [(0x2F, 8), (0, 14), (0, 14), (0, 1), (0, 3)]  # signature, width and height less one, no alpha
    bits += [(0, 1), (0, 1), (0, 1)]  # no transform, no colour cache, no more than one set of codes
    # Green, red, blue, alpha and distance: a code with a single symbol each, which then takes no bits.
    bits += [code for symbol in (0x30, 0xD0, 0x30, 0xFF) for code in ((1, 1), (0, 1), (1, 1), (symbol, 8))]
    bits += [(1, 1), (0, 1), (0, 1), (0, 1)]
    data = _least_bit_first(bits)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def pdf() -> bytes:
    """Return one empty page (ISO 32000)."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer


def vcard(name: str, number: str) -> bytes:
    """Return the card of a shared contact (RFC 2426)."""
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:;{name};;;",
        f"FN:{name}",
        f"TEL;TYPE=CELL:{number}",
        "END:VCARD",
    )
    return "\r\n".join((*lines, "")).encode()


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _ogg_page(sequence: int, kind: int, granule: int, packets: Sequence[bytes]) -> bytes:
    """Return a page (RFC 3533). kind: 2: the first; 4: the last. Packets must be shorter than 255 bytes."""
    lengths = bytes(len(packet) for packet in packets)
    before = b"OggS" + struct.pack("<BBqII", 0, kind, granule, 1, sequence)
    after = bytes([len(packets)]) + lengths + b"".join(packets)
    return before + struct.pack("<I", _ogg_crc(before + b"\0\0\0\0" + after)) + after


def _ogg_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def _least_bit_first(fields: Iterable[tuple[int, int]]) -> bytes:
    value = width = 0
    for field, size in fields:
        value |= field << width
        width += size
    return value.to_bytes((width + 7) // 8, "little")
