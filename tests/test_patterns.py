"""Regular expressions that every Python from 3.11 on matches alike."""

import ast
import re
from pathlib import Path

import pytest

from tests import product


def pattern_of(node: ast.Constant | ast.JoinedStr) -> str:
    """Return a string as a pattern without sets and escapes; an f-string's values in it are \\0."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in parts)
    return re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", text, flags=re.DOTALL)


def strings_of(file: Path) -> list[ast.Constant | ast.JoinedStr]:
    """Return the strings of a file, an f-string as a whole."""
    tree = product.tree_of(file)
    within = {
        id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within)
    ]


# CPython's issue 106052: before 3.11.5 a group that can backtrack is matched wrongly under them.
POSSESSIVE_GROUP = re.compile(r"[)\0](?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


def test_no_pattern_has_a_possessive_or_atomic_group():
    found = [
        f"{file}:{node.lineno}"
        for file in product.files()
        for node in strings_of(file)
        if POSSESSIVE_GROUP.search(pattern_of(node))
    ]

    assert found == []


@pytest.mark.parametrize(
    "pattern", ["(?:a|b)++", "(a)*+", "(a)?+", "(?:a){2}+", "(?:a){1,}+", "(?>a)", "\0++"]
)
def test_a_possessive_group_is_found(pattern):
    assert POSSESSIVE_GROUP.search(pattern)
