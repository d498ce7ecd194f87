"""Staff read English from the code and Spanish from the catalogue; code has Spanish for customers alone."""

import ast
import re

import pytest

from translations.catalogues import ROOT, product_modules, templates

SPANISH = re.compile(
    r"[áéíóúñ¿¡ÁÉÍÓÚÑ]"
    r"|\b(?:el|la|los|las|una|del|al|que|para|con|sin|está|este|esta|por|se|ya|cuando|llamada|mensaje|"
    r"número|persona|escriba|pulse)\b.*\b(?:de|el|la|los|las|un|una|del|al|que|para|con|sin|por|se|en|no|ya)\b",
    re.DOTALL | re.IGNORECASE,
)
"""A letter that English lacks, or two of the small words that every Spanish sentence has."""

CUSTOMERS = {
    "conversation/speech/sentences.py",
    "conversation/speech/text_for_tts.py",
    "conversation/speech/rules/codes.py",
    "conversation/speech/rules/markup.py",
    "integrations/elevenlabs/openapi.py",
    "integrations/offline/faq_search.py",
    "integrations/openai/silence.py",
}
"""Modules with the words that customers say, hear or read."""


def strings_of(source):
    """The string literals that are no docstrings."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


def spanish_in(file):
    return [text for text in strings_of(file.read_text()) if SPANISH.search(text)]


def name_of(file):
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("text", ["Contraseña", "Pulse Llamar y espere en la puerta", "¿Quién?"])
def test_spanish_is_noticed(text):
    assert SPANISH.search(text)


def test_no_module_speaks_spanish_to_staff():
    speaking = {name_of(file): spanish_in(file) for file in product_modules()}

    assert {name: texts for name, texts in speaking.items() if texts and name not in CUSTOMERS} == {}


def test_the_exceptions_are_needed():
    speaking = {name_of(file) for file in product_modules() if spanish_in(file)}

    assert speaking >= CUSTOMERS


@pytest.mark.parametrize("file", templates(), ids=name_of)
def test_no_template_speaks_spanish(file):
    assert not SPANISH.search(re.sub(r"</?\w[^>]*>", "", file.read_text()))
