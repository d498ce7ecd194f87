"""Fixtures that several modules of this folder share."""

import pytest

from tests.dashboard.conversations import Talks


@pytest.fixture
def talks(operator):
    return Talks(operator.parts.database)
