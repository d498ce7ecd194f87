"""Names of columns: as they are compared, and which of them say that phone numbers or time zones are below."""

import re
import unicodedata
from collections.abc import Sequence

_NUMBERS = (
    {"whatsapp", "wasap", "wa"},
    {"movil", "moviles", "celular", "celulares", "mobile", "mobiles", "cell", "cellphone", "telemovel"},
    {"telefono", "telefonos", "telefone", "tel", "tfno", "tlf", "tlfno", "phone", "phones", "telephone"},
)
"""Words for numbers, best first."""
_NUMBERS_ALONE = {"numero", "numeros", "number", "numbers", "num", "no", "n"}
"""Words for numbers of anything: they count where nothing else is in the name."""
_OTHER_THINGS = {
    "tipo",
    "type",
    "label",
    "etiqueta",
    "pais",
    "country",
    "prefijo",
    "prefix",
    "nombre",
    "name",
}
"""Words that say that a column is about a number, and has none."""
_ZONES = {"zona horaria", "huso horario", "huso", "time zone", "timezone", "tz", "fuso horario"}


def compared(name: str) -> str:
    """Return a name as it is compared: small letters without accents, and a space for all that is between words."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c))))


def number_column(names: Sequence[str]) -> int | None:
    """Return the column that has the numbers by its name, from 0: the best name, and of equals the first."""
    ranked = [
        (rank, index) for index, name in enumerate(names) if (rank := _rank(compared(name))) is not None
    ]
    return min(ranked)[1] if ranked else None


def zone_column(names: Sequence[str]) -> int | None:
    """Return the column that has the time zones by its name, from 0."""
    return next((index for index, name in enumerate(names) if compared(name) in _ZONES), None)


def _rank(name: str) -> int | None:
    words = set(name.split())
    if words & _OTHER_THINGS:
        return None
    ranks = (rank for rank, known in enumerate(_NUMBERS) if words & known)
    return next(ranks, len(_NUMBERS) if words and words <= _NUMBERS_ALONE else None)
