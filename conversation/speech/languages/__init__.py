"""Languages that are read aloud: a TOML file each, over what the CLDR knows of the language and its region.

A file is <language>.toml, after the primary subtag of a BCP 47 tag. [regions.<region>] in it has what is said otherwise
there. A language without a file is read as it is written.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, localedata
from babel.dates import get_day_names
from babel.numbers import (
    get_currency_name,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    get_territory_currencies,
)
from pydantic import TypeAdapter, ValidationError
from unicode_rbnf import RbnfEngine

from conversation.speech.languages.words import Words

__all__ = ["Language", "LanguageError", "Words", "abbreviations", "language_of", "load"]

_REGION = re.compile(r"[A-Za-z]{2}", re.ASCII)


class LanguageError(Exception):
    """A language's file cannot be used. The message names the file and the key."""


@dataclass(frozen=True, eq=False)
class Language:
    """What the rules know of one language in one region."""

    words: Words
    region: str
    locale: Locale
    _numbers: RbnfEngine

    def spelt(self, number: int, form: str) -> str:
        """Return a number in words. form: the name of a rule of the CLDR, such as "spellout-ordinal"."""
        return str(self._numbers.format_number(number, ruleset_names=[form]).text)

    @property
    def days(self) -> list[str]:
        """The names of the days of the week, Monday first."""
        names = get_day_names("wide", "format", self.locale)
        return self.words.days.names or [names[day] for day in range(7)]

    @property
    def decimal(self) -> str:
        """The decimal sign."""
        return get_decimal_symbol(self.locale)

    @property
    def group(self) -> str:
        """What stands between a million and the thousands; a full stop where that is a space."""
        sign = get_group_symbol(self.locale)
        return "." if sign.isspace() else sign

    @property
    def own_currency(self) -> str:
        """The ISO 4217 code of the region's currency."""
        return get_territory_currencies(self.region)[0]

    @property
    def dollar(self) -> str:
        """The ISO 4217 code of the currency whose sign is a mere "$"."""
        own = self.own_currency
        return own if get_currency_symbol(own, self.locale) == "$" else "USD"

    def currency(self, code: str) -> tuple[str, str]:
        """Return a currency's name with the number 1 and with others."""
        money = self.words.money
        if code in money.currencies:
            return money.currencies[code]
        one, many = (get_currency_name(code, count, self.locale) for count in (1, 2))
        if code == self.own_currency:
            word = 0 if money.own == "first" else -1
            one, many = one.split()[word], many.split()[word]
        return f"1 {one}", many


@lru_cache(maxsize=64)
def language_of(tag: str) -> Language | None:
    """Return a BCP 47 language as it is spoken in its region; None for one without a file. Raises LanguageError."""
    primary, *others = re.split(r"[-_]", tag)
    table = _tables().get(primary.lower())
    if table is None:
        return None
    regions = (sub.upper() for sub in others if _REGION.fullmatch(sub))
    region = next((region for region in regions if _is_known(primary.lower(), region)), table["region"])
    return _language(primary.lower(), region)


@lru_cache(maxsize=16)
def _language(primary: str, region: str) -> Language:
    words = _words(primary, _tables()[primary], region)
    return Language(words, region, Locale(primary, region), RbnfEngine.for_language(primary))


def _is_known(primary: str, region: str) -> bool:
    return localedata.exists(f"{primary}_{region}") and bool(get_territory_currencies(region))


@cache
def abbreviations(key: str) -> frozenset[str]:
    """Return the abbreviations under a key of [sentences] in all languages: a text may mix them."""
    return frozenset(word for table in _tables().values() for word in table["sentences"][key].split())


@cache
def _tables() -> Mapping[str, dict[str, Any]]:
    return load(Path(__file__).parent)


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Read the files of a folder. Raises LanguageError for a missing or unknown key, or a pattern that is none."""
    tables = {file.stem: _read(file) for file in sorted(folder.glob("*.toml"))}
    for language, table in tables.items():
        for region in ["", *table.get("regions", {})]:
            _words(language, table, region)
    return tables


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LanguageError(f"{file.name} cannot be read: {error}") from None


def _words(language: str, table: dict[str, Any], region: str) -> Words:
    common = {key: value for key, value in table.items() if key != "regions"}
    try:
        words = _shape().validate_python(_merged(common, table.get("regions", {}).get(region, {})))
        for replacement in words.replacements:
            re.compile(replacement.pattern)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise LanguageError(f"{language}.toml: {key}: {first['msg']}") from None
    except re.error as error:
        raise LanguageError(f"{language}.toml: {replacement.pattern}: {error}") from None
    return words


@cache
def _shape() -> TypeAdapter[Words]:
    return TypeAdapter(Words)


def _merged(table: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    return table | {
        key: _merged(table[key], value)
        if isinstance(value, dict) and isinstance(table.get(key), dict)
        else value
        for key, value in over.items()
    }
