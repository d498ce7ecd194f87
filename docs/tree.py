"""Writes the lists of packages and modules into the documents: `.venv/bin/python docs/tree.py`.

The sentences are the first ones of the modules' docstrings. `--check` changes nothing and exits with 1 for a stale
list.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import product  # noqa: E402 - a script's own folder is all that Python looks in

BEGIN, END = "<!-- written by docs/tree.py -->", "<!-- end -->"


def first_sentence(file: Path) -> str:
    """Return the first sentence of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(product.tree_of(file)) or ""
    paragraph = " ".join(docstring.partition("\n\n")[0].split())
    sentence = paragraph.partition(". ")[0].removesuffix(".").removesuffix(":")
    return sentence.replace("<", "&lt;").replace("*", "\\*").replace("|", "\\|")


def packages() -> dict[Path, list[Path]]:
    """Return the modules of each package, by its folder; modules at the top under Path(".")."""
    found: dict[Path, list[Path]] = {}
    for file in product.files():
        if "versions" not in file.parts:  # a migration a file: what they do is in storage/models.py
            found.setdefault(file.parent, []).append(file)
    return dict(sorted(found.items()))


def overview() -> str:
    """Return a table of the packages and modules at the top."""
    rows = [
        f"| [`{name}/`](modules.md#{name}) | {first_sentence(Path(name, '__init__.py'))} |"
        for name in sorted(product.packages())
    ]
    rows += [f"| [`{file}`](../{file}) | {first_sentence(file)} |" for file in packages()[Path()]]
    return "\n".join(["| where | what |", "|---|---|", *rows])


def modules() -> str:
    """Return a heading for each package and a line for each module."""
    lines: list[str] = []
    for folder, files in packages().items():
        if not folder.parts:
            continue
        lines += [f"{'#' * min(len(folder.parts) + 1, 4)} {folder}", ""]
        init = folder / "__init__.py"
        if init in files:
            lines += [f"{first_sentence(init)}.", ""]
        lines += [
            f"- [`{file.name}`](../{file}): {first_sentence(file)}."
            for file in files
            if file.name != "__init__.py"
        ]
        lines += [""] if lines[-1] else []
    return "\n".join(lines).rstrip()


def written(document: Path, generated: str) -> str:
    """Return a document's text with the generated part between its markers."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{generated}\n\n{END}{after}"


def main() -> int:
    """Write the lists, or compare them."""
    stale = []
    for name, generated in (("architecture.md", overview()), ("modules.md", modules())):
        document = ROOT / "docs" / name
        text = written(document, generated)
        if text != document.read_text(encoding="utf-8"):
            stale.append(name)
            if "--check" not in sys.argv:
                document.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name}: {'is not fresh' if '--check' in sys.argv else 'written'}")  # noqa: T201
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
