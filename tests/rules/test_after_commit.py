"""What a transaction does outside the database: a function that writes may run twice, or be rolled back."""

import ast

import pytest

from tests import product

COUNTERS = {"count", "observe"}
CACHES = {
    "dashboard/charts/costs.py": "what was read, kept for the next page",
    "dashboard/charts/days.py": "likewise",
    "people/helpdesk/observer.py": "whether receipts are shown, as read",
    "people/helpdesk/read_receipts.py": "likewise",
}
"""Modules whose functions remember what they have read, so that running them twice changes nothing."""


def takes_connection(function):
    return any(
        argument.annotation is not None and ast.unparse(argument.annotation) == "Connection"
        for argument in (*function.args.args, *function.args.kwonlyargs)
    )


def side_effects(tree):
    """Log lines, counts and changes of `self` in functions that are given a connection."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or not takes_connection(function):
            continue
        if function.name == "__init__":  # what is made in a transaction is thrown away with it
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = ast.unparse(node.func.value)
                if of == "log" or (node.func.attr in COUNTERS and of.endswith("metrics")):
                    yield node.lineno, ast.unparse(node.func)
            elif isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (
                    (node.lineno, ast.unparse(target))
                    for target in targets
                    if any(ast.unparse(part) == "self" for part in ast.walk(target))
                )


def test_what_is_written_nowhere_but_in_memory_or_in_the_log_waits_for_the_commit():
    found = [
        f"{file}:{line} {what}"
        for file in product.files()
        if str(file) not in CACHES and not str(file).startswith("storage/group_commit")
        for line, what in side_effects(product.tree_of(file))
    ]

    assert found == [], "pass it to after_commit() of storage/after_commit.py"


@pytest.mark.parametrize(
    ("statement", "is_found"),
    [
        ("log.info('written')", True),
        ("self._metrics.count(WRITTEN)", True),
        ("self._written = True", True),
        ("self._written[3] += 1", True),
        ("after_commit(connection, log.info, 'written')", False),
        ("after_commit(connection, self._metrics.count, WRITTEN)", False),
        ("written = text.count('a')", False),
    ],
)
def test_what_would_happen_twice_is_found(statement, is_found):
    source = f"def keep(self, connection: Connection) -> None:\n    {statement}\n"

    assert bool(list(side_effects(ast.parse(source)))) == is_found
