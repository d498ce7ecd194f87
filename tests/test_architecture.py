"""The project's own rules: where things may be imported, that every route is guarded, that settings are documented.

They hold for every module of the product, found by tests/product.py: a new package or module is under them at once.
"""

import ast
import graphlib
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

from settings import ROOT, Settings
from tests import product

TOP_LEVEL = product.packages() | product.root_modules()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]
FLASK_PACKAGES = {"dashboard", "guards", "web"}

OPEN_ROUTES = {
    "/",
    "/api/openapi.json",
    "/dashboard/static/<path:filename>",
    "/health",
    "/static/<path:filename>",
}
"""Routes that anyone may ask: they say nothing about anybody."""


def top(name):
    """The package or module at the top that a file or a dotted name belongs to."""
    return Path(name).parts[0].removesuffix(".py").partition(".")[0]


def test_every_top_level_package_and_module_is_found():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - product.NOT_THE_PRODUCT

    assert product.packages() == folders
    assert {str(file) for file in product.files()} >= {path.name for path in ROOT.glob("*.py")}


def test_twiml_is_written_in_a_twiml_py_alone():
    assert {Path(file).name for file in product.modules_that_import("twilio.twiml")} == {"twiml.py"}


def test_vendors_clients_live_in_integrations():
    assert {top(file) for file in product.modules_that_import("twilio.rest", "openai")} == {"integrations"}


def test_the_container_alone_makes_clients():
    made = {file: {getattr(call.func, "id", "") for call in calls_in(file)} for file in product.files()}
    clients = {
        alias.name
        for file in product.files()
        if top(file) == "container"
        for node in product.nodes(file)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("integrations.")
        for alias in node.names
        if alias.name in made[file]
    }

    assert {"OpenAIModel", "TwilioRest"} <= clients
    elsewhere = {str(file) for file in made if made[file] & clients and top(file) != "container"}
    assert elsewhere == {"messaging/browser_delivery.py"}  # a client for each simulated WhatsApp's own API


def calls_in(file):
    return [node for node in product.nodes(file) if isinstance(node, ast.Call)]


def test_flask_stays_in_views_guards_the_dashboard_and_app():
    elsewhere = {
        file
        for file in product.modules_that_import("flask")
        if file != "app.py" and top(file) not in FLASK_PACKAGES and not Path(file).stem.endswith("views")
    }

    assert elsewhere == set()


def test_only_settings_reads_the_environment():
    readers = {
        str(file)
        for file in product.files()
        for node in product.nodes(file)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and getattr(node.value, "id", "") == "os"
    }

    assert readers | product.modules_that_import("os.environ", "os.getenv") == {"settings/__init__.py"}


def ours_in(file):
    return {top(name) for name in product.imports_of(Path(file))} & TOP_LEVEL


def test_settings_import_nothing_of_ours_but_their_checks_and_how_numbers_and_addresses_are_read():
    assert ours_in("settings/__init__.py") == {"common", "phone_numbers", "settings"}
    assert ours_in("settings/checks.py") == {"phone_numbers"}
    assert [ours_in(file) for file in ("phone_numbers.py", "common/ip_addresses.py", "common/loops.py")] == [
        set()
    ] * 3


def test_no_file_of_the_product_imports_what_is_none_of_it():
    assert product.modules_that_import(*product.NOT_THE_PRODUCT) == set()


def test_nothing_imports_what_is_started():
    started = {
        name
        for file in product.files()
        if (name := product.module_name(file)) and (file.stem == "__main__" or _runs_itself(file))
    }

    assert "make_call" in started
    assert product.modules_that_import("app", *started) == set()


def _runs_itself(file):
    return any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
        for node in product.tree_of(file).body
    )


def test_top_level_packages_and_modules_import_each_other_in_no_circle():
    imported = {name: set() for name in TOP_LEVEL}
    for file in product.files():
        name = top(file)
        imported.setdefault(name, set()).update(
            {top(found) for found in product.imports_of(file)} & TOP_LEVEL - {name}
        )

    graphlib.TopologicalSorter(imported).prepare()  # raises CycleError, with the circle


# What other tools are told


def contract_names(*keys):
    """Modules that the import contracts name under these keys."""
    listed = [entry for contract in CONTRACTS for key in keys for entry in contract.get(key, [])]
    return {name.strip() for entry in listed for name in re.split("[|:]", entry)}


def test_import_contracts_hold_for_every_package():
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == product.packages()
    assert contract_names("source_modules", "modules", "layers") >= product.packages()


def test_import_contracts_name_every_module_at_the_top():
    # Import-linter takes packages alone as sources: what modules import is the business of the tests above.
    assert contract_names("forbidden_modules") >= product.root_modules()


def test_import_contracts_name_nothing_that_is_gone():
    ours = contract_names("source_modules", "modules", "layers", "forbidden_modules") - {
        "babel",
        "flask",
        "unicode_rbnf",
    }

    assert {top(name) for name in ours} <= TOP_LEVEL


def test_types_are_checked_in_every_module():
    checked = PYPROJECT["tool"]["mypy"]["files"]

    left_out = [
        str(file)
        for file in product.files()
        if file.parts[0] not in checked and not (len(file.parts) == 1 and "*.py" in checked)
    ]
    assert left_out == []


def test_no_top_level_name_is_the_standard_librarys_or_a_dependencys():
    taken = set(sys.stdlib_module_names) | set(importlib.metadata.packages_distributions())

    folders = {file.parts[0] for file in product.files() if len(file.parts) > 1}
    assert (TOP_LEVEL | folders) & taken == set()


# Documents and routes


@pytest.mark.parametrize("setting", sorted(name.upper() for name in Settings.model_fields if name != "lang"))
@pytest.mark.parametrize("document", [".env.example", "DEPLOY.md"])
def test_every_setting_is_documented(setting, document):
    assert re.search(rf"\b{setting}\b", (ROOT / document).read_text())


def test_every_route_is_guarded(make_settings):
    from app import create_app

    app = create_app(make_settings(d360_webhook_token="a-token", elevenlabs_webhook_secret="a-secret"))
    client = app.test_client()
    answered = {}
    for rule in app.url_map.iter_rules():
        if rule.rule not in OPEN_ROUTES:
            method = "POST" if "POST" in rule.methods else "GET"
            response = client.open(
                _filled(rule.rule), method=method, headers={"X-Forwarded-For": "203.0.113.9"}
            )
            answered[rule.rule] = response.status_code

    assert {"/voice", "/gather", "/continue", "/status"} <= set(answered)
    assert any(rule.startswith("/dashboard/") and "<" in rule for rule in answered)
    assert {rule: status for rule, status in answered.items() if status not in (401, 403)} == {}


def _filled(rule):
    """A path of a route: 1 for each number in it, an action or a name of a file for the rest."""
    return re.sub(r"<any\('?([\w-]+)[^>]*>|<[^>]*>", lambda match: match[1] or "1", rule)
