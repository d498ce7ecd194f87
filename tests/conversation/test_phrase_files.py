"""The files of phrases: complete, alike, used, and the only place where such words stand."""

import ast
import re
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from conversation import described, phrases
from conversation.phrases import PhrasesError, briefing_for, catalogue_for, catalogues, load
from conversation.phrases.words import Catalogue
from integrations.offline.phrases import Patterns
from integrations.plain_text import folded, plain_words
from messaging.opt_out import Keyword, keyword_of
from people.handoff.notices import Answer, read_answer
from tests import product

FOLDER = Path(phrases.__file__).parent
LANGUAGES = sorted(catalogues())
PACKAGES = ("conversation", "integrations/offline", "ivr", "messaging", "people")
SPOKEN_FORMS = ("conversation/speech/", "integrations/offline/faq_search.py")
"""What stays in code: how numbers are said, where sentences end, words that a search passes over."""
NOT_ENGLISH = re.compile(
    r"[áéíóúñ¿¡ãõç]|\b(?:el|los|las|una|para|con|por|que|del|não|você)\b.*\b(?:el|la|los|las|de|una|con|por|que|se|no|o|a)\b",
    re.IGNORECASE,
)


@pytest.fixture
def folder(tmp_path):
    """A copy of the files, to be written to."""
    return Path(shutil.copytree(FOLDER, tmp_path / "phrases", ignore=shutil.ignore_patterns("*.py", "__py*")))


def change(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def refusal(folder):
    with pytest.raises(PhrasesError) as raised:
        load(folder)
    return str(raised.value)


def keys(kind=Catalogue):
    """Every key of every table."""
    for name, hint in get_type_hints(kind).items():
        inner = [part for part in (hint, *get_args(hint)) if is_dataclass(part)]
        yield name
        for part in inner:
            yield from keys(part)


# What is wrong with a file is said of the file and the key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_that_is_missing_is_named(folder, language):
    change(folder / f"{language}.toml", "\ngoodbye = ", "\ngood_bye = ")

    assert f"{language}.toml: phrases.goodbye: " in refusal(folder)


@pytest.mark.parametrize(
    "table", ["phrases", "sellers", "helpdesk", "recognised", "offline", "offline.recognised"]
)
def test_a_key_that_is_not_known_is_named(folder, table):
    change(folder / "pt.toml", f"\n[{table}]\n", f'\n[{table}]\nnew = "x"\n')

    assert refusal(folder).startswith(f"pt.toml: {table}.new: ")


def test_a_channel_that_is_missing_is_named(folder):
    change(folder / "pt.toml", '\nwhatsapp = """', '\ntelegram = """')

    assert re.match(r"pt\.toml: briefing\.channels\.(whatsapp|telegram): ", refusal(folder))


def test_a_placeholder_that_differs_is_named(folder):
    change(folder / "pt.toml", "{until}", "{ate}")

    assert refusal(folder) == "pt.toml: helpdesk.bot_off: fills in {ate}, and en.toml {until}"


def test_a_file_that_is_no_toml_is_named(folder):
    (folder / "pt.toml").write_text("[phrases", "utf-8")

    assert refusal(folder).startswith("pt.toml cannot be read: ")


# Which language is spoken


@pytest.mark.parametrize(("tag", "file"), [("pt-BR", "pt"), ("ES-mx", "es"), ("es", "es"), ("en-GB", "en")])
def test_a_profile_speaks_the_language_of_its_tag_whatever_the_region_and_the_case(tag, file):
    assert catalogue_for(tag) is catalogues()[file]


@pytest.mark.parametrize("tag", ["fr-FR", "est-EE", "eng-US"])
def test_a_language_without_a_file_has_english_and_none_that_only_begins_alike(tag):
    assert catalogue_for(tag) is catalogues()["en"]
    assert briefing_for(tag) is catalogues()["en"].briefing


# Their words


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_offered_without_a_model_is_recognised_when_it_is_answered(language):
    words = catalogue_for(language).offline
    plain = {name: plain_words(getattr(words, name)) for name in ("do_not_know", "anything_else")}

    assert folded(words.offer) in plain["do_not_know"]
    assert folded(words.else_question) in plain["anything_else"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_patterns_are_written_as_words_are_heard_without_accents_and_in_small_letters(language):
    recognised = catalogue_for(language).offline.recognised
    for field in fields(recognised):
        written = re.sub(r"\\.", "", "".join(getattr(recognised, field.name)))
        assert written == folded(written)

    Patterns.of(recognised)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_people_are_told_to_write_are_recognised(language):
    words = catalogue_for(language)

    def told(text):
        return {keyword_of(word) for word in re.findall(r"\b[A-Z]{4,}\b", text)}

    assert told(words.phrases.opted_out) == {Keyword.START}
    assert told(words.phrases.opted_in) == {Keyword.STOP}
    assert told(words.phrases.opt_out_question) == {Keyword.STOP}
    assert told(words.phrases.opt_out_help) == {Keyword.STOP}
    assert [read_answer(word) for word in re.findall(r"\b[A-ZÃ]{2,}\b", words.sellers.how_to_take)] == [
        Answer.TAKE,
        Answer.DECLINE,
    ]


def test_a_word_means_the_same_in_every_language():
    for names in (("stop", "maybe_stop", "start", "help", "yes"), ("seller_takes", "seller_declines")):
        meant = {}
        for catalogue in catalogues().values():
            for name in names:
                for word in getattr(catalogue.recognised, name):
                    assert meant.setdefault(folded(word), name) == name, word


def test_a_day_has_one_place_in_the_week_in_every_language():
    places = {}
    for catalogue in catalogues().values():
        for place, day in enumerate(catalogue.recognised.weekdays):
            assert len(day) == 3
            assert places.setdefault(folded(day), place) == place


# Nothing in vain, nothing elsewhere


@pytest.mark.slow
def test_every_key_is_used_by_the_code():
    used = {
        node.attr
        for file in product.files()
        if str(file) != "conversation/phrases/words.py"
        for node in product.nodes(file)
        if isinstance(node, ast.Attribute)
    }

    assert set(keys()) - used - set(described.KEYS) == set()


def test_no_words_of_people_stand_in_the_code():
    found = [
        (str(file), node.value)
        for file in product.files()
        if str(file).startswith(PACKAGES) and not str(file).startswith(SPOKEN_FORMS)
        for node in product.nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NOT_ENGLISH.search(node.value)
        if node.value not in _docstrings(file)
    ]

    assert found == []


def _docstrings(file):
    return {
        node.value.value
        for node in product.nodes(file)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
