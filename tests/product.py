"""The modules of the product, found and read: everything that is Python here and runs for its users."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

NOT_THE_PRODUCT = {
    "tests",
    "bench",  # measures the product from outside, with vendors of its own; it may import and start anything
    "docs",  # scripts that make pictures and lists
}


@cache
def files() -> tuple[Path, ...]:
    """Every module of the product, whichever folder it lies in: what git tracks, and what is new."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (Path(name) for name in sorted(set(listed.split("\0")) - {""}))
    return tuple(path for path in paths if path.parts[0] not in NOT_THE_PRODUCT and (ROOT / path).exists())


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(tree_of(file))


def packages() -> set[str]:
    """Top-level packages: folders with an __init__.py."""
    return {file.parts[0] for file in files() if len(file.parts) == 2 and file.name == "__init__.py"}


def root_modules() -> set[str]:
    """Modules at the top that can be imported (gunicorn.conf.py cannot: it is a file of settings)."""
    return {file.stem for file in files() if len(file.parts) == 1 and file.stem.isidentifier()}


def module_name(file: Path) -> str | None:
    """How a file is imported; None where it cannot be."""
    parts = file.with_suffix("").parts
    names = parts[:-1] if parts[-1] == "__init__" else parts
    importable = all(name.isidentifier() for name in names) and names[0] in packages() | root_modules()
    return ".".join(names) if importable else None


def imports_of(file: Path) -> set[str]:
    """Dotted names of all that a module imports, wherever in it."""
    found = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def modules_that_import(*names: str) -> set[str]:
    """Files that import one of these modules, or something in it."""
    return {
        str(file)
        for file in files()
        if any(found == name or found.startswith(name + ".") for found in imports_of(file) for name in names)
    }


def modules_that_read_the_attribute(name: str) -> set[str]:
    return {
        str(file)
        for file in files()
        if any(isinstance(node, ast.Attribute) and node.attr == name for node in nodes(file))
    }
