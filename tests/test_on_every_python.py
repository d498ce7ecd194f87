"""Which Pythons CI tries (tests/on_every_python.py)."""

import json

import pytest

from tests.on_every_python import OLDEST, Python, ask, others

HERE = Python("/here", (3, 11, 7), "final", (3, 40, 1))


@pytest.fixture
def python(tmp_path):
    """A program that says of itself what a Python would."""

    def python(name, version, sqlite=(3, 40, 1), release="final"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{json.dumps([str(path), version, release, sqlite])}'\n")
        path.chmod(0o755)
        return path

    return python


def test_each_version_with_each_sqlite_is_tried_once_and_our_own_is_not(python):
    found = others(
        HERE,
        [
            python("mine", HERE.version),
            python("mine-with-another-sqlite", HERE.version, (3, 50, 2)),
            python("new", (3, 13, 0)),
            python("new-again", (3, 13, 0)),
            python("old", (3, 10, 13)),
        ],
    )

    assert [(each.version, each.sqlite) for each in found] == [
        ((3, 11, 7), (3, 50, 2)),
        ((3, 13, 0), (3, 40, 1)),
    ]


def test_what_is_no_python_is_left_out(tmp_path):
    (tmp_path / "python3").write_text("#!/bin/sh\necho python\n")
    (tmp_path / "python3").chmod(0o755)

    assert ask(tmp_path / "python3") is None
    assert ask(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("release", "sqlite", "promised"),
    [("final", (3, 35, 0), True), ("candidate", (3, 50, 2), False), ("final", (3, 34, 1), False)],
)
def test_a_python_that_is_not_out_yet_or_has_too_old_an_sqlite_is_not_promised(release, sqlite, promised):
    assert Python("/there", OLDEST, release, sqlite).is_promised is promised
