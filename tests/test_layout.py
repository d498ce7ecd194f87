"""How tests are laid out: in folders that mirror the product's, in short files, none imported by another."""

import ast
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests import product

LONGEST_LINES = 300
MOST_MODULES = 20
OF_THEIR_OWN = {"contract", "fakes", "journeys", "rules", "vendor"}
"""Folders of tests that mirror no package: what they test is the whole, the sources, or nothing at all."""

ADDED_TO_ALONE = {"storage/migrations/versions"}
"""Folders of which no file is ever taken away, and none is looked for among the others."""


def python_files():
    """Every module that git tracks or that is new, the product's and the tests', relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"],
        cwd=product.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    names = sorted(set(listed.split("\0")) - {""})
    return [Path(name) for name in names if (product.ROOT / name).exists()]


FILES = python_files()
TESTS = [file for file in FILES if file.parts[0] == "tests"]


def is_test_module(dotted_name):
    """Whether it is a module of tests, or a name in one."""
    parts = dotted_name.split(".")
    return parts[0] == "tests" and any(
        part.startswith("test_") and (product.ROOT.joinpath(*parts[:count]).with_suffix(".py")).exists()
        for count, part in enumerate(parts, start=1)
    )


def imports_of(source):
    """Dotted names of all that is imported."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_test_module_is_imported():
    found = [
        f"{file}: {name}"
        for file in TESTS
        for name in imports_of((product.ROOT / file).read_text("utf-8"))
        if is_test_module(name)
    ]

    assert found == [], "what tests share belongs into a conftest.py or a plain module"


@pytest.mark.parametrize(
    "statement",
    ["from tests.test_layout import FILES", "import tests.test_layout", "from tests import test_layout"],
)
def test_an_import_of_a_test_module_is_found_however_it_is_written(statement):
    assert any(is_test_module(name) for name in imports_of(statement))


def test_no_file_of_tests_is_long():
    lengths = {str(file): len((product.ROOT / file).read_text("utf-8").splitlines()) for file in TESTS}

    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_LINES} == {}


def test_folders_of_tests_mirror_the_products():
    folders = {file.parent.relative_to("tests") for file in TESTS if file.parts[1] not in OF_THEIR_OWN}

    assert sorted(str(folder) for folder in folders if not (product.ROOT / folder).is_dir()) == []


def test_no_folder_holds_too_many_modules():
    modules = Counter(folder for file in FILES if (folder := str(file.parent)) not in ADDED_TO_ALONE)

    assert {folder: count for folder, count in modules.items() if count > MOST_MODULES} == {}
