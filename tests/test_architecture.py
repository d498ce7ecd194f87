"""The house's own rules: where things may be imported, that every route is guarded, that settings are documented."""

import ast
import re
from pathlib import Path

import pytest

from settings import ROOT, Settings

PACKAGES = ("conversation", "guards", "integrations", "ivr", "launch", "messaging", "simulator", "storage")
FILES = sorted([*ROOT.glob("*.py"), *(f for package in PACKAGES for f in (ROOT / package).rglob("*.py"))])
OURS = {*PACKAGES, *(file.stem for file in ROOT.glob("*.py"))}

OPEN_ROUTES = {"/", "/api/openapi.json", "/health", "/static/<path:filename>"}
"""Routes that anyone may ask: they say nothing about anybody."""


def imports_of(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def files_that_import(*modules: str) -> set[str]:
    return {
        str(file.relative_to(ROOT))
        for file in FILES
        if any(
            name == module or name.startswith(module + ".") for name in imports_of(file) for module in modules
        )
    }


def test_twiml_is_written_in_a_twiml_py_alone():
    assert {Path(file).name for file in files_that_import("twilio.twiml")} == {"twiml.py"}


def test_vendors_rest_clients_live_in_integrations():
    assert {Path(file).parts[0] for file in files_that_import("twilio.rest", "openai")} == {"integrations"}


def test_flask_stays_in_the_doors_the_guards_and_app():
    assert {Path(file).parts[0] for file in files_that_import("flask")} <= {
        "app.py",
        "guards",
        "ivr",
        "messaging",
    }


def test_only_settings_reads_the_environment():
    readers = {
        str(file.relative_to(ROOT))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and getattr(node.value, "id", "") == "os"
    }

    assert readers <= {"settings.py"}


def test_settings_import_nothing_of_ours():
    assert not {name.partition(".")[0] for name in imports_of(ROOT / "settings.py")} & OURS


def test_no_file_of_the_product_imports_the_tests():
    assert files_that_import("tests") == set()


@pytest.mark.parametrize("setting", sorted(name.upper() for name in Settings.model_fields if name != "lang"))
@pytest.mark.parametrize("document", [".env.example", "DEPLOY.md"])
def test_every_setting_is_documented(setting, document):
    assert re.search(rf"\b{setting}\b", (ROOT / document).read_text())


def test_every_route_is_guarded(make_settings):
    from app import create_app

    app = create_app(make_settings(d360_webhook_token="a-token"))
    client = app.test_client()
    refused = {}
    for rule in app.url_map.iter_rules():
        if rule.rule not in OPEN_ROUTES:
            method = "POST" if "POST" in rule.methods else "GET"
            response = client.open(rule.rule, method=method, headers={"X-Forwarded-For": "203.0.113.9"})
            refused[rule.rule] = response.status_code

    assert {"/voice", "/gather", "/continue", "/status"} <= set(refused)
    assert all(status in (401, 403, 404) for status in refused.values()), refused


def pattern_of(node: ast.Constant | ast.JoinedStr) -> str:
    """Return a string as a pattern without sets and escapes; an f-string's values in it are \\0."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in parts)
    return re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", text, flags=re.DOTALL)


def strings_of(file: Path) -> list[ast.Constant | ast.JoinedStr]:
    """Return the strings of a file, an f-string as a whole."""
    tree = ast.parse(file.read_text())
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
_POSSESSIVE_GROUP = re.compile(r"[)\0](?:[*+?]|\{\d*,?\d*\})\+|\(\?>")
EVERY_FILE = sorted(
    file for file in ROOT.rglob("*.py") if not {".venv", "tests", "data"} & set(file.relative_to(ROOT).parts)
)


def test_no_pattern_has_a_possessive_or_atomic_group():
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in EVERY_FILE
        for node in strings_of(file)
        if _POSSESSIVE_GROUP.search(pattern_of(node))
    ]

    assert found == []


@pytest.mark.parametrize(
    "pattern", ["(?:a|b)++", "(a)*+", "(a)?+", "(?:a){2}+", "(?:a){1,}+", "(?>a)", "\0++"]
)
def test_a_possessive_group_is_found(pattern):
    assert _POSSESSIVE_GROUP.search(pattern)
