"""Finds where a request ends in the bytes that have arrived, so that a thread is given to whole ones alone.

It decides nothing else: what it cannot make sense of counts as whole, and gunicorn's parser refuses it.
"""

import re
import sys

LONGEST_HEAD = 64 * 1024
MOST_BUFFERED = LONGEST_HEAD + 256 * 1024
"""Bytes of a request that are waited for; the thread waits for the rest of a larger one."""

_HEAD_END = b"\r\n\r\n"
_LINE_END = b"\r\n"
_LENGTH = b"\r\ncontent-length:"
_CODING = b"\r\ntransfer-encoding:"
_EXPECTS = b"\r\nexpect:"
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,64}(?=[;\s]|$)")


class HeadTooLongError(Exception):
    """LONGEST_HEAD bytes came without an end of the headers."""


class RequestFraming:
    """Follows one request as it arrives.

    expects_continue: the client waits for a word before it sends the body. is_complete: a thread that reads the
    request need not wait for the client.
    """

    def __init__(self) -> None:
        self.expects_continue = self.is_complete = False
        self._searched = 0
        self._body_at: int | None = None
        self._length: int | None = None
        """Bytes of the body; None where it comes in chunks."""
        self._chunk_at = 0

    def is_whole(self, received: bytearray) -> bool:
        """Return True if a request's end, or MOST_BUFFERED bytes, are there, or no end can be found.

        Raises HeadTooLongError.

        received: all bytes of the request that have arrived, each time; they only grow.
        """
        if self._body_at is None:
            end = received.find(_HEAD_END, self._searched)
            if end < 0:
                return self._waits_in_vain(received)
            self._read_head(bytes(received[:end]).lower() + _LINE_END, end + len(_HEAD_END))
        if self._length is None:
            cannot_end = self._follow_chunks(received)
        else:
            cannot_end = False
            self.is_complete = len(received) - (self._body_at or 0) >= self._length
        return self.is_complete or cannot_end or len(received) >= MOST_BUFFERED

    def _waits_in_vain(self, received: bytearray) -> bool:
        if len(received) > LONGEST_HEAD:
            raise HeadTooLongError
        self._searched = max(0, len(received) - len(_HEAD_END) + 1)
        # A line that ends otherwise: no end of the headers will be found, and gunicorn says so
        return received.count(b"\n") != received.count(_LINE_END)

    def _read_head(self, head: bytes, body_at: int) -> None:
        self._body_at = self._chunk_at = body_at
        self.expects_continue = _EXPECTS in head
        if _CODING not in head:
            _, is_given, after = head.partition(_LENGTH)
            written = after.partition(_LINE_END)[0].strip()
            is_length = is_given and written.isdigit()
            self._length = (
                int(written) if is_length and len(written) < 19 else sys.maxsize if is_length else 0
            )

    def _follow_chunks(self, received: bytearray) -> bool:
        """Note the last chunk in is_complete; return True where a chunk has no size."""
        while (line_end := received.find(_LINE_END, self._chunk_at)) >= 0:
            written = _CHUNK_SIZE.match(received, self._chunk_at, line_end)
            if written is None:
                return True
            size = int(written[0], 16)
            if size == 0:
                self.is_complete = received.find(_HEAD_END, line_end) >= 0
                return False
            following = line_end + size + 2 * len(_LINE_END)
            if following > len(received):
                return False
            self._chunk_at = following
        return False
