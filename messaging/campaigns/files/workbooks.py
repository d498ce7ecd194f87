"""Reads XLSX files (ECMA-376): the first sheet that is not hidden, line by line, in little memory."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from datetime import datetime

from messaging.campaigns.files.cells import Line
from messaging.campaigns.files.problems import FileError, FileProblem
from messaging.campaigns.files.sheets import EPOCH, EPOCH_1904, Sheet, Strings, is_date_format
from messaging.campaigns.files.xml_parts import BROKEN, Parts, UnpacksTooLargeError, new_parser

MOST_SHEET_MB = 256
"""Of a sheet's XML: a million lines that are only coloured have 150."""
MOST_OTHER_MB = 64
"""Of strings, styles and what names the parts."""


class Workbook:
    """The lines of an XLSX file's sheet: a Source. Raises FileError for a file that is none."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        self._share = 0.0
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = Parts(archive, MOST_OTHER_MB)
                book = _related(parts, "", "officeDocument")
                if not book:
                    raise FileError(name, FileProblem.NO_TABLE)
                if book[0].endswith(".bin"):
                    raise FileError(name, FileProblem.OLD_EXCEL)
                self._sheet, self._epoch = _first_sheet(parts, book[0])
                self._strings = _strings(parts, book[0])
                self._dates = _date_styles(parts, book[0])
        except UnpacksTooLargeError as error:
            raise FileError(name, FileProblem.TOO_LARGE, limit=error.limit_mb) from error
        except FileError:
            raise
        except BROKEN as error:
            raise FileError(name, FileProblem.BROKEN) from error

    def share_read(self) -> float:
        """Return which part of the sheet the latest lines() has read, from 0 to 1."""
        return self._share

    def lines(self) -> Iterator[Line]:
        """Yield the lines that are not empty. Raises FileError where the file is broken."""
        sheet = Sheet(self._strings, self._dates, self._epoch)
        parser = new_parser(sheet.start, sheet.end, sheet.text)
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
                for share in Parts(archive, MOST_SHEET_MB).parse(self._sheet, parser):
                    self._share = share
                    yield from sheet.lines
                    sheet.lines.clear()
        except UnpacksTooLargeError as error:
            raise FileError(self._name, FileProblem.TOO_LARGE, limit=error.limit_mb) from error
        except BROKEN as error:
            raise FileError(self._name, FileProblem.BROKEN) from error


def _related(parts: Parts, part: str, kind: str) -> list[str]:
    """Return the parts that a part names as of a kind. part: "" for the file as a whole."""
    return [target for found, target in _relations(parts, part).values() if found == kind]


def _relations(parts: Parts, part: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the name of each part that a part names, by its id there."""
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed not in parts:
        return {}
    return {
        found["Id"]: (found["Type"].rpartition("/")[2], _resolved(folder, found["Target"]))
        for _, found in parts.elements(listed, "Relationship")
    }


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")


def _first_sheet(parts: Parts, book: str) -> tuple[str, datetime]:
    """Return the part of the first sheet that is shown, and day 0 of the book's dates. Raises LookupError."""
    elements = parts.elements(book, "workbookPr", "sheet")
    settings = next((found for name, found in elements if name == "workbookPr"), {})
    epoch = EPOCH_1904 if settings.get("date1904") in ("1", "true") else EPOCH
    sheets = [found for name, found in elements if name == "sheet"]
    shown = [sheet for sheet in sheets if sheet.get("state", "visible") == "visible"]
    return _relations(parts, book)[(shown or sheets)[0]["id"]][1], epoch


def _strings(parts: Parts, book: str) -> list[str]:
    strings = Strings()
    for part in _related(parts, book, "sharedStrings"):
        for _ in parts.parse(part, new_parser(strings.start, strings.end, strings.text)):
            pass
    return strings.found


def _date_styles(parts: Parts, book: str) -> list[bool]:
    """Return for each style of cells whether it shows dates or times."""
    codes: dict[int, str] = {}
    styles: list[bool] = []
    for part in _related(parts, book, "styles"):
        is_listed = False
        for name, found in parts.elements(part, "numFmt", "cellXfs", "cellStyles", "xf"):
            if name == "numFmt":
                codes[int(found["numFmtId"])] = found["formatCode"]
            elif name in ("cellXfs", "cellStyles"):
                is_listed = name == "cellXfs"
            elif name == "xf" and is_listed:
                number = int(found.get("numFmtId", 0))
                styles.append(is_date_format(number, codes.get(number)))
    return styles
