"""Webhooks of a campaign's call that come twice at the very same moment: what they tell is done once."""

import time
from datetime import timedelta

import pytest

from conversation.ledger import Kind
from ivr.machines import LEAVING, LEAVING_TAKES
from storage.base import utc_now
from storage.models import CampaignRecipient, Contact, LedgerTotal, Turn
from storage.queries.webhook_events import has_come, take_event
from tests.fakes.twilio.call import Step
from tests.fakes.twilio.server import Page
from tests.fakes.twilio.webhooks import Webhooks
from tests.journeys.campaigns.calls import recipients
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
LATER_S = 0.5
"""Whatever the second webhook has begun is at Twilio by then."""


@pytest.fixture(autouse=True)
def answered(calling):
    calling.calls.script(Step("ringing"), Step("in-progress"), Step("completed", duration="30"))


@pytest.fixture
def twice(calling):
    """Return two senders of webhooks, neither of which waits for the other."""
    senders = [Webhooks(calling.auth_token, enabled=True) for _ in range(2)]
    for sender in senders:
        sender.reached_at = calling.webhooks.reached_at
    yield senders
    for sender in senders:
        sender.close()


@pytest.fixture
def at_once(twice):
    """Send a webhook twice at once; return the two replies."""

    def send(url, params):
        for sender in twice:
            sender.send(url, params)
        for sender in twice:
            sender.settle()
        return [sender.sent[-1] for sender in twice]

    return send


def of(call, **params):
    return {
        "CallSid": call.sid, "From": call.param("From"), "To": call.param("To"), "Direction": "outbound-api",
        "CallStatus": "in-progress", **params,
    }  # fmt: skip


def asked_to_redirect(calling, call):
    return [request for request in calling.posted() if call.sid in request.path]


def told_twice(calling, call, twice):
    """Let Twilio tell twice that a machine has answered, while it takes its time to leave the message."""
    url, params = call.param("AsyncAmdStatusCallback"), of(call, AnsweredBy="machine_end_beep")
    first, second = twice
    with calling.answers_held():
        first.send(url, params)
        wait_until(lambda: asked_to_redirect(calling, call))
        second.send(url, params)
        time.sleep(LATER_S)
    first.settle()
    second.settle()
    return [sender.sent[-1].status for sender in twice]


def test_a_machine_gets_the_message_once(call_ana, callees, calling, twice):
    line, call = call_ana()
    callees.advance(call)

    assert told_twice(calling, call, twice) == [204, 204]

    assert len(asked_to_redirect(calling, call)) == len(call.redirects) == 1
    assert the_only(line.parts.database, CampaignRecipient).message_left_at is not None


def test_the_second_leaves_it_where_twilio_did_not_take_it_from_the_first(
    call_ana, callees, calling, at_once
):
    _, call = call_ana()
    callees.advance(call)
    calling.fail(Page(500), method="POST", path=call.sid)

    replies = at_once(call.param("AsyncAmdStatusCallback"), of(call, AnsweredBy="machine_end_beep"))

    assert sorted(reply.status for reply in replies) == [204, 503]
    assert len(call.redirects) == 1


def test_after_twilio_has_failed_the_next_webhook_waits_for_nothing(call_ana, callees, calling):
    line, call = call_ana()
    callees.advance(call)
    calling.fail(Page(500), method="POST", path=call.sid)

    assert callees.told(call, "machine_end_beep") == 503

    [recipient] = recipients(line)
    with line.parts.database.read() as connection:
        assert not has_come(connection, LEAVING, recipient.call_mark)


def test_what_a_process_had_begun_that_died_is_done_by_another(call_ana, callees):
    line, call = call_ana()
    callees.advance(call)
    [recipient] = recipients(line)
    with line.parts.database.write() as connection:
        begun_at = utc_now() - LEAVING_TAKES + timedelta(seconds=1)
        assert take_event(connection, LEAVING, recipient.call_mark, begun_at)

    assert callees.told(call, "machine_end_beep") == 204

    assert len(call.redirects) == 1


def test_the_end_of_a_call_counts_once(call_ana, callees, at_once):
    line, call = call_ana()
    callees.advance(call)

    replies = at_once(call.param("StatusCallback"), of(call, CallStatus="busy"))

    assert [reply.status for reply in replies] == [200, 200]
    [recipient] = recipients(line)
    assert (recipient.state, recipient.attempts, recipient.call_status) == ("waiting", 1, "busy")
    placed = [total.units for total in every(line.parts.database, LedgerTotal) if total.kind == Kind.PLACED]
    assert placed == [1]


@pytest.mark.parametrize(
    ("said", "outcome"), [("No me llamen más.", "opt-out"), ("¿Quién llama?", "")], ids=["stop", "screening"]
)
def test_words_that_need_no_model_are_answered_alike_and_kept_once(call_ana, callees, at_once, said, outcome):
    line, call = call_ana()
    callees.advance(call)

    first, second = at_once(callees.listens_at(call), of(call, SpeechResult=said, Confidence="0.9"))

    assert first.body == second.body and "<Say" in first.body
    assert the_only(line.parts.database, Turn).heard == said
    assert [one.outcome for one in recipients(line)] == [outcome]
    assert [one.opted_out_at is not None for one in every(line.parts.database, Contact)] == [bool(outcome)]
