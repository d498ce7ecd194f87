"""Calls that meet the ceiling of a day: who is left is called on the next."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from conversation.daily_ceilings import DailyCeilings, Limit
from storage.models import LedgerTotal
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.voice.stand import people
from tests.records import the_only

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stand(open_stand):
    limits = (Limit("DAILY_MESSAGES", None, 0.1), Limit("DAILY_CALLS", 2, 0.5))
    return open_stand(ceilings=DailyCeilings(ZoneInfo("Europe/Madrid"), *limits, None))


def test_no_more_people_are_called_than_a_day_allows_and_the_rest_on_the_next(stand):
    stand.start(people(3))
    runner = stand.process()
    stand.run_until_called(runner, 2)

    for _ in range(10):
        runner.round()
    assert len(stand.called()) == 2

    with stand.database.write() as connection:  # what was counted is of another day
        connection.execute(update(LedgerTotal).values(period="2026-01-01"))
    stand.run_until_called(runner, 3)
    assert len(set(stand.called())) == 3


def test_a_call_that_was_refused_is_none_of_the_days(stand, twilio):
    stand.start(people(1))
    twilio.fail(Refuse(400, 21211), method="POST", path="/Calls.json")

    stand.run(stand.process(), stand.is_over)

    assert the_only(stand.database, LedgerTotal).units == 0
