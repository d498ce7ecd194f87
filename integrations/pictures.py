"""A picture for a model: bytes that are encoded only while a request is sent."""

import base64
from collections.abc import Iterator

from integrations.http.memory_budget import HeldFile

_PIECE_BYTES = 3 * 32 * 1024
"""A multiple of three, so that the pieces' encodings follow each other without padding."""


class Picture:
    """A picture's bytes and media type; stands in a prompt where Chat Completions takes a data URL.

    The bytes are held once, however many requests are made of them, and until `release`.
    """

    def __init__(self, file: HeldFile, media_type: str) -> None:
        self._file, self.media_type = file, media_type

    @property
    def content(self) -> bytes:
        """The bytes; empty once released."""
        return self._file.content

    @property
    def encoded_length(self) -> int:
        """The length of its Base64."""
        return (len(self.content) + 2) // 3 * 4

    def encoded(self) -> Iterator[bytes]:
        """Yield its Base64, piece by piece."""
        content = memoryview(self.content)
        for start in range(0, len(content), _PIECE_BYTES):
            yield base64.b64encode(content[start : start + _PIECE_BYTES])

    def release(self) -> None:
        """Forget the bytes; harmless when repeated."""
        self._file.release()
