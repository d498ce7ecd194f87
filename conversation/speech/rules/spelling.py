"""Letters and digits one by one, in groups with a pause between."""

import re

_ONE_GROUP = 5
_RUNS = re.compile(r"[^\W\d_]+|\d+")


def in_groups(characters: str, size: int = 3) -> str:
    """Return characters with spaces, in groups of a size with commas: "6 0 0, 0 0 0, 0 0 1". None is of one alone."""
    groups = [" ".join(characters[at : at + size]) for at in range(0, len(characters), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [f"{groups[-2]} {groups[-1]}"]
    return ", ".join(groups)


def spelt(code: str) -> str:
    """Return a code's letters and digits, with a pause between those and these: "A B, 1 2 3 4"."""
    return ", ".join(_spelt_run(run[0]) for run in _RUNS.finditer(code))


def _spelt_run(run: str) -> str:
    if run.isdigit():
        return " ".join(run) if len(run) <= _ONE_GROUP else in_groups(run)
    return " ".join(run.upper())
