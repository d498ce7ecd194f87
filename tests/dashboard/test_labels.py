"""Every code that can be kept has words."""

import pytest

from conversation.handoff import Source
from dashboard import labels
from dashboard.actions.refusals import Trouble
from dashboard.error_messages import TROUBLES
from dashboard.pages.conversations import ACTIONS, DONE
from storage.models import MessageStatus
from storage.reports.conversations import CHANNELS, State


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        (CHANNELS, labels.CHANNELS),
        (State, labels.STATES),
        (MessageStatus, labels.MESSAGE_STATUSES),
        (Source, labels.SOURCES),
        (Trouble, TROUBLES),
        ((*ACTIONS, "retry"), DONE),
    ],
    ids=["channels", "states", "messages", "sources", "troubles", "actions"],
)
def test_every_code_has_words(codes, names):
    assert set(codes) == set(names)


def test_a_code_that_twilio_adds_one_day_is_shown_as_it_is():
    assert labels.FILTERS["direction_name"]("trunking-originating") == "trunking-originating"
