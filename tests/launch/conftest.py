"""Installations to start."""

import pytest

from tests.launch.installation import House


@pytest.fixture
def bare_house(tmp_path):
    """Nothing is installed in it."""
    house = House(tmp_path / "una carpeta con espacios")
    yield house
    house.clear()


@pytest.fixture
def house(bare_house):
    bare_house.furnish()
    return bare_house


@pytest.fixture
def started(house):
    start = house.start().until_ready()
    house.worker_pid()  # ready is said as soon as calls are answered
    return start
