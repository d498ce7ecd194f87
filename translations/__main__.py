"""The translators' commands: `python -m translations add pt_BR`, `update`, `compile`; see docs/translating.md."""

import argparse
import sys

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import write_po

from translations import DOMAIN, FOLDER
from translations.catalogues import compiled, extract, is_translated, new_catalogue, po_files, read, updated


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m translations")
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="begin a language, such as pt_BR")
    adding.add_argument("language")
    commands.add_parser("update", help="bring each messages.po up to date with the code")
    commands.add_parser("compile", help="make each messages.mo from its messages.po")
    given = parser.parse_args()
    if given.command == "add":
        return add(given.language)
    return update() if given.command == "update" else compile_all()


def add(language: str) -> int:
    """Create a language's catalogue."""
    try:
        locale = Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        return _complain(f"{language} is not a language's code: write it as es, ca or pt_BR.")
    file = FOLDER / str(locale) / "LC_MESSAGES" / f"{DOMAIN}.po"
    if file.exists():
        return _complain(f"{file} is there already.")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        write_po(out, new_catalogue(locale))
    return update()


def update() -> int:
    """Write the present messages into each .po file, and print the number without a translation."""
    for file in po_files():
        file.write_bytes(updated(file, extract()))
        missing = [message for message in read(file) if message.id and not is_translated(message)]
        _say(f"{file}: {len(missing)} not translated")
    return 0


def compile_all() -> int:
    """Write each .mo file."""
    for file in po_files():
        file.with_suffix(".mo").write_bytes(compiled(file))
        _say(f"{file.with_suffix('.mo')}")
    return 0


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _complain(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
