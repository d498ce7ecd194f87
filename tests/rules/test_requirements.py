"""The locks are what start.sh and test.sh install: they must say what requirements*.in ask for."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def asked_for(name):
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line.split(" #")[0]) for line in lines if line and not line.startswith(("#", "-"))]


def pins(name):
    """Name -> (version, what follows it: the marker and the hashes)."""
    found = PIN.findall((ROOT / name).read_text())
    return {canonicalize_name(package): (version, rest) for package, version, rest in found}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_everything_asked_for_is_locked_in_a_version_that_was_asked_for(name):
    locked = pins(f"{name}.txt")

    for requirement in asked_for(f"{name}.in"):
        version, _ = locked[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement} is locked as {version}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_lock_has_hashes(name):
    assert pins(name)
    for package, (_, rest) in pins(name).items():
        assert "--hash=sha256:" in rest, package


def test_what_both_files_lock_they_lock_in_one_version():
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")

    both = runtime.keys() & development.keys()

    assert {name: runtime[name][0] for name in both} == {name: development[name][0] for name in both}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_locks_name_no_index_of_ones_own(name):
    assert not re.search(
        r"^\s*--?(index|extra-index|find-links|trusted|i |f )", (ROOT / name).read_text(), re.MULTILINE
    )
