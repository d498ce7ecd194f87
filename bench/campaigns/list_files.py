"""Makes lists of people as spreadsheets write them: half of them in Spain, half in Mexico, each number once."""

import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

_COLUMNS = ("nombre", "teléfono", "fecha", "hora", "ciudad", "precio")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_SPAIN = ("600 {0:03} {1:03}", "+34 600 {0:03} {1:03}", "0034600{0:03}{1:03}", "600{0:03}{1:03}")
_MEXICO = (
    "+52 55 50{0:03} {1:03}",
    "+52 1 55 50{0:03} {1:03}",
    "0052 55 50{0:03} {1:03}",
    "+525550{0:03}{1:03}",
)
_CITIES = ("Madrid", "Ciudad de México", "Alcalá de Henares", "Coyoacán")
_FIRST = date(2026, 12, 1)
_EPOCH = date(1899, 12, 30)
_DATE, _TIME = 1, 2
"""Styles of cells."""
_PARTS = {
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_RELATED}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets><sheet name="Citas" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" Type="{_RELATED}/worksheet" '
        f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{_RELATED}/styles" Target="styles.xml"/>'
        f'<Relationship Id="r3" Type="{_RELATED}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/></cellXfs>'
        "</styleSheet>"
    ),
}  # fmt: skip


def write_csv(path: Path, lines: int) -> None:
    """Write a list of so many lines, as Excel writes it in Spain."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(";".join(_COLUMNS) + "\r\n")
        for name, number, days, hour, city, price in _people(lines):
            day = _FIRST + timedelta(days=days)
            cells = (name, number, f"{day:%d/%m/%Y}", f"{hour}:30", city, f"{price:.2f}".replace(".", ","))
            file.write(";".join(cells) + "\r\n")


def write_xlsx(path: Path, lines: int) -> None:
    """Write a list of so many lines, with a table of strings, and with dates, times and prices as numbers."""
    strings: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(1, [_text(column, strings) for column in _COLUMNS]).encode())
            for number, person in enumerate(_people(lines), start=2):
                sheet.write(_row(number, _cells(person, strings)).encode())
            sheet.write(b"</sheetData></worksheet>")
        items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{items}</sst>')


_Person = tuple[str, str, int, int, str, float]


def _people(lines: int) -> Iterator[_Person]:
    """Yield each person's name, number, days from the first date, hour, city and price."""
    for n in range(lines):
        half, is_mexican = divmod(n, 2)
        forms = _MEXICO if is_mexican else _SPAIN
        number = forms[half % len(forms)].format(*divmod(half, 1000))
        yield f"Ana García {n}", number, n % 60, 9 + n % 10, _CITIES[n % len(_CITIES)], 20 + n % 400 / 4


def _cells(person: _Person, strings: dict[str, int]) -> list[str]:
    name, number, days, hour, city, price = person
    day = (_FIRST - _EPOCH).days + days
    return [
        _text(name, strings), _text(number, strings), f's="{_DATE}"><v>{day}</v>',
        f's="{_TIME}"><v>{(hour + 0.5) / 24}</v>', _text(city, strings), f"><v>{price}</v>",
    ]  # fmt: skip


def _text(text: str, strings: dict[str, int]) -> str:
    return f't="s"><v>{strings.setdefault(text, len(strings))}</v>'


def _row(number: int, cells: list[str]) -> str:
    placed = "".join(f'<c r="{chr(65 + at)}{number}" {cell}</c>' for at, cell in enumerate(cells))
    return f'<row r="{number}">{placed}</row>'
