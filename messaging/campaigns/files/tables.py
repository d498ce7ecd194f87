"""Opens a file of recipients: its columns, and the lines below them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from messaging.campaigns.files.cells import MOST_COLUMNS, MOST_LINES, Line, Progress, Source, cleaned, written
from messaging.campaigns.files.columns import compared
from messaging.campaigns.files.problems import FileError, FileProblem
from messaging.campaigns.files.text_files import TextFile
from messaging.campaigns.files.workbooks import Workbook
from translations.system_errors import system_reason

MOST_MB = 32
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TOLD_EVERY = 1000


@dataclass(frozen=True)
class Header:
    """The columns of a file. columns: the names in its first line that is not empty; empty for one without."""

    name: str
    columns: tuple[str, ...]

    def column(self, name: str) -> int | None:
        """Return a column by its name, from 0, however its letters and accents are; None if there is none.

        Raises FileError if there are several.
        """
        wanted = compared(name)
        found = [index for index, column in enumerate(self.columns) if wanted and compared(column) == wanted]
        if len(found) > 1:
            raise FileError(self.name, FileProblem.AMBIGUOUS_COLUMN, column=name)
        return found[0] if found else None

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns, each once: the second "name" is "name 2"."""
        seen: Counter[str] = Counter()
        names = []
        for column in self.columns:
            seen[compared(column)] += 1
            count = seen[compared(column)]
            names.append(column if count == 1 or not column else f"{column} {count}")
        return tuple(names)

    def listed(self) -> str:
        """Return the names of the columns for a sentence, as far as they fit."""
        names = [name[:40] for name in self.columns if name]
        return ", ".join([*names[:20], "…"] if len(names) > 20 else names)


@dataclass(frozen=True)
class Table(Header):
    """A table of a file."""

    _source: Source

    def lines(self, progress: Progress | None = None) -> Iterator[Line]:
        """Yield the lines below the names that are not empty. Raises FileError, where they go wrong."""
        read = self._source.lines()
        next(read)
        for count, line in enumerate(read, 1):
            if count > MOST_LINES:
                raise FileError(self.name, FileProblem.TOO_MANY_LINES, limit=MOST_LINES)
            if progress and count % _TOLD_EVERY == 0:
                progress(count, self._source.share_read())
            yield line


def read_table(source: bytes | Path, name: str | None = None) -> Table:
    """Open a CSV or XLSX file by what is in it. name: as it is shown; None: the path's. Raises FileError.

    Of an XLSX file the first sheet that is not hidden is read.
    """
    shown = name or (source.name if isinstance(source, Path) else "")
    data = _content(source, shown)
    opened = _opened(data, shown)
    first = next(opened.lines(), None)
    if first is None:
        raise FileError(shown, FileProblem.EMPTY)
    if first.unread_to:
        raise FileError(shown, FileProblem.BAD_HEADER, line=first.number)
    if len(first.cells) > MOST_COLUMNS:
        raise FileError(shown, FileProblem.TOO_MANY_COLUMNS, limit=MOST_COLUMNS)
    return Table(shown, tuple(" ".join(cleaned(written(cell)).split()) for cell in first.cells), opened)


def _content(source: bytes | Path, name: str) -> bytes:
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                source = file.read(MOST_MB * 1024 * 1024 + 1)
        except OSError as error:
            raise FileError(name, FileProblem.UNREADABLE, reason=system_reason(error)) from error
    if len(source) > MOST_MB * 1024 * 1024:
        raise FileError(name, FileProblem.TOO_LARGE, limit=MOST_MB)
    return source


def _opened(data: bytes, name: str) -> Source:
    if data.startswith(_COMPOUND):
        raise FileError(name, FileProblem.OLD_EXCEL)
    return Workbook(data, name) if is_workbook(data) else TextFile(data, name)


def is_workbook(data: bytes) -> bool:
    """Return whether a file is read as XLSX."""
    return data.startswith(_ZIP)
