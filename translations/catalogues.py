"""Extracts the marked messages from code, templates and click, and updates the catalogues. Needs Babel."""

import io
from collections.abc import Iterator
from pathlib import Path

import click
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from translations import DOMAIN, FOLDER

ROOT = FOLDER.parent
_SITE = Path(click.__file__).parent.parent
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_pgettext": ((1, "c"), 2),
    "lazy_ngettext": (1, 2),
}
_CLICKS = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
"""Modules of click with words that commands print: click looks them up with the standard library's gettext."""
_NOT_PRODUCT = {"tests", "bench", "docs", "data", "translations"}


def product_modules() -> list[Path]:
    """Return the product's modules, in order; of this package, only those with messages."""
    return sorted([*_files(".py"), FOLDER / "numbers.py", FOLDER / "system_errors.py"])


def templates() -> list[Path]:
    """Return the pages' templates, in order."""
    return [file for file in _files(".html") if file.parent.name == "templates"]


def extract() -> Catalog:
    """Return a catalogue of every marked message, ours and click's, without translations."""
    found = Catalog(domain=DOMAIN, fuzzy=False)
    for method, root, files in (
        ("python", ROOT, product_modules()),
        ("jinja2", ROOT, templates()),
        ("python", _SITE, [_SITE / "click" / f"{name}.py" for name in _CLICKS]),
    ):
        for file in files:
            name = file.relative_to(root).as_posix()
            for line, message, comments, context in extract_from_file(
                method,
                file,
                keywords=KEYWORDS,
                comment_tags=("Translators:",),
                options={"encoding": "utf-8", "silent": "false"},
            ):
                found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def po_files() -> list[Path]:
    """Return each language's catalogue."""
    return sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(file: Path) -> Catalog:
    """Return a .po file's catalogue."""
    with file.open("rb") as source:
        return read_po(source, locale=file.parts[-3], domain=DOMAIN, abort_invalid=True)


def new_catalogue(locale: Locale) -> Catalog:
    """Return an empty catalogue for a language."""
    catalogue = Catalog(
        locale=locale,
        domain=DOMAIN,
        header_comment=f"# What staff read, in {locale.english_name}.",
        project="assistant",
        version="1",
        fuzzy=False,
    )
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    return catalogue


def is_translated(message: Message) -> bool:
    """Return whether every form of a message has a translation."""
    strings = message.string
    return bool(strings) if isinstance(strings, str) else all(strings or ("",))


def updated(file: Path, template: Catalog) -> bytes:
    """Return a .po file with the present messages; new ones have no translation.

    Messages no longer in the code are removed. No translation is guessed from similar messages.
    """
    catalogue = read(file)
    template.creation_date = catalogue.creation_date  # the file changes when a message does
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    out = io.BytesIO()
    write_po(out, catalogue, width=110, include_lineno=False, sort_output=True, ignore_obsolete=True)
    return out.getvalue()


def compiled(file: Path) -> bytes:
    """Return the .mo file of a .po file."""
    out = io.BytesIO()
    write_mo(out, read(file))
    return out.getvalue()


def _files(ending: str) -> list[Path]:
    return sorted(_walk(ROOT, ending))


def _walk(folder: Path, ending: str) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith((".", "__")) and entry.name != "__init__.py" and entry.name != "__main__.py":
            continue
        if entry.is_dir():
            if folder != ROOT or entry.name not in _NOT_PRODUCT:
                yield from _walk(entry, ending)
        elif entry.suffix == ending:
            yield entry
