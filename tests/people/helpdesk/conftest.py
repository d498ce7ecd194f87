"""Fixtures that several modules of this folder share."""

import pytest

from people.helpdesk.observer import ChatwootMirror


@pytest.fixture
def mirror(work):
    return ChatwootMirror(work, receipts_fact="no-receipts:test")
