"""Pages are in the language that the browser asks for, and each request in its own."""

import pytest

from tests.dashboard.operator import Operator
from translations import current_language


@pytest.mark.parametrize(
    ("asked_for", "shown"),
    [
        ("es-MX", "es"),
        ("en-GB,en;q=0.9", "en"),
        ("de, en;q=0.5", "en"),
        ("fr-FR, es;q=0.2", "es"),
        ("fr", "es"),
        ("*", "es"),
        ("", "es"),
    ],
)
def test_the_browser_says_which_language(open_desk, asked_for, shown):
    page = open_desk(language=asked_for).read("/dashboard/campaigns")

    assert f'<html lang="{shown}">' in page
    assert {"es": "<h1>Campañas</h1>", "en": "<h1>Campaigns</h1>"}[shown] in page


def test_one_reader_s_language_is_not_the_next_one_s(operator):
    english = Operator(operator.app, language="en")

    pages = [reader.read("/dashboard/campaigns") for reader in (english, operator, english)]

    assert ["Campaigns" in page for page in pages] == [True, False, True]


def test_after_a_request_its_thread_speaks_as_before(operator):
    before = current_language()

    operator.read("/dashboard/campaigns")

    assert current_language() == before != "es"


@pytest.mark.parametrize(
    ("language", "words"), [("es", "Defina DASHBOARD_PASSWORD"), ("en", "Set DASHBOARD_PASSWORD")]
)
def test_who_is_refused_is_told_in_the_readers_language(open_desk, language, words):
    refused = open_desk(language=language, remote=True).get("/dashboard/")

    assert refused.status_code == 403 and words in refused.text
