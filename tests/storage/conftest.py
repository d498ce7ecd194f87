"""Fixtures that several modules of this folder share."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event


@pytest.fixture
def commits(database):
    """How often something was committed."""
    committed = []
    event.listen(database.engine, "commit", committed.append)
    return committed


@pytest.fixture
def threads():
    with ThreadPoolExecutor(20) as pool:
        yield pool
