"""Spoken forms of signs, abbreviations and units in Spanish and English."""

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

_Pairs: TypeAlias = dict[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Words:
    """The spoken forms of written signs in one language."""

    signs: dict[str, str]
    cents_after: tuple[str, str]  # between "3 euros" and its cents: from ten on ("3 euros con 50"), below
    thousands: str
    dollar: str  # whose "$" it is
    currencies: _Pairs  # one, many
    cents: _Pairs
    units: _Pairs
    shortened: dict[str, str]  # what stands before an abbreviation's last dot, without spaces
    phrases: tuple[tuple[str, re.Pattern[str], str], ...]  # what has to be in the text, and then
    days: str

    @cached_property
    def abbreviation(self) -> re.Pattern[str]:
        names = sorted(self.shortened, key=len, reverse=True)
        either = "|".join(name.replace(".", r"\. ?") for name in names)
        return re.compile(rf"(?<![\w.])({either})\.(?=\W|\Z)", re.IGNORECASE)

    @cached_property
    def day_range(self) -> re.Pattern[str]:
        return re.compile(rf"\b({self.days}) ?[–—-] ?({self.days})\b", re.IGNORECASE)

    @cached_property
    def measure(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w.,])(\d++(?:[.,]\d++)?) ?({'|'.join(self.units)})(?!\w)")

    @cached_property
    def counted(self) -> frozenset[str]:
        """The last words of sums and measures, after which "/" means per."""
        pairs = [*self.currencies.values(), *self.cents.values(), *self.units.values()]
        return frozenset(said.split()[-1] for pair in pairs for said in pair)

    def currency(self, sign: str) -> str:
        """Return the key in `currencies` and `cents` of a sign, or of an ISO 4217 code."""
        return self.dollar if sign == "$" else _CURRENCY_CODES.get(sign, sign)


@lru_cache(maxsize=64)
def words_of(language: str) -> Words | None:
    """Return the spoken forms for a BCP 47 language, with its region's dollar or peso; None if unsupported."""
    primary, *others = re.split(r"[-_]", language)
    words = _WORDS.get(primary.lower())
    if words and _PESO_COUNTRIES.intersection(other.upper() for other in others):
        return replace(words, dollar="MX$")
    return words


def _pairs(table: str) -> _Pairs:
    rows = (row.split(":") for row in table.split(";"))
    return {sign.strip(): (one.strip(), many.strip()) for sign, one, many in rows}


def _named(table: str) -> dict[str, str]:
    rows = (row.split(":") for row in table.split(";"))
    return {sign.strip(): words.strip() for sign, words in rows}


_SPANISH = Words(
    signs=_named(
        """.: punto; /: barra; -: guion; _: guion bajo; @: arroba; +: más; %: por ciento; &: y; or: o; per: por;
        to: a; *: asterisco; x: por; #: almohadilla; #1: número; ~: unos"""
    ),
    cents_after=(" con ", " con "),
    thousands=".",
    dollar="US$",
    currencies=_pairs(
        "€: un euro: euros; US$: un dólar: dólares; MX$: un peso: pesos; £: una libra: libras; ¥: un yen: yenes"
    ),
    cents=_pairs(
        """€: céntimo: céntimos; US$: centavo: centavos; MX$: centavo: centavos; £: penique: peniques;
        ¥: sen: sen"""
    ),
    units=_pairs(
        """km/h: kilómetro por hora: kilómetros por hora; kg: kilo: kilos; km: kilómetro: kilómetros;
        cm: centímetro: centímetros; mm: milímetro: milímetros; m²: metro cuadrado: metros cuadrados;
        m2: metro cuadrado: metros cuadrados; ml: mililitro: mililitros; min: minuto: minutos; h: hora: horas;
        °C: grado: grados; ºC: grado: grados"""
    ),
    shortened=_named(
        """p.ej: por ejemplo; ee.uu: Estados Unidos; sr: señor; sra: señora; srta: señorita; sres: señores;
        sras: señoras; dr: doctor; dra: doctora; dña: doña; ud: usted; uds: ustedes; vd: usted; vds: ustedes;
        avda: avenida; av: avenida; ctra: carretera; pza: plaza; aprox: aproximadamente; dpto: departamento;
        máx: máximo; mín: mínimo; núm: número; pág: página; tel: teléfono; tfno: teléfono"""
    ),
    phrases=(
        ("º", re.compile(r"\b[Nn]\.?º ?(?=\d)"), "número "),
        ("C/", re.compile(r"\bC/ ?(?=[A-ZÁÉÍÓÚÑ])"), "calle "),
        ("s/n", re.compile(r"\bs/n\b"), "sin número"),
        ("y/o", re.compile(r"\by/o\b"), "y o"),
        ("ª", re.compile(r"\bD(?:\.ª|ª\.?) (?=[A-ZÁÉÍÓÚÑ])"), "doña "),
        # Only where a person can come: "la vitamina D. Además" is no gentleman.
        (
            "D. ",
            re.compile(r"(?:\A|(?<=\b[ay] )|(?<=\bde )|(?<=\bcon )|(?<=, ))D\. (?=[A-ZÁÉÍÓÚÑ]\w)"),
            "don ",
        ),
        ("as ", re.compile(r"(?<=\b[Ll]as )(\d{1,2})\.([0-5]\d)(?![.,]?\d| ?[€$%])"), r"\1:\2"),
        # Voices of Spanish America take the dot of 1.200 for a decimal one.
        (".", re.compile(r"(?<![\w.,])(\d{1,3})\.(\d{3})(?![.,]?\d)"), r"\1\2"),
    ),
    days="lunes|martes|miércoles|jueves|viernes|sábado|domingo",
)

_ENGLISH = Words(
    signs=_named(
        """.: dot; /: slash; -: dash; _: underscore; @: at; +: plus; %: percent; &: and; or: or; per: per;
        to: to; *: star; x: times; #: pound; #1: number; ~: about"""
    ),
    cents_after=(" ", " and "),
    thousands=",",
    dollar="US$",
    currencies=_pairs(
        "€: 1 euro: euros; US$: 1 dollar: dollars; MX$: 1 peso: pesos; £: 1 pound: pounds; ¥: 1 yen: yen"
    ),
    cents=_pairs("€: cent: cents; US$: cent: cents; MX$: centavo: centavos; £: penny: pence; ¥: sen: sen"),
    units=_pairs(
        """km/h: kilometer per hour: kilometers per hour; kg: kilo: kilos; km: kilometer: kilometers;
        cm: centimeter: centimeters; mm: millimeter: millimeters; m²: square meter: square meters;
        m2: square meter: square meters; ml: milliliter: milliliters; min: minute: minutes; h: hour: hours;
        °C: degree: degrees; ºC: degree: degrees"""
    ),
    shortened=_named(
        """e.g: for example; i.e: that is; approx: approximately; vs: versus; dept: department;
        apt: apartment; tel: telephone"""
    ),
    phrases=(
        ("No", re.compile(r"\bNos?\. ?(?=\d)"), "number "),
        ("and/or", re.compile(r"\band/or\b"), "and or"),
    ),
    days="Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
)

_WORDS = {"es": _SPANISH, "en": _ENGLISH}
_PESO_COUNTRIES = frozenset({"AR", "CL", "CO", "CU", "DO", "MX", "UY"})
_CURRENCY_CODES = {"EUR": "€", "USD": "US$", "GBP": "£", "MXN": "MX$", "JPY": "¥"}
