"""A language that is read aloud is a file."""

import shutil
from pathlib import Path

import pytest

import conversation.speech.languages as languages
from conversation.phrases import catalogues
from conversation.speech.languages import LanguageError, language_of, load

FOLDER = Path(languages.__file__).parent


@pytest.fixture
def folder(tmp_path):
    shutil.copy(FOLDER / "en.toml", tmp_path / "xx.toml")
    return tmp_path


def test_every_language_with_phrases_is_read_aloud():
    assert set(load(FOLDER)) == set(catalogues())


def test_a_language_is_one_more_file(folder):
    assert load(folder).keys() == {"xx"}


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ("minutes =", "minuts =", r"xx\.toml: times\.minutes: Field required"),
        ("[romans]\n", "[romans]\ntzars = []\n", r"xx\.toml: romans\.tzars: "),
        ('needs = "and/or"\npattern = \'', 'needs = "and/or"\npattern = \'(', r"xx\.toml: \(.*missing \)"),
        ("[signs]", "[signs", r"xx\.toml cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(folder, written, instead, sentence):
    file = folder / "xx.toml"
    text = file.read_text("utf-8")
    assert written in text
    file.write_text(text.replace(written, instead, 1), "utf-8")

    with pytest.raises(LanguageError, match=sentence):
        load(folder)


@pytest.mark.parametrize(
    ("tag", "region"),
    [("es", "ES"), ("es-419", "ES"), ("es_CO", "CO"), ("es-Latn-AR", "AR"), ("ES-mx", "MX"), ("es-XX", "ES")],
)
def test_a_region_counts_and_one_that_nobody_knows_is_the_languages_own(tag, region):
    language = language_of(tag)

    assert language is not None
    assert language.region == region


@pytest.mark.parametrize("tag", ["fr-FR", "", "x", "español"])
def test_a_language_without_a_file_is_none(tag):
    assert language_of(tag) is None
