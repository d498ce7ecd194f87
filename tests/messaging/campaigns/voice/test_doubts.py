"""Calls whose fate is unknown: looked for at Twilio, and never placed again while they may be there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from phone_numbers import dialable_number
from storage.base import utc_now
from storage.campaigns import campaign_calls, campaigns
from storage.models import CampaignRecipient
from tests.fakes.twilio.call import BUSY
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.voice.stand import US, number, people, urls
from tests.records import every

pytestmark = pytest.mark.both_databases


def place(stand, claimed):
    """Place a call as the process that dies does, whose answer nobody notes."""
    return stand.exchange.rest.place_call(
        to=dialable_number(claimed.number), sender=US, url=urls(claimed.mark).answer,
        status_callback=urls(claimed.mark).status,
    )  # fmt: skip


def dies_calling(stand, campaign, *, before):
    """Let a process claim who is due and die, before or after Twilio has the calls; return what it claimed."""
    with stand.database.write() as connection:
        campaigns.take_lease(connection, campaign, "dead", utc_now(), timedelta(seconds=10))
    claims = stand.claimer("dead").claim(campaign, 8)
    for claimed in () if before else claims.claimed:
        place(stand, claimed)
    return claims.claimed


def test_calls_that_twilio_has_of_a_dead_process_are_found_and_not_placed_again(stand, twilio):
    campaign = stand.start(people(3))
    dies_calling(stand, campaign, before=False)

    stand.let_pass(61)
    stand.run(stand.process(), lambda: stand.states() == {"calling": 3})

    assert sorted(stand.called()) == [number(1), number(2), number(3)]
    assert {one.call_sid for one in stand.recipients()} == set(twilio.calls.made)


def test_calls_that_twilio_never_got_of_a_dead_process_are_placed_once(stand):
    campaign = stand.start(people(3))
    dies_calling(stand, campaign, before=True)

    stand.let_pass(61)
    stand.run(stand.process(), lambda: stand.states() == {"calling": 3})

    assert sorted(stand.called()) == [number(1), number(2), number(3)]


def test_nobody_is_called_again_before_twilio_would_surely_list_it(stand):
    campaign = stand.start(people(3))
    dies_calling(stand, campaign, before=True)

    stand.let_pass(50)
    process = stand.process()
    for _ in range(3):
        process.round()

    assert stand.called() == []
    assert stand.states() == {"sending": 3}


def test_a_webhook_with_the_mark_settles_it_without_a_search(stand, twilio):
    campaign = stand.start(people(1))
    dies_calling(stand, campaign, before=False)

    stand.ends(twilio.calls.last, "completed")
    stand.let_pass(61)
    stand.run(stand.process(), stand.is_over)

    assert stand.states() == {"sent": 1}
    assert [request for request in twilio.requests if request.method == "GET"] == []


def test_a_webhook_that_comes_after_all_keeps_a_call_from_being_placed_again(stand, twilio):
    campaign = stand.start(people(1))
    [claimed] = dies_calling(stand, campaign, before=False)
    with stand.database.write() as connection:  # as where Twilio's list did not have it yet
        campaign_calls.put_back(connection, claimed.mark, utc_now() + timedelta(seconds=30))

    stand.ends(twilio.calls.last, "completed")
    stand.run(stand.process(), stand.is_over)

    assert len(stand.called()) == 1


def test_where_it_may_be_either_of_two_nobody_is_called_again(stand):
    campaign = stand.start(people(1))
    [claimed] = dies_calling(stand, campaign, before=False)
    place(stand, claimed)  # as another program of the account's might

    stand.let_pass(61)
    stand.run(stand.process(), stand.is_over)

    assert stand.states() == {"in_doubt": 1}
    assert len(stand.called()) == 2


def test_another_campaigns_call_of_just_before_is_not_taken_for_it(stand, twilio):
    stand.start(people(1))
    stand.run_until_called(stand.process(), 1)
    stand.ends(twilio.calls.last, "completed")
    other = stand.start(people(1), name="Otra")
    dies_calling(stand, other, before=True)

    stand.let_pass(61)
    stand.run(stand.process("after"), lambda: stand.states() == {"sent": 1, "calling": 1})

    assert stand.called() == [number(1), number(1)]


def test_a_call_of_which_twilio_does_not_speak_for_now_is_in_no_doubt(stand, twilio):
    stand.start(people(1))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    call = twilio.calls.last
    twilio.fail(Refuse(401, 20003), method="GET", path=call.sid)

    stand.let_pass(121)
    stand.run(
        runner, lambda: any(call.sid in asked.path for asked in twilio.requests if asked.method == "GET")
    )
    runner.close()

    assert stand.states() == {"calling": 1}


def test_a_call_that_was_over_by_the_time_it_is_found_is_settled(stand, twilio):
    twilio.calls.script(*BUSY)
    campaign = stand.start(people(1))
    dies_calling(stand, campaign, before=False)
    twilio.calls.advance(twilio.calls.last)
    twilio.calls.advance(twilio.calls.last)

    stand.let_pass(61)
    stand.run(stand.process(), lambda: stand.states() == {"waiting": 1})

    [recipient] = stand.recipients()
    assert (recipient.call_status, recipient.attempts) == ("busy", 1)
    assert recipient.due_at > utc_now() + timedelta(minutes=10)


def test_twilio_is_asked_of_calls_of_whose_end_no_webhook_tells(stand, twilio):
    stand.start(people(1))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    for _ in range(3):
        twilio.calls.advance(twilio.calls.last)

    stand.let_pass(121)
    stand.run(runner, stand.is_over)

    assert [(one.state, one.call_status) for one in stand.recipients()] == [("sent", "completed")]


def test_a_call_that_twilio_does_not_know_is_in_doubt(stand, twilio):
    stand.start(people(1))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    twilio.fail(Refuse(404, 20404), method="GET", path=twilio.calls.last.sid)

    stand.let_pass(121)
    stand.run(runner, stand.is_over)

    assert stand.states() == {"in_doubt": 1}


def test_a_process_that_stood_still_calls_nobody_for_whom_others_may_have_looked(stand):
    campaign = stand.start(people(1))
    [claimed] = dies_calling(stand, campaign, before=True)

    stand.let_pass(25)
    late = replace(claimed, begun_at=claimed.begun_at - timedelta(seconds=25))
    stand.dispatcher().send(late)

    assert stand.called() == []
    assert [one.attempts for one in every(stand.database, CampaignRecipient)] == [0]
