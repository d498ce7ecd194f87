"""What a library keeps to itself is not leant on: it may be gone with any release, and nobody says so.

Looked for without running anything but the imports of base classes: underscores in imports and attributes, a
library's private methods that a subclass calls or overrides, objects of ours that are passed off as a library's,
and the modules below, which are internal though no underscore says so.
"""

import ast
import importlib
import sys

import pytest

from settings import ROOT
from tests import product

OURS = {
    path.stem if path.suffix else path.name
    for path in ROOT.iterdir()
    if path.suffix == ".py" or (path / "__init__.py").exists()
}
PRODUCT = [ROOT / path for path in product.files()]

INTERNAL = {"gunicorn.workers.gthread", "markdown_it.rules_block.table", "prometheus_client.mmap_dict"}
"""Modules of libraries that no documentation names."""
PUBLIC = {
    "_from": "Twilio's name for the field `from`, which Python keeps for itself",
    "_replace": "namedtuple's, documented; an underscore keeps it apart from the fields",
    "_asdict": "namedtuple's, documented",
    "_mapping": "SQLAlchemy's, documented; an underscore keeps it apart from the columns",
    "_exit": "os._exit, documented",
}
"""Names that are public for all their underscore."""
_GTHREAD = "gunicorn.workers.gthread"
ALLOWED = {
    # The only place where requests can be read, and connections closed, without a thread for each
    # (docs/dependencies.md, The web server); tests/launch/test_gunicorn.py measures it
    ("launch/gthread_worker.py", _GTHREAD),
    # DBOS's table of jobs, whose columns it documents: its own calls cannot join our transaction ...
    ("jobs/queue.py", "workflow_status"),
    # ... nor count, nor find the oldest
    ("jobs/backlog.py", "workflow_status"),
}


class Uses:
    """What a module uses that is private to a library, as the names of it."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.nodes = list(ast.walk(self.tree))
        self.imported = dict(self._imports())
        self.classes = {node.name: node for node in self.nodes if isinstance(node, ast.ClassDef)}
        self.defined = set(self._definitions(self.nodes))

    def found(self):
        return {
            *self._imported(),
            *self._attributes(),
            *self._inherited(),
            *self._passed_off(),
            *self._tables(),
        }

    def _imports(self):
        """Yield each name that is bound to something of a library's, and what it is."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                pairs = [(alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                pairs = [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
            else:
                continue
            yield from ((name, path) for name, path in pairs if is_foreign(path))

    @staticmethod
    def _definitions(nodes):
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.attr if isinstance(node, ast.Attribute) else node.id

    def _imported(self):
        for path in self.imported.values():
            if any(is_private(part) for part in path.split(".")):
                yield path
            module = path.rpartition(".")[0]
            yield from INTERNAL & {path, module}

    def _attributes(self):
        """Names with an underscore that nothing in the module has defined, on whatever it be."""
        for node in self.nodes:
            if isinstance(node, ast.Attribute) and is_private(node.attr):
                on_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                if not on_self and node.attr not in self.defined and node.attr not in PUBLIC:
                    yield node.attr

    def _inherited(self):
        """A library's private names in a class that inherits from it, called or overridden."""
        for cls in self.classes.values():
            inside = list(ast.walk(cls))
            named = {node.attr for node in inside if isinstance(node, ast.Attribute)} | {
                node.name for node in inside if isinstance(node, ast.FunctionDef)
            }
            for base in map(self._library_class, cls.bases):
                yield from (name for name in named if is_private(name) and hasattr(base, name))

    def _library_class(self, base):
        dotted = ast.unparse(base).partition("[")[0]
        first, _, rest = dotted.partition(".")
        if first not in self.imported:
            return None
        path = f"{self.imported[first]}.{rest}".rstrip(".")
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name, None)

    def _passed_off(self):
        """A cast that makes a library's class of an object of ours."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cast" and len(node.args) == 2:
                kind, value = node.args
                made = (
                    value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
                )
                if made in self.classes and ast.unparse(kind) in self.imported:
                    yield f"cast to {ast.unparse(kind)}"

    def _tables(self):
        for node in self.nodes:
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "table" and node.args:
                name = getattr(node.args[0], "value", None)
                if name == "workflow_status":
                    yield name


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def is_foreign(path):
    top = path.partition(".")[0]
    return top not in OURS and top not in sys.stdlib_module_names


@pytest.mark.parametrize("file", PRODUCT, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_private_of_a_library_is_used(file):
    path = str(file.relative_to(ROOT))

    assert {(path, used) for used in Uses(file.read_text()).found()} <= ALLOWED


def test_what_is_allowed_is_there():
    there = {(str(f.relative_to(ROOT)), used) for f in PRODUCT for used in Uses(f.read_text()).found()}

    assert there == ALLOWED


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("from openai._models import construct_type", "openai._models.construct_type"),
        ("import prometheus_client.mmap_dict", "prometheus_client.mmap_dict"),
        ("from markdown_it.rules_block.table import escapedSplit", "markdown_it.rules_block.table"),
        ("from prometheus_client import multiprocess\nmultiprocess._LIVE", "_LIVE"),
        ("import openai\nopenai.base._client", "_client"),
        ("import openai\nclient = openai.OpenAI()\nclient._prepare_url('/')", "_prepare_url"),
        ("import openai\nclass C(openai.OpenAI):\n def f(self): self._prepare_url('/')", "_prepare_url"),
        ("from openai import OpenAI\nclass C(OpenAI):\n def _prepare_url(self, u): ...", "_prepare_url"),
        ("from flask import Flask\nclass D: ...\ncast(Flask, D())", "cast to Flask"),
        ("JOBS = table('workflow_status', column('status'))", "workflow_status"),
    ],
)  # fmt: skip
def test_what_is_private_is_seen(source, used):
    assert used in Uses(source).found()


@pytest.mark.parametrize(
    "source",
    [
        "import openai\nclass C(openai.OpenAI):\n def __init__(self): self._http = 1\n def f(self): self._http",
        "class C:\n def same(self, other): return self._x == other._x\n def __init__(self): self._x = 1",
        "row._mapping",
        "import os\nos._exit(0)",
        "from ivr._x import y\nfrom typing import cast",
    ],
)
def test_what_is_ours_or_public_is_not(source):
    assert not Uses(source).found()
