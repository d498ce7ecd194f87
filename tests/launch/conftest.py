"""Installations to start."""

import pytest

from tests.launch.installation import Installation


@pytest.fixture
def bare_house(tmp_path):
    """Nothing is installed in it."""
    installation = Installation(tmp_path / "una carpeta con espacios")
    yield installation
    installation.clear()


@pytest.fixture
def installation(bare_house):
    bare_house.furnish()
    return bare_house


@pytest.fixture
def started(installation):
    start = installation.start().until_ready()
    installation.worker_pid()  # ready is said as soon as calls are answered
    return start
