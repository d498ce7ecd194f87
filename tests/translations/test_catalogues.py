"""Every sentence that staff read is in every catalogue, translated, with the same values in it, and compiled."""

import ast
import re
import string

import pytest

from translations import languages
from translations.catalogues import (
    KEYWORDS,
    ROOT,
    compiled,
    extract,
    is_translated,
    po_files,
    product_modules,
    read,
    updated,
)

FILES = po_files()


def name_of(file):
    return file.parts[-3]


def forms(text):
    return [text] if isinstance(text, str) else list(text)


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def sentence(text):
    """What two writings of one sentence have in common."""
    return re.sub(r"\W+$", "", " ".join(text.split()))


def test_spanish_is_there():
    assert "es" in languages()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_catalogue_has_the_messages_that_the_code_has(file):
    assert file.read_text() == updated(file, extract()).decode(), "run: python -m translations update"


def test_what_is_marked_is_written_out_where_the_extraction_sees_it():
    """Not in an f-string, which Python before 3.12 reads as one piece, and not put together at run time."""
    extracted = {(message.context, forms(message.id)[0]) for message in extract() if message.id}
    unseen = []
    for module in product_modules():
        for node in ast.walk(ast.parse(module.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in KEYWORDS:
                continue
            with_context = "pgettext" in node.func.id
            words = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
            if ((words[0], words[1]) if with_context else (None, words[0])) not in extracted:
                unseen.append(f"{module.relative_to(ROOT)}:{node.lineno}")

    assert not unseen


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_message_is_translated(file):
    missing = [message.id for message in read(file) if message.id and not is_translated(message)]

    assert not missing


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_translation_is_a_guess(file):
    assert not [message.id for message in read(file) if message.id and message.fuzzy]


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_compiled_catalogue_is_fresh(file):
    assert file.with_suffix(".mo").read_bytes() == compiled(file), "run: python -m translations compile"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_translation_has_the_values_of_its_message(file):
    differing = [
        message.id
        for message in read(file)
        if message.id
        for translated in forms(message.string)
        if placeholders(translated) not in map(placeholders, forms(message.id))
    ]

    assert not differing


def test_no_sentence_stands_twice():
    """Two msgids that differ in what follows the last word alone, where both are said the same otherwise."""
    seen = {}
    twice = []
    for message in extract():
        for text in forms(message.id) if message.id else []:
            key = (sentence(text), message.context)
            if seen.setdefault(key, message.id) != message.id:
                twice.append((seen[key], message.id))

    assert not twice


def test_a_context_is_given_where_translations_differ_by_it():
    """A message that is said the same everywhere needs none: it would be translated twice for nothing."""
    said = {}
    for file in FILES:
        for message in read(file):
            if message.id:
                said.setdefault(forms(message.id)[0], []).append(
                    (message.context, file, tuple(forms(message.string)))
                )
    needless = [
        text
        for text, uses in said.items()
        if len({context for context, *_ in uses}) > 1
        and all(len({words for _, at, words in uses if at == file}) == 1 for file in FILES)
    ]

    assert not needless
