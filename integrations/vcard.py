"""Reads contact cards (vCard) by RFC 6350, and the older formats that telephones still send."""

import quopri
import re

from integrations.plain_text import received_line

_MOST_NUMBERS = 3
_LONGEST = 80
_FOLD = re.compile(r"\r?\n[ \t]")
_SOFT_BREAK = re.compile(r"=\r?\n")
_BROKEN_LINE = re.compile(
    r"^[^:\r\n]*QUOTED-PRINTABLE[^:\r\n]*:(?:[^\r\n]*=\r?\n)+", re.IGNORECASE | re.MULTILINE
)
_LINE = re.compile(r'((?:"[^"]*"|[^":])*):(.*)', re.DOTALL)
_PARTS = re.compile(r"(?<!\\);")
_ESCAPED = re.compile(r"\\(.)")
_BRACKETS = re.compile(r"[\[\]]+")


def read_card(content: bytes) -> tuple[str, list[str]]:
    """Return the name and numbers of the first card; "" and none if there is no card. Never raises."""
    name, numbers = "", list[str]()
    for line in _lines(content.decode("utf-8", "replace")):
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        label, *parameters = found[1].upper().split(";")
        kind = label.rpartition(".")[2]  # "item1.TEL"
        if kind == "END":
            break
        if kind == "TEL" and len(numbers) < _MOST_NUMBERS:
            numbers.append(_plain(found[2].removeprefix("tel:"), parameters))
        elif kind == "FN" or (kind == "N" and not name):
            name = _plain(found[2], parameters)
    return name, list(filter(None, numbers))


def _lines(text: str) -> list[str]:
    """Return the unfolded lines: continued by a leading space, or by a trailing = (vCard 2.1)."""
    text = _BROKEN_LINE.sub(lambda line: _SOFT_BREAK.sub("", line[0]), text)
    return _FOLD.sub("", text).splitlines()


def _plain(value: str, parameters: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in parameter for parameter in parameters):
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    words = " ".join(_ESCAPED.sub(_unescaped, part) for part in _PARTS.split(value))
    return received_line(_BRACKETS.sub(" ", words))[:_LONGEST]


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] in "nN" else found[1]
