"""What a contact card says, in a few words. Follows RFC 6350, and the older forms that telephones still send."""

import quopri
import re

_MOST_NUMBERS = 3
_LONGEST = 80
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([,;\\])")
_SPACES = re.compile(r"[\s\x00-\x1f\[\]]+")


def read_card(content: bytes) -> tuple[str, list[str]]:
    """Return the name and the numbers of the first card; "" and none where it has none. Never fails."""
    name, numbers = "", list[str]()
    text = _FOLD.sub("", content.decode("utf-8", "replace"))
    for line in text.splitlines():
        head, separator, value = line.partition(":")
        if not separator:
            continue
        label, *parameters = head.upper().split(";")
        kind = label.rpartition(".")[2]  # "item1.TEL"
        if kind == "END":
            break
        if kind == "TEL" and len(numbers) < _MOST_NUMBERS:
            numbers.append(_plain(value.removeprefix("tel:"), parameters))
        elif kind == "FN" or (kind == "N" and not name):
            name = _plain(value, parameters)
    return name, list(filter(None, numbers))


def _plain(value: str, parameters: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in parameter for parameter in parameters):
        value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
    words = _ESCAPED.sub(r"\1", value.replace(";", " "))
    return _SPACES.sub(" ", words).strip()[:_LONGEST]
