"""A sentence is said in the language of who reads it, wherever it was made."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from translations import (
    current_language,
    gettext,
    in_language,
    language_of_locale,
    languages,
    lazy_gettext,
    lazy_ngettext,
    ngettext,
    set_process_language,
)

ENGLISH = "WEBHOOK_URL is not set: signatures are checked against the host name of each request."
SPANISH = "WEBHOOK_URL no está definida: las firmas se comprueban con el nombre de host de cada petición."
UNKNOWN = "A sentence that nobody has translated."


@pytest.fixture
def process_language():
    yield set_process_language
    set_process_language("en")


def test_a_language_is_there_once_its_folder_is(tmp_path):
    (tmp_path / "pt_BR/LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "pt_BR/LC_MESSAGES/messages.mo").touch()

    assert languages(tmp_path) == ("pt_BR", "en")


def test_a_sentence_is_said_in_the_language_in_force():
    with in_language("es"):
        spanish = gettext(ENGLISH)

    assert (spanish, gettext(ENGLISH)) == (SPANISH, ENGLISH)


@pytest.mark.parametrize("language", ["es", "en", "fr"])
def test_what_is_not_translated_is_said_in_english(language):
    with in_language(language):
        assert gettext(UNKNOWN) == UNKNOWN
        assert [ngettext("{n} day", "{n} days", n) for n in (1, 2)] == ["{n} day", "{n} days"]
        assert gettext("") == ""


def test_a_language_that_nobody_translated_is_english():
    with in_language("fr"):
        assert gettext(ENGLISH) == ENGLISH


def test_what_is_raised_in_one_language_is_shown_in_the_readers():
    with in_language("en"):
        error = ValueError(lazy_gettext("{why} {count}").format(why=lazy_gettext(ENGLISH), count=2))

    with in_language("es"):
        assert str(error) == f"{SPANISH} 2"


def test_a_lazy_count_has_its_form():
    assert str(lazy_ngettext("{n} call", "{n} calls", 1).format(n=1)) == "1 call"
    assert str(lazy_ngettext("{n} call", "{n} calls", 3).format(n=3)) == "3 calls"


def test_the_process_s_language_holds_in_every_thread_and_a_context_s_in_its_own(process_language):
    process_language("es")
    with in_language("en"), ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(current_language).result()

        assert (current_language(), elsewhere) == ("en", "es")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("es_MX.UTF-8", "es"),
        ("es", "es"),
        ("pt_BR.UTF-8", "pt_BR"),
        ("pt-br", "pt_BR"),
        ("pt_PT@euro", "pt_BR"),
        ("fr_FR", "en"),
        ("C", "en"),
        ("", "en"),
    ],
)
def test_a_locale_means_the_nearest_language(locale, language):
    assert language_of_locale(locale, ("es", "pt_BR", "en")) == language
