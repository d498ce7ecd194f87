"""How often campaigns contact one person in a week: calls and messages are counted together."""

from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.hours import Hours
from tests.messaging.campaigns.stand import people
from tests.messaging.campaigns.voice.stand import Stand as Calls

pytestmark = pytest.mark.both_databases
ONCE = Hours(ContactRules(quiet=None, weekends=True, per_week=1), ZoneInfo("Europe/Madrid"))


@pytest.fixture
def calls(database, twilio):
    calls = Calls(database, twilio, ONCE)
    yield calls
    calls.close()


def test_who_was_written_to_is_not_called_in_the_same_week(stand, calls):
    stand.start(people(1))
    stand.run(stand.process())

    calls.start(people(1))
    calls.run(calls.process(), lambda: not stand.is_any_running())

    assert stand.reasons() == ["", "weekly_limit"]
    assert calls.called() == []


def test_who_was_called_is_not_written_to_in_the_same_week(stand, calls, twilio):
    stand.hours = ONCE
    calls.start(people(1))
    runner = calls.process()
    calls.run_until_called(runner, 1)
    calls.ends(twilio.calls.last, "completed")
    calls.run(runner, lambda: not stand.is_any_running())

    stand.start(people(1))
    stand.run(stand.process("two"))

    assert stand.reasons() == ["", "weekly_limit"]
    assert stand.to() == []


def test_another_call_after_nobody_answered_is_no_other_contact(calls, twilio):
    calls.start(people(1))
    runner = calls.process()
    calls.run_until_called(runner, 1)
    calls.ends(twilio.calls.last, "busy")
    calls.let_pass(15 * 60)

    calls.run_until_called(runner, 2)

    assert len(calls.called()) == 2
