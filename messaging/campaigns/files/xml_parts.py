"""Reads the XML parts of a ZIP file piece by piece, within a bound of unpacked bytes."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from xml.parsers import expat

MOST_ELEMENTS = 200_000
"""Of a part that is read as a whole. Excel has 65,490 formats of cells at most."""
_PIECE = 64 * 1024
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,  # a compression that Python lacks
    OSError,
    RuntimeError,  # a part with a password
    ValueError,
)
"""What reading a ZIP file or its XML can raise, if the file is broken or made up."""

Attributes = dict[str, str]


class UnpacksTooLargeError(Exception):
    """The parts of a file are larger than they may be. limit_mb: in MB."""

    def __init__(self, limit_mb: int) -> None:
        super().__init__(limit_mb)
        self.limit_mb = limit_mb


class Parts:
    """The parts of a ZIP file, by name; letters' cases and Windows' slashes in names count for nothing.

    limit_mb: what may be unpacked of them all.
    """

    def __init__(self, archive: zipfile.ZipFile, limit_mb: int) -> None:
        self._archive, self._limit_mb = archive, limit_mb
        self._infos = {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a part."""
        return name.lower() in self._infos

    def parse(self, name: str, parser: expat.XMLParserType) -> Iterator[float]:
        """Feed a part to a parser, and yield after each piece how much of it was read, from 0 to 1.

        Raises UnpacksTooLargeError, and what is in BROKEN.
        """
        info = self._infos[name.lower()]
        done = 0
        with self._archive.open(info) as part:
            while piece := part.read(_PIECE):
                done += len(piece)
                self._unpacked += len(piece)
                if self._unpacked > self._limit_mb * 1024 * 1024:
                    raise UnpacksTooLargeError(self._limit_mb)
                parser.Parse(piece, False)
                yield done / max(info.file_size, done)
        parser.Parse(b"", True)
        yield 1.0

    def elements(self, name: str, *wanted: str) -> list[tuple[str, Attributes]]:
        """Return the elements of these names in order, each with its attributes, all without namespaces."""
        found: list[tuple[str, Attributes]] = []

        def start(name: str, attributes: Attributes) -> None:
            if (name := local(name)) in wanted:
                found.append((name, {local(key): value for key, value in attributes.items()}))
            if len(found) > MOST_ELEMENTS:
                raise ValueError(len(found))

        for _ in self.parse(name, new_parser(start)):
            pass
        return found


def new_parser(
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> expat.XMLParserType:
    """Return a parser that tells of elements and text. Names have their namespace before a space: see local()."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refused
    return parser


@lru_cache(maxsize=1024)
def local(name: str) -> str:
    """Return a name without its namespace."""
    return name[name.rfind(" ") + 1 :]


def _refused(*_: object) -> None:
    """Refuse a document type, which no spreadsheet has, and with it entities that grow."""
    raise ValueError("a document type in a spreadsheet")
