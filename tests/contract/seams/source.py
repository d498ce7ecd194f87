"""Every sentence of the source, wherever it stands, and the names of what is logged."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from settings import ROOT
from tests.contract.seams import LANGUAGES

_NOT_OURS = {"tests", "bench", "docs", "deploy", ".venv", "data", "migrations"}


def sentences() -> list[str]:
    """Return every text of three words or more in the product's code that is no docstring, what is filled in as {}."""
    found = set()
    for tree in _trees():
        docstrings = {id(text) for text in _docstrings(tree)}
        inner = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) not in docstrings and id(node) not in inner and (text := _text(node)):
                found.add(text)
    found |= {text for pair in _catalogue() for text in pair}
    for language in LANGUAGES:
        found |= {_with_holes(text) for _, text in _phrases(language)}
    return sorted(text for text in found if re.search(r"[^\W\d_]{2,}\W+[^\W\d_]+\W+[^\W\d_]+", text))


def pairs() -> list[tuple[str, str]]:
    """Return every text that the code has in Spanish and in English, what is filled in as {}."""
    found: set[tuple[str, str]] = set()
    for tree in _trees():
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
            elif isinstance(node, ast.Dict):
                given = {
                    key.value: value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
            else:
                continue
            if "es" in given and "en" in given:
                found |= set(_paired(given["es"], given["en"], named))
        for name in named:
            other = name.replace("SPANISH", "ENGLISH")
            if other != name and other in named:
                found |= set(_paired(named[name], named[other], named))
    english = dict(_phrases("en"))
    found |= {
        (_with_holes(text), _with_holes(english[key])) for key, text in _phrases("es") if key in english
    }
    return sorted(found | _catalogue())


def _catalogue() -> set[tuple[str, str]]:
    """Return every message of the Spanish catalogue with its English, what is filled in as {}."""
    with (ROOT / "translations/es/LC_MESSAGES/messages.po").open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return {
        (_blanked(spanish), _blanked(english))
        for message in messages
        for spanish, english in zip(_forms(message.string), _forms(message.id), strict=True)
    }


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _blanked(text: str) -> str:
    return re.sub(r"%\(\w+\)[sd]|\{[^{}]*\}", "{}", text)


def log_events() -> list[str]:
    """Return the names of the events that the code logs, at once or after a commit."""
    calls = [node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    logged = [[call.func, *call.args] for call in calls]
    logged += [call.args[1:] for call in calls if ast.unparse(call.func) == "after_commit"]
    return sorted(
        {
            name.value
            for method, name, *_ in filter(lambda each: len(each) > 1, logged)
            if isinstance(method, ast.Attribute)
            and method.attr in ("debug", "info", "warning", "error", "exception", "critical")
            and isinstance(name, ast.Constant)
            and isinstance(name.value, str)
        }
    )


def _phrases(language: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each text that is said or written without a model, with its key; words() has what is recognised."""
    yield from _texts(tomllib.loads((ROOT / f"conversation/phrases/{language}.toml").read_text("utf-8")))


def _texts(value, key=()):
    if isinstance(value, str):
        yield key, value
    elif key[-1:] not in (("recognised",), ("continue_words",)):
        for name, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(below, (*key, name))


@cache
def _trees() -> list[ast.Module]:
    return [ast.parse(file.read_text("utf-8")) for file in _files(ROOT)]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in _NOT_OURS and not path.name.startswith("."):
            yield from _files(path)
        elif path.suffix == ".py":
            yield path


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):  # a text that is a statement of its own documents what stands before it
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _with_holes(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "{x}" for part in node.values)
        return _with_holes("".join(map(str, parts)))
    return ""


def _with_holes(text: str) -> str:
    return re.sub(r"%\(\w+\)[sd]|\{[^{}]*\}", "{}", text)


def _paired(es: ast.AST, en: ast.AST, named: dict[str, ast.AST]) -> Iterator[tuple[str, str]]:
    es, en = (named.get(node.id, node) if isinstance(node, ast.Name) else node for node in (es, en))
    if (spanish := _text(es)) and (english := _text(en)):
        yield spanish, english
    elif isinstance(es, ast.Dict) and isinstance(en, ast.Dict):
        english = {ast.dump(key): value for key, value in zip(en.keys, en.values, strict=True) if key}
        for key, value in zip(es.keys, es.values, strict=True):
            if key and ast.dump(key) in english:
                yield from _paired(value, english[ast.dump(key)], named)
    elif isinstance(es, ast.Call) and isinstance(en, ast.Call):
        english = {keyword.arg: keyword.value for keyword in en.keywords}
        for keyword in es.keywords:
            if keyword.arg in english:
                yield from _paired(keyword.value, english[keyword.arg], named)
        for one, other in zip(es.args, en.args, strict=False):
            yield from _paired(one, other, named)
    elif isinstance(es, ast.Tuple | ast.List) and isinstance(en, ast.Tuple | ast.List):
        for one, other in zip(es.elts, en.elts, strict=False):
            yield from _paired(one, other, named)
    elif isinstance(es, ast.IfExp) and isinstance(en, ast.IfExp):
        yield from _paired(es.body, en.body, named)
        yield from _paired(es.orelse, en.orelse, named)
