"""Messages of campaigns that do not arrive: sent again where that helps, and the campaign paused where nothing does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from messaging.campaigns.outcomes import MOST_LOST_IN_A_ROW
from messaging.campaigns.probe import PROBED
from messaging.campaigns.states import Event
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.models import Contact, Message
from storage.queries import send_rate
from tests.fakes.twilio.server import Close, Refuse
from tests.messaging.campaigns.stand import Stand, number, people
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
MESSAGES = "/Messages.json"


def test_what_twilio_finds_too_fast_is_sent_when_it_says(stand, twilio):
    twilio.fail(Refuse(429, 20429, retry_after="1"), method="POST", path=MESSAGES)
    stand.start(people(3))
    process = stand.process()

    stand.run(process)

    assert sorted(stand.to()) == [number(1), number(2), number(3)]
    posts = [request for request in twilio.posted() if request.path.endswith(MESSAGES)]
    assert len(posts) == 4
    assert stand.states() == {"sent": 3}


def test_a_provider_that_asks_for_a_wait_of_years_is_asked_again_in_minutes(stand, twilio):
    twilio.fail(Refuse(429, 20429, retry_after="999999999"), method="POST", path=MESSAGES)
    stand.start(people(1))
    process = stand.process()
    stand.run(process, until=lambda: bool(twilio.posted()))
    process.close()

    [recipient] = stand.recipients()
    assert recipient.state == "waiting"
    assert recipient.due_at <= utc_now() + send_rate.LONGEST_HOLD


def test_who_cannot_be_written_to_has_failed_and_is_not_tried_again(stand, twilio):
    twilio.fail(Refuse(400, 63024), method="POST", path=MESSAGES)
    stand.start(people(3))

    stand.run(stand.process())

    assert stand.states() == {"failed": 1, "sent": 2}
    assert len(stand.to()) == 2
    assert stand.campaign().state == "finished"


def test_who_has_told_twilio_to_stop_counts_as_opted_out_from_then_on(stand, twilio):
    twilio.messages.rules.opts_out(f"whatsapp:{number(2)}")
    stand.start(people(3))

    stand.run(stand.process())

    assert stand.reasons() == ["", "opted_out", ""]
    [second] = [contact for contact in every(stand.database, Contact) if contact.address == number(2)]
    assert second.opted_out_at is not None


@pytest.mark.parametrize(
    ("status", "code", "reason"), [(400, 21655, "template"), (401, 20003, "account"), (400, 63051, "account")]
)
def test_a_refusal_that_everybody_would_get_pauses_the_campaign_and_loses_nobody(
    stand, twilio, status, code, reason
):
    twilio.fail(Refuse(status, code), method="POST", path=MESSAGES, times=40)
    stand.start(people(60))
    process = stand.process(probe_s=60)

    stand.run(process)
    process.close()

    campaign = stand.campaign()
    assert (campaign.state, campaign.pause_reason, campaign.pause_code) == ("paused", reason, code)
    assert len([request for request in twilio.posted() if request.path.endswith(MESSAGES)]) <= 10
    assert stand.states() == {"waiting": 60}

    twilio.forgive()
    stand.tell(campaign.id, Event.STARTED)
    stand.run(stand.process())
    assert sorted(stand.to()) == [number(n) for n in range(1, 61)]


def test_a_template_that_whatsapp_rejects_is_tried_with_few(stand):
    stand.start(people(60))
    process = stand.process(probe_s=60)
    stand.run(process, until=lambda: stand.states()["sent"] == PROBED)
    for _ in range(5):
        process.round()
    sent = [recipient.message_id for recipient in stand.recipients() if recipient.state == "sent"]
    assert len(sent) == PROBED

    stand.receipt(sent[0], "failed", 63040)
    stand.run(process)

    assert len(stand.to()) == PROBED
    assert stand.campaign().pause_reason == "template"


def test_once_whatsapp_has_taken_one_all_the_others_follow(stand):
    stand.start(people(20))
    process = stand.process(probe_s=60)
    stand.run(process, until=lambda: stand.states()["sent"] == PROBED)

    stand.receipt(stand.recipients()[0].message_id, "sent")
    stand.run(process)

    assert len(stand.to()) == 20


def test_a_template_that_is_found_rejected_when_all_has_been_sent_leaves_those_who_wait_for_another(stand):
    campaign = stand.start(people(3))
    stand.run(stand.process())

    stand.receipt(stand.recipients()[0].message_id, "failed", 63040)

    assert (stand.campaign().state, stand.campaign().pause_reason) == ("paused", "template")
    assert stand.states() == {"waiting": 1, "sent": 2}
    stand.tell(campaign, Event.STARTED)
    stand.run(stand.process())
    assert stand.to()[-1] == number(1)
    assert len(stand.to()) == 4


def test_so_many_lost_in_a_row_pause_the_campaign(stand):
    stand.start(people(MOST_LOST_IN_A_ROW + 30))
    sent = stand.send_some(stand.process(), MOST_LOST_IN_A_ROW)

    for message_id in sent[: MOST_LOST_IN_A_ROW - 1]:
        stand.receipt(message_id, "undelivered", 63024)
    assert stand.campaign().state == "running"
    stand.receipt(sent[MOST_LOST_IN_A_ROW - 1], "undelivered", 63024)

    campaign = stand.campaign()
    assert (campaign.state, campaign.pause_reason, campaign.pause_code) == ("paused", "unreachable", 63024)


def test_once_it_goes_on_again_those_lost_before_count_no_more(stand):
    campaign = stand.start(people(MOST_LOST_IN_A_ROW + 30))
    process = stand.process()
    for message_id in stand.send_some(process, MOST_LOST_IN_A_ROW):
        stand.receipt(message_id, "undelivered", 63024)
    assert stand.campaign().state == "paused"

    stand.tell(campaign, Event.STARTED)
    stand.receipt(stand.send_some(process, 1)[0], "undelivered", 63024)

    assert stand.campaign().state == "running"


def test_one_that_arrives_among_those_that_do_not_begins_the_count_anew(stand):
    stand.start(people(MOST_LOST_IN_A_ROW + 30))
    sent = stand.send_some(stand.process(), MOST_LOST_IN_A_ROW + 1)

    stand.receipt(sent[3], "delivered")
    for message_id in [*sent[:3], *sent[4 : MOST_LOST_IN_A_ROW + 1]]:
        stand.receipt(message_id, "undelivered", 63024)

    assert stand.campaign().state == "running"


def test_what_fails_for_now_is_sent_again_a_few_times_in_messages_of_their_own(stand):
    stand.start(people(1))
    process = stand.process()
    for attempt in range(1, 6):
        stand.run(process, until=lambda attempt=attempt: len(stand.to()) == attempt)
        stand.run(process, until=lambda: stand.states()["sent"])
        stand.receipt(stand.recipients()[0].message_id, "undelivered", 63010)
        stand.let_pass(700)

    stand.run(process)

    assert len(stand.to()) == 5
    assert stand.states() == {"failed": 1}
    assert len(stand.twilio.messages.made) == 5


def test_what_was_lost_is_sent_again_by_its_campaign_and_by_no_job(stand):
    stand.start(people(1))
    stand.run(stand.process())

    stand.receipt(stand.recipients()[0].message_id, "undelivered", 63010)

    [message] = every(stand.database, Message)
    assert message.status == "undelivered"
    assert stand.states() == {"waiting": 1}


def test_who_waits_for_another_attempt_is_left_alone_while_a_receipt_is_kept(postgres_database, work, twilio):
    stand = Stand(postgres_database, work, twilio)
    twilio.fail(Refuse(429, 20429, retry_after="1"), method="POST", path=MESSAGES)
    campaign = stand.start(people(1))
    process = stand.process()
    stand.run(process, until=lambda: stand.recipients()[0].message_id and stand.states()["waiting"])
    process.close()
    stand.let_pass(61)
    is_free_at = utc_now() + timedelta(seconds=1)
    wait_until(lambda: utc_now() > is_free_at)
    with stand.database.write() as connection:
        campaigns.take_lease(connection, campaign, "two", utc_now(), timedelta(seconds=60))

    with stand.database.write() as receipt:
        receipt.execute(select(Message.id).with_for_update())
        claims = stand.claimer("two").claim(campaign, 8)  # and does not wait for it

    assert (claims.claimed, claims.is_any_due) == ([], True)
    wait_until(lambda: stand.claimer("two").claim(campaign, 8).claimed)


def test_a_receipt_of_an_earlier_attempt_changes_nothing(stand):
    stand.start(people(1))
    process = stand.process()
    stand.run(process)
    first = stand.recipients()[0].message_id
    stand.receipt(first, "undelivered", 63010)
    stand.let_pass(60)
    stand.run(process)

    stand.receipt(first, "failed", 63024)

    assert stand.states() == {"sent": 1}


def test_what_never_reached_twilio_is_sent_when_it_is_there_again(stand, twilio):
    stand.start(people(2))
    twilio.fail(Refuse(429, 20429), method="POST", path=MESSAGES)
    twilio.fail(Close(), method="POST", path=MESSAGES)
    process = stand.process()
    stand.run(process, until=lambda: stand.states()["sending"] == 1 and stand.states()["waiting"] == 1)

    stand.let_pass(61)
    stand.run(process, until=lambda: stand.let_pass(5))

    assert sorted(stand.to()) == [number(1), number(2)]
