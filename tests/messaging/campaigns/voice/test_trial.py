"""A call to try a campaign: placed once whatever dies, and no reason to leave its number out of the campaign."""

from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from integrations.errors import IntegrationError
from messaging.campaigns.hours import Hours
from messaging.campaigns.states import Event
from messaging.campaigns.voice.trial import Trials
from storage.campaigns import campaigns
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.voice.stand import number, people

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stand(open_stand):
    rules = ContactRules(quiet=None, weekends=True, per_week=1)
    return open_stand(hours=Hours(rules, ZoneInfo("Europe/Madrid")))


def try_it(stand, campaign_id, to):
    with stand.database.read() as connection:
        campaign = campaigns.by_id(connection, campaign_id)
    return Trials(stand.database, stand.exchange, stand.ceilings).call(campaign, to)


def states_of(stand, to):
    return [one.state for one in stand.recipients() if one.number == to]


def test_whoever_has_tried_it_is_called_by_it_all_the_same(stand, twilio):
    campaign = stand.create(people(1))
    try_it(stand, campaign, number(1))
    stand.ends(twilio.calls.last, "completed")

    stand.tell(campaign, Event.STARTED)
    stand.run_until_called(stand.process(), 2)

    assert stand.called() == [number(1)] * 2


def test_nobody_is_called_again_after_a_busy_line(stand, twilio):
    campaign = stand.create(people(1))
    try_it(stand, campaign, number(9))
    stand.ends(twilio.calls.last, "busy")
    stand.let_pass(15 * 60)

    stand.tell(campaign, Event.STARTED)
    stand.run_until_called(stand.process(), 2)

    assert stand.called() == [number(9), number(1)]


def test_one_whose_answer_was_lost_is_looked_for_and_not_placed_again(stand, twilio):
    campaign = stand.create(people(1))
    twilio.fail(Refuse(500, 20500), method="POST", path="/Calls.json")
    with pytest.raises(IntegrationError):
        try_it(stand, campaign, number(9))
    assert states_of(stand, number(9)) == ["sending"]

    stand.let_pass(61)
    stand.run(stand.process(), lambda: states_of(stand, number(9)) == ["waiting"])

    assert stand.called() == []


def test_one_that_twilio_refuses_is_over_and_is_not_looked_for(stand, twilio):
    campaign = stand.create(people(1))
    twilio.fail(Refuse(400, 21211), method="POST", path="/Calls.json")

    with pytest.raises(IntegrationError):
        try_it(stand, campaign, number(9))

    [mine] = [one for one in stand.recipients() if one.number == number(9)]
    assert (mine.state, mine.call_status, mine.call_code) == ("failed", "refused", 21211)
