"""Phrases said, written or recognised without a model, one TOML file per language; imports integrations' shapes alone.

A file is <language>.toml, after the primary subtag of the profiles' BCP 47 tags: pt.toml serves pt-BR. A language
without a file uses English, except for [phrases], for which the profile must then provide its own.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import TypeAdapter, ValidationError

from conversation.phrases.words import Briefing, Catalogue, Phrases

__all__ = ["Briefing", "Catalogue", "Phrases", "PhrasesError", "briefing_for", "catalogue_for", "phrases_for"]

SOURCE = "en"
"""The default language; all others must have its placeholders."""


class PhrasesError(Exception):
    """A file of phrases cannot be used. The message names the file and the key."""


def catalogue_for(language: str) -> Catalogue:
    """Return the catalogue of a BCP 47 language, whatever its region; English if it has no file."""
    files = catalogues()
    return files.get(language_of(language), files[SOURCE])


def phrases_for(language: str) -> Phrases:
    """Return the phrases of a BCP 47 language, whatever its region.

    Raises ValueError, naming the phrases that the profile must give, for a language without a file.
    """
    found = catalogues().get(language_of(language))
    if found is None:
        names = ", ".join(field.name for field in fields(Phrases))
        raise ValueError(f"there are no phrases for {language}: give all of these under [phrases]: {names}")
    return found.phrases


def briefing_for(language: str) -> Briefing:
    """Return the model's instructions in this language; English if it has none."""
    return catalogue_for(language).briefing


def language_of(tag: str) -> str:
    """Return the language of a BCP 47 tag, without its region: "pt" of "pt-BR"."""
    return tag.partition("-")[0].lower()


@cache
def catalogues() -> Mapping[str, Catalogue]:
    """Return every language's catalogue, read once per process. Raises PhrasesError."""
    return load(Path(__file__).parent)


def load(folder: Path) -> dict[str, Catalogue]:
    """Read the files of a folder. Raises PhrasesError for a missing or unknown key, or differing placeholders."""
    tables = {file.stem: _read(file) for file in sorted(folder.glob("*.toml"))}
    shape = TypeAdapter(Catalogue)
    found = {language: _catalogue(language, table, shape) for language, table in tables.items()}
    source = dict(_placeholders(tables[SOURCE]))
    for language, table in tables.items():
        filled = dict(_placeholders(table))
        for key in filled.keys() ^ source.keys():
            raise PhrasesError(f"{language}.toml: {key}: {SOURCE}.toml and this file must both have it")
        for key, names in filled.items():
            if names != source[key]:
                raise PhrasesError(
                    f"{language}.toml: {key}: fills in {_listed(names)}, and {SOURCE}.toml {_listed(source[key])}"
                )
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PhrasesError(f"{file.name} cannot be read: {error}") from None


def _catalogue(language: str, table: dict[str, Any], shape: TypeAdapter[Catalogue]) -> Catalogue:
    try:
        return shape.validate_python(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise PhrasesError(f"{language}.toml: {key}: {first['msg']}") from None


def _placeholders(value: Any, key: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each key with its placeholders; a list's are those of all its texts."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _placeholders(below, f"{key}.{name}" if key else name)
    elif not key.startswith(("recognised.", "offline.recognised.")):  # patterns there: {2,3} fills in nothing
        texts = value if isinstance(value, list) else [value]
        yield key, frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing"
