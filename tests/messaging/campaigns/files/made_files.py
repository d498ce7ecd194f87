"""Files of recipients as programs make them, and what comes of reading them."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

from messaging.campaigns.files.problem_messages import file_sentence, line_sentence
from messaging.campaigns.files.problems import FileError, Problem
from messaging.campaigns.files.recipients import Recipient, Wanted, recipients
from messaging.campaigns.files.tables import read_table
from messaging.campaigns.files.variables import parse_variables

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OF_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OF_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def cell(value, place, style=0):
    """One cell: texts in line, numbers as they are, and any XML as it is where the value begins with <."""
    if isinstance(value, str) and value.startswith("<"):
        return value
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def row(number, *values, styles=()):
    styles = [*styles, *[0] * len(values)]
    cells = (cell(v, f"{chr(65 + i)}{number}", styles[i]) for i, v in enumerate(values) if v is not None)
    return f'<row r="{number}">{"".join(cells)}</row>'


def sheet(*rows, before=""):
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def relations(**targets):
    listed = "".join(
        f'<Relationship Id={quoteattr(each)} Type="{OF_DOCUMENT}/{kind}" Target={quoteattr(target)}/>'
        for each, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{OF_PACKAGE}">{listed}</Relationships>'


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00\\ [$€-C0A]"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>'
)
DATE, MOMENT, EUROS, TIME = 1, 2, 3, 4
"""Styles of cells."""


def xlsx(*sheets, strings=None, book="", states=(), **parts):
    """An XLSX file of these sheets' XML. parts: more, or others in the place of those made here."""
    listed = "".join(
        f'<sheet name="S{n}" sheetId="{n + 1}" state="{[*states, *["visible"] * len(sheets)][n]}" r:id="r{n}"/>'
        for n in range(len(sheets))
    )
    named = {f"r{n}": ("worksheet", f"worksheets/sheet{n + 1}.xml") for n in range(len(sheets))}
    files = {
        "_rels/.rels": relations(r1=("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OF_DOCUMENT}">{book}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            **named, st=("styles", "styles.xml"), ss=("sharedStrings", "/xl/sharedStrings.xml")
        ),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings or ""}</sst>',
        **{f"xl/worksheets/sheet{n + 1}.xml": each for n, each in enumerate(sheets)},
        **parts,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def lines_of(data, name="people.csv"):
    """The columns of a file, and each line's number and cells."""
    table = read_table(data, name)
    return list(table.columns), [(line.number, line.cells) for line in table.lines()]


def read(data, *variables, language="es-ES", **wanted):
    """The recipients of a file, and its problems."""
    table = read_table(data.encode() if isinstance(data, str) else data, "people.csv")
    found = list(recipients(table, Wanted(language, variables=parse_variables(variables), **wanted)))
    return [each for each in found if isinstance(each, Recipient)], [
        each for each in found if isinstance(each, Problem)
    ]


def reached(data, **wanted):
    """The numbers of those who can be reached."""
    return [each.number for each in read(data, **wanted)[0]]


def said(data, *variables, language="en", wanted_language="es-ES", **wanted):
    """What is said of a file: the sentences of its lines, or the one of the file as a whole."""
    try:
        _, problems = read(data, *variables, language=wanted_language, **wanted)
    except FileError as error:
        return [file_sentence(error).said_in(language)]
    return [line_sentence(each).said_in(language) for each in problems]
