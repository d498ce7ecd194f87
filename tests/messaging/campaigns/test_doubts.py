"""Messages of campaigns whose fate is unknown: looked for at Twilio, and never sent again while they may be there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from messaging.campaigns.dispatch import Dispatcher
from messaging.requests import ReceiptFacts
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.models import Message, MessageStatus
from tests.fakes.twilio.server import Close, Page
from tests.messaging.campaigns.stand import TEMPLATE, US, number, people
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
MESSAGES = "/Messages.json"


def dies_sending(stand, campaign, *, before):
    """Let a process claim who is due and die, before or after Twilio has the messages; return what it claimed."""
    with stand.database.write() as connection:
        campaigns.take_lease(connection, campaign, "dead", utc_now(), timedelta(seconds=10))
    claims = stand.claimer("dead").claim(campaign, 8)
    for claimed in () if before else claims.claimed:
        claimed.provider.send(claimed.recipient, claimed.message)
    return claims.claimed


def receipt_of(message):
    return ReceiptFacts(sid=message.sid, status=MessageStatus.SENT, error_code=None)


@pytest.mark.parametrize("template", [TEMPLATE, ""])
def test_what_twilio_has_of_a_dead_process_is_found_there_and_not_sent_again(stand, template):
    campaign = stand.start(people(3), template=template, try_anyway=True)
    dies_sending(stand, campaign, before=False)

    stand.let_pass(61)
    stand.run(stand.process())

    assert sorted(stand.to()) == [number(1), number(2), number(3)]
    assert stand.states() == {"sent": 3}
    assert {message.sid for message in every(stand.database, Message)} == set(stand.twilio.messages.made)


@pytest.mark.parametrize("template", [TEMPLATE, ""])
def test_what_twilio_never_got_of_a_dead_process_is_sent_once(stand, template):
    campaign = stand.start(people(3), template=template, try_anyway=True)
    dies_sending(stand, campaign, before=True)

    stand.let_pass(61)
    stand.run(stand.process())

    assert sorted(stand.to()) == [number(1), number(2), number(3)]
    assert len(every(stand.database, Message)) == 3


def test_nothing_is_sent_again_before_twilio_would_surely_list_it(stand):
    campaign = stand.start(people(3))
    dies_sending(stand, campaign, before=True)

    stand.let_pass(50)
    process = stand.process()
    for _ in range(3):
        process.round()

    assert stand.to() == []
    assert stand.states() == {"sending": 3}


def test_a_receipt_by_our_own_id_settles_it_without_a_search(stand, twilio):
    campaign = stand.start(people(1))
    [claimed] = dies_sending(stand, campaign, before=False)
    stand.receipts.note(receipt_of(twilio.messages.last), claimed.message_id)

    stand.run(stand.process())

    assert stand.states() == {"sent": 1}
    assert len(stand.to()) == 1
    assert [request for request in twilio.requests if request.method == "GET"] == []


def test_a_reply_to_a_webhook_whose_sid_is_not_known_yet_is_not_taken_for_it(stand, twilio):
    campaign = stand.start(people(1))
    dies_sending(stand, campaign, before=True)
    twilio.messages.replied(to=f"whatsapp:{number(1)}", sender=US, body="Hola, dígame.")

    stand.let_pass(61)
    stand.run(stand.process())

    assert len(stand.to()) == 2
    assert twilio.messages.last.param("ContentSid") == TEMPLATE


def test_what_another_campaign_has_sent_just_before_is_not_taken_for_it(stand):
    stand.start(people(1))
    stand.run(stand.process())
    other = stand.start(people(1), name="Otra")
    dies_sending(stand, other, before=True)

    stand.let_pass(61)
    stand.run(stand.process("after"))

    assert stand.to() == [number(1), number(1)]
    assert stand.states() == {"sent": 2}


def test_where_it_may_be_either_of_two_nobody_is_written_to_again(stand, twilio):
    campaign = stand.start(people(1))
    [claimed] = dies_sending(stand, campaign, before=False)
    claimed.provider.send(claimed.recipient, claimed.message)  # as another program of the account's might

    stand.let_pass(61)
    stand.run(stand.process())

    assert stand.states() == {"in_doubt": 1}
    assert len(stand.to()) == 2
    assert stand.campaign().state == "finished"


def test_a_receipt_that_comes_late_ends_the_doubt(stand, twilio):
    campaign = stand.start(people(2))
    first, _ = dies_sending(stand, campaign, before=False)
    first.provider.send(first.recipient, first.message)
    stand.let_pass(61)
    process = stand.process()
    stand.run(process, until=lambda: stand.states()["in_doubt"])

    stand.receipts.note(receipt_of(twilio.messages.last), first.message_id)
    process.close()
    after = stand.process("other")
    wait_until(lambda: after.round() or stand.states() == {"sent": 2})


def test_answers_that_twilio_loses_and_errors_of_its_own_write_to_nobody_twice(stand, twilio):
    twilio.fail(Close(after=True), method="POST", path=MESSAGES, times=3)
    twilio.fail(Page(500), method="POST", path=MESSAGES, times=3)
    stand.start(people(12))
    process = stand.process()

    stand.run(process, until=lambda: stand.let_pass(20))

    assert sorted(stand.to()) == [number(n) for n in range(1, 13)]
    assert stand.states() == {"sent": 12}


def test_what_was_lost_by_the_time_it_is_found_has_failed(stand, twilio):
    campaign = stand.start(people(1))
    dies_sending(stand, campaign, before=False)
    twilio.messages.last.status, twilio.messages.last.error_code = "undelivered", 63024

    stand.let_pass(61)
    stand.run(stand.process())

    assert stand.states() == {"failed": 1}
    [message] = every(stand.database, Message)
    assert (message.status, message.error_code) == ("undelivered", 63024)


def test_a_process_that_stood_still_sends_nothing_that_others_may_have_looked_for(stand):
    campaign = stand.start(people(1))
    [claimed] = dies_sending(stand, campaign, before=True)

    stand.let_pass(25)
    late = replace(claimed, begun_at=claimed.begun_at - timedelta(seconds=25))
    Dispatcher(stand.database, stand.ceilings, observer=stand.outcomes, clock=utc_now).send(late)

    assert stand.to() == []
    assert stand.states() == {"waiting": 1}
