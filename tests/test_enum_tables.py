"""Tables by an enum hold every member of it, or are asked with a default."""

import ast
import importlib
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path

from tests import product


@dataclass(frozen=True)
class Table:
    """A dict literal. name: the variable that holds it; None where it has none of its own."""

    file: Path
    line: int
    node: ast.Dict
    name: str | None

    def __str__(self):
        return f"{self.file}:{self.line}"


@cache
def importable():
    """The product's modules by file, migrations left out: alembic alone can import them."""
    named = {file: product.module_name(file) for file in product.files()}
    return {
        file: importlib.import_module(name)
        for file, name in named.items()
        if name is not None and not name.startswith("storage.migrations") and not name.endswith("__main__")
    }


@cache
def enums():
    found = {
        value
        for module in importable().values()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Enum) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda enum: (enum.__module__, enum.__qualname__))


def tables():
    for file in importable():
        names = {
            id(node.value): target.id
            for node in product.nodes(file)
            for target in _targets(node)
            if isinstance(target, ast.Name)
        }
        for node in product.nodes(file):
            if isinstance(node, ast.Dict):
                yield Table(file, node.lineno, node, names.get(id(node)))


def _targets(node):
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) and node.value else []


def missing_from(table):
    """Members that a table leaves out, of each enum that it is by."""
    keys = [key for key in table.node.keys if key is not None]
    members = [value for value in (_value(key, table.file) for key in keys) if isinstance(value, Enum)]
    gaps = [
        member for enum in {type(member) for member in members} for member in enum if member not in members
    ]
    return gaps or _missing_values(keys)


def _value(key, file):
    """What a key is: a constant, or a name of the module's; None where it is made when the code runs."""
    if isinstance(key, ast.Constant):
        return key.value
    value = vars(importable()[file]).get(key.id) if isinstance(key, ast.Name) else None
    if isinstance(key, ast.Attribute):
        value = getattr(_value(key.value, file), key.attr, None)
    return value


def _missing_values(keys):
    """A table of strings is by an enum where it holds most of the enum's values, and nothing else."""
    if not keys or not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys):
        return []
    texts = {key.value for key in keys}
    close = [enum for enum in enums() if issubclass(enum, StrEnum) and texts <= set(enum) and len(texts) > 1]
    gaps = [set(enum) - texts for enum in close if 2 * len(texts) > len(enum)]
    return sorted(min(gaps, key=len)) if gaps else []


def is_asked_with_a_default(table):
    """Whether a table is only ever asked by .get or `in`, wherever its name is used."""
    if table.name is None:
        return False
    module = product.module_name(table.file)
    users = [file for file in importable() if file == table.file or _takes(file, module, table.name)]
    return all(_is_lenient(use, parents) for file in users for use, parents in _uses(file, table.name))


def _takes(file, module, name):
    return f"{module}.{name}" in product.imports_of(file) or module in product.imports_of(file)


def _uses(file, name):
    parents = {child: node for node in product.nodes(file) for child in ast.iter_child_nodes(node)}
    for node in product.nodes(file):
        is_name = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
        if is_name or (isinstance(node, ast.Attribute) and node.attr == name):
            yield node, parents


def _is_lenient(use, parents):
    parent = parents[use]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "get"
    return isinstance(parent, ast.Compare) and use in parent.comparators


def test_every_table_by_an_enum_has_all_of_it_or_a_default():
    incomplete = {
        str(table): [repr(member) for member in gaps]
        for table in tables()
        if (gaps := missing_from(table)) and not is_asked_with_a_default(table)
    }

    assert incomplete == {}
