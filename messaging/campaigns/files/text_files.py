"""Reads tables from text: any usual encoding and separator, quotes, and the ends of lines of any system."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from messaging.campaigns.files.cells import Line, cleaned
from messaging.campaigns.files.columns import number_column
from messaging.campaigns.files.problems import FileError, FileProblem

_SEPARATORS = ",;\t|"
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_HEAD = 64 * 1024
_SAMPLE = 20
_NAMED = re.compile(r"sep=([^\w\s\"]|\t)\s*\Z", re.IGNORECASE)
"""Excel's own first line, which names the separator."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|table|\?xml)|%PDF", re.IGNORECASE)


class TextFile:
    """Lines of text with separators: a Source. Raises FileError for what is no text."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        self._encoding = _encoding(data)
        self._position = 0
        head = self._head()
        if "\0" in head or _MARKUP.match(head) or _is_binary(data[:_HEAD], self._encoding):
            raise FileError(name, FileProblem.NO_TABLE)
        named = _NAMED.match(head.partition("\n")[0])
        self._skipped = 1 if named else 0
        self._separator = named[1] if named else _separator(head)

    def share_read(self) -> float:
        """Return which part of the file the latest lines() has read, from 0 to 1."""
        return self._position / max(len(self._data), 1)

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty. Raises FileError where the text breaks off being text."""
        raw = io.BytesIO(self._data)
        text = io.TextIOWrapper(raw, self._encoding, errors=_errors(self._encoding), newline="")
        read = _records(islice(text, self._skipped, None), self._separator)
        try:
            for first, last, cells in read:
                self._position = raw.tell()
                begins, ends = first + self._skipped, last + self._skipped
                if cells is None:
                    yield Line(begins, [], unread_to=ends)
                elif any(cells):
                    yield Line(begins, list(cells))
        except UnicodeError as error:
            raise FileError(self._name, FileProblem.NO_TABLE) from error

    def _head(self) -> str:
        """Return the beginning of the text, to the end of a line where there is one."""
        raw = self._data[: _HEAD - _HEAD % 2]
        head = codecs.getincrementaldecoder(self._encoding)("replace").decode(raw)
        whole = head.rpartition("\n")[0] or head.rpartition("\r")[0]
        return head if len(self._data) <= _HEAD or not whole else whole


def _records(lines: Iterator[str], separator: str) -> Iterator[tuple[int, int, list[str] | None]]:
    """Yield the first and the last line of each record, and its cells; None where its quotes are wrong."""
    # strict: a quote that is never closed would take the people of the next lines for a part of a name
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=separator != "\t")
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield first, reader.line_num, None
        else:
            yield first, reader.line_num, [cleaned(cell) for cell in cells]


def _separator(head: str) -> str:
    """Return the separator that makes the most of a table of a text's beginning."""
    return max(_SEPARATORS, key=lambda separator: _likelihood(head, separator))


def _likelihood(head: str, separator: str) -> tuple[bool, int, int]:
    """Return whether a separator finds a column of numbers, how many lines are as wide as the first, and how wide."""
    records = _records(iter(io.StringIO(head, newline="")), separator)
    rows = list(islice((cells for _, _, cells in records if cells and any(cells)), _SAMPLE))
    width = len(rows[0]) if rows else 0
    if width < 2:
        return False, 0, 0
    return number_column(rows[0]) is not None, sum(len(row) == width for row in rows), width


def _encoding(data: bytes) -> str:
    mark = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    return mark or _unmarked_utf16(data[:_HEAD]) or ("utf-8" if _is_utf8(data) else "cp1252")


def _unmarked_utf16(head: bytes) -> str | None:
    """Return which UTF-16 a text is whose every other byte is 0, as it is for Latin letters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 3 < len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_utf8(data: bytes) -> bool:
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    try:
        for start in range(0, len(view), _HEAD):
            decoder.decode(view[start : start + _HEAD])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _errors(encoding: str) -> str:
    return "replace" if encoding == "cp1252" else "strict"  # five bytes of which nobody made a letter


def _is_binary(head: bytes, encoding: str) -> bool:
    """Return whether one byte in a hundred is a control: in a text, hardly one is."""
    return not encoding.startswith("utf-16") and len(_CONTROL.findall(head)) * 100 > len(head)
