"""A further language is one folder here and one file of phrases, and no change of code."""

import os
import subprocess
import sys

import pytest
from babel.messages.pofile import read_po, write_po

from conversation.phrases import catalogues, phrases_for
from tests import product

pytestmark = pytest.mark.slow
PORTUGUESE = {
    "WhatsApp messages.": "Mensagens de WhatsApp.",
    "{setting} must be {le} or less.": "{setting} deve ser no máximo {le}.",
    ",": ".",
    ".": ",",
}
"""All that is translated of it; the rest stays in English."""


class Installation:
    """The product with its own folder of translations, in which somebody adds a language as the document says."""

    def __init__(self, folder):
        self.folder = folder
        for name in {file.parts[0] for file in product.files()} - {"translations"}:
            (folder / name).symlink_to(product.ROOT / name)
        source = product.ROOT / "translations"
        (folder / "translations/es/LC_MESSAGES").mkdir(parents=True)
        for file in (*source.glob("*.py"), *source.glob("es/LC_MESSAGES/*")):
            (folder / file.relative_to(product.ROOT)).write_bytes(file.read_bytes())

    def run(self, *arguments, **environment):
        """Run a module; return what it said, and whether it went well."""
        ended = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(self.folder / "data"), **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return ended.stdout + ended.stderr, ended.returncode == 0

    def translate(self, language, words):
        file = self.folder / f"translations/{language}/LC_MESSAGES/messages.po"
        with file.open("rb") as source:
            catalogue = read_po(source, locale=language)
        for message in catalogue:
            if message.id in words:
                message.string = words[message.id]
        with file.open("wb") as out:
            write_po(out, catalogue)


@pytest.fixture(scope="module")
def brazilian(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("brazilian"))
    said, went_well = installation.run("translations", "add", "pt_BR")
    assert went_well, said
    installation.translate("pt_BR", PORTUGUESE)
    said, went_well = installation.run("translations", "compile")
    assert went_well, said
    return installation


@pytest.fixture
def speak(brazilian):
    def run(*arguments, **environment):
        return brazilian.run(*arguments, LANG="pt_BR.UTF-8", **environment)[0]

    return run


def test_commands_speak_it_and_english_where_it_has_no_word(speak):
    said = speak("flask", "--app", "app", "--help")

    assert "Mensagens de WhatsApp." in said
    assert "The CRM." in said


def test_a_wrong_setting_is_said_in_it_and_in_english_where_it_has_no_word(speak):
    too_high = speak("flask", "--app", "app", "worker", PORT="70000")
    no_number = speak("flask", "--app", "app", "worker", PORT="x")

    assert too_high.splitlines()[-1] == "PORT deve ser no máximo 65535."
    assert no_number.splitlines()[-1].startswith("PORT must be a whole number.")


def test_its_numbers_have_its_separators(brazilian):
    program = (
        "from translations import in_language; from translations.numbers import separated\n"
        "for language in ('pt_BR', 'en'):\n    with in_language(language): print(separated('1,234.5'))"
    )
    (brazilian.folder / "separators.py").write_text(program)

    assert brazilian.run("separators") == ("1.234,5\n1,234.5\n", True)


def test_customers_and_sellers_have_phrases_in_it():
    assert "pt" in catalogues()
    assert phrases_for("pt-BR") is catalogues()["pt"].phrases
