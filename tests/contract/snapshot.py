"""Snapshots: texts kept beside the tests, one item a line, that today's must equal."""

import difflib
import os
from pathlib import Path

UPDATE = os.environ.get("UPDATE_CONTRACT") == "1"
changes: list[str] = []
"""What was rewritten, as diffs."""
_FOLDER = Path(__file__).parent / "snapshots"
_HOW = (
    "What users see has changed. If that is meant, run ./test.sh --update-contract, "
    "and name the difference in CHANGELOG.md."
)


def hold(name: str, text: str) -> None:
    """Fail where a text is not what the snapshot says; on --update-contract, write the snapshot instead."""
    file = _FOLDER / name
    text = text.rstrip("\n") + "\n"
    kept = file.read_text("utf-8") if file.exists() else ""
    if kept == text:
        return
    diff = "\n".join(
        difflib.unified_diff(
            kept.splitlines(), text.splitlines(), f"{name}, kept", f"{name}, now", lineterm="", n=1
        )
    )
    if not UPDATE:
        raise AssertionError(f"{_HOW}\n{diff}")
    _FOLDER.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    changes.append(diff)
