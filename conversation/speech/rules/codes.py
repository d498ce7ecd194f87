"""What is read letter by letter: IBANs, identity and postal codes, number plates, references as AB-1234/XZ."""

import re

from conversation.speech.languages import Language
from conversation.speech.rules.money import CODES
from conversation.speech.rules.spelling import in_groups, spelt
from conversation.speech.rules.text import any_of

_CANDIDATE = re.compile(r"[A-Za-z][-/]?\d|\d{4}|\d[-/]\d{3}|\d[-/]?[A-Z]|\d\.\d{3}\.|\d [A-Z]{2}")
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d\d(?:[ -]?[A-Z\d]{4}){3,7}(?:[ -]?[A-Z\d]{1,3})?(?![\w-])")
_CARD = re.compile(r"(?<![\w.,-])\d{4}(?:([ -])\d{4})(?:\1\d{4}){1,2}(?:\1\d{1,4})?(?![\w-]|[.,]\d)")
# Brazil's CPF and CNPJ, Chile's RUT; Spain's DNI, NIE and CIF.
_IDENTITY = re.compile(
    r"(?<![\w.-])(?:\d{2,3}(?:\.\d{3}){2}(?:/\d{4})?-[\dKk]{1,2}"
    r"|\d{2}\.?\d{3}\.?\d{3}[- ]?[A-HJ-NP-TV-Z]|[XYZ]-?\d{7}-?[A-Z]|[ABCDEFGHJNPQRSUVW]-?\d{8})(?!\w)"
)
_PLATE = re.compile(r"(?<![\w.,-])\d{4}[ -]?([BCDFGHJKLMNPRSTVWXYZ]{3})(?!\w)")
_NO_PLATE = CODES | {"RPM", "HRS", "KMS", "MHZ", "GHZ", "GBS", "MBS"}
_UK_POSTCODE = re.compile(r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?![\w-])")
_ZIP = re.compile(r"(?<=, )([A-Z]{2}) (\d{5})(?:-(\d{4}))?(?![\w-])")
_TOWN = re.compile(r"(?<=, )(\d{5})(?= [A-ZÁÉÍÓÚÑ][^\W\d_]{2})")
_CODE = re.compile(
    r"(?<![\w./-])(?=[A-Z\d/-]{5,40}(?![\w/-]))(?=[\d/-]*[A-Z])(?=[A-Z/-]*\d)"
    r"(?:[A-Z]{1,4}[-/]?\d{4,}|[A-Z\d]+(?:[-/][A-Z\d]+){2,}|[A-Z]{1,4}-\d+/[A-Z\d]+|\d{4,}[-/]?[A-Z]{1,4}|(?:\d+[A-Z]+|[A-Z]+\d+[A-Z])[A-Z\d]{2,})(?![\w/-])"
)
_KEYS = re.compile(r"(?<![\w#.,/-])(\d{2,12})#(?![\w#])")
_SEPARATOR = re.compile(r"([-/])")
_ANY_CODE = (
    r"(?=[A-Za-z/-]{0,20}\d)[A-Za-z\d]+(?:[-/][A-Za-z\d]+){0,8}(?:(?<=\d) (?-i:[A-Z]{1,3})(?!\w))?"
    r"|\d{1,2}\.\d{3}\.\d{3}(?:-[\dK])?"
)
_NO_CODE = re.compile(  # dates, measures, 2x1
    r"\d\d?/\d\d?(?:/\d{2,4})?|\d{4}-\d\d?-\d\d?|\d\d?-\d\d?-\d{4}|\d{1,3}[a-zªº]{1,4}|\d+[xX]\d+"
)
_LONG_ENOUGH = 4  # digits of a reference that are read one by one; "pedido 123" is a number


class Codes:
    """A language's codes: by their own shape, or after a word that says what they are."""

    def __init__(self, language: Language) -> None:
        words = language.words.codes
        signs = language.words.signs
        self._hash = signs["#"]
        self._names = {"-": f" {signs['-']} ", "/": f" {signs['/']} "}
        self._postal_said = {name.lower(): said for name, said in words.postal.items()}
        self._postal = re.compile(
            rf"(?<!\w)({any_of(words.postal)}):? ?(\d{{4,5}}(?:-\d{{3,4}})?)(?![\w-]|[.,]\d)", re.IGNORECASE
        )
        cue = rf"(?<!\w)(?:{any_of([*words.identities, *words.references])})(?!\w)"
        between = any_of(words.between)
        self._cued = re.compile(
            rf"({cue}[.:]{{0,2}}(?: (?:{between})){{0,2}}:? #?)({_ANY_CODE})(?![\w/-]|[.,]\d)", re.IGNORECASE
        )
        self._cue = re.compile(cue, re.IGNORECASE)

    def __call__(self, text: str) -> str:
        if "#" in text:
            text = _KEYS.sub(lambda found: f"{spelt(found[1])} {self._hash}", text)
        if not _CANDIDATE.search(text):
            return text
        text = self._postal.sub(self._say_postal, text)
        text = _IBAN.sub(self._say_iban, text)
        text = _CARD.sub(lambda found: in_groups(re.sub(r"\D", "", found[0]), 4), text)
        if self._cue.search(text):
            text = self._cued.sub(self._say_cued, text)
        text = _IDENTITY.sub(lambda found: spelt(re.sub(r"[. -]", "", found[0])), text)
        text = _PLATE.sub(lambda found: found[0] if found[1] in _NO_PLATE else spelt(found[0]), text)
        text = _UK_POSTCODE.sub(lambda found: spelt(found[0]), text)
        text = _ZIP.sub(lambda found: f"{spelt(found[1])}, {_digits(found[2], found[3])}", text)
        text = _TOWN.sub(lambda found: f"{' '.join(found[1])},", text)
        return _CODE.sub(lambda found: self._spelt(found[0]), text)

    def _say_postal(self, found: re.Match[str]) -> str:
        return f"{self._postal_said[found[1].lower()]} {_digits(*found[2].split('-'))}"

    def _say_iban(self, found: re.Match[str]) -> str:
        code = re.sub("[ -]", "", found[0])
        return f"{' '.join(code[:2])}, {' '.join(code[2:4])}, {in_groups(code[4:], 4)}"

    def _say_cued(self, found: re.Match[str]) -> str:
        code = found[2]
        if (code.isdigit() and len(code) < _LONG_ENOUGH) or _NO_CODE.fullmatch(code):
            return found[0]
        if _IDENTITY.fullmatch(code):
            return found[1] + spelt(re.sub("[. -]", "", code))
        return found[1] + self._spelt(code)

    def _spelt(self, code: str) -> str:
        parts = filter(None, _SEPARATOR.split(code))
        return "".join(self._names.get(part) or spelt(part) for part in parts)


def _digits(*groups: str | None) -> str:
    return ", ".join(" ".join(group) for group in groups if group)
