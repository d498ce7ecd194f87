"""Tests of a page wait for what they assert: a page that changes is not asked once and believed."""

import ast

import pytest

from tests import product

ASKED_ONCE = {
    "is_visible", "is_hidden", "is_enabled", "is_disabled", "is_checked", "inner_text", "text_content", "input_value",
    "all_inner_texts", "all_text_contents",
}  # fmt: skip


def asked_once(tree):
    """The lines that assert what a page shows at this very moment, where Playwright's `expect` would wait for it."""
    return sorted(
        node.lineno
        for assertion in ast.walk(tree)
        if isinstance(assertion, ast.Assert)
        for node in ast.walk(assertion)
        if isinstance(node, ast.Attribute) and node.attr in ASKED_ONCE
    )


def test_no_page_is_asked_once_and_believed():
    found = {
        str(file.relative_to(product.ROOT)): lines
        for file in (product.ROOT / "tests").rglob("test_*.py")
        if (lines := asked_once(ast.parse(file.read_text(encoding="utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(
    "statement, is_found",
    [
        ("assert page.get_by_text('a').is_visible()", True),
        ("assert 'a' in page.locator('b').inner_text()", True),
        ("expect(page.get_by_text('a')).to_be_visible()", False),
    ],
)
def test_such_an_assertion_is_found(statement, is_found):
    assert bool(asked_once(ast.parse(statement))) is is_found
