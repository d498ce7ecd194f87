"""Fixtures that several modules of this folder share."""

import pytest

from people.helpdesk.observer import ChatwootObserver


@pytest.fixture
def mirror(work):
    return ChatwootObserver(work, receipts_fact="no-receipts:test")
