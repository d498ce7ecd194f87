"""WhatsApp at Twilio in every state, and the region of calls."""

import pytest

from doctor.failures import NOT_KEPT
from doctor.twilio.region import TwilioRegionPart
from doctor.twilio.whatsapp import SANDBOX, SET_SENDER, TwilioWhatsAppPart
from integrations.errors import IntegrationError
from integrations.twilio.setup import Webhook
from tests.doctor.twilio.conftest import OVERRIDES
from tests.doctor.twilio.lines import has, lines
from tests.fakes.twilio.server import Refuse
from tests.fakes.twilio.setup import NUMBER

SID = "HX" + "1" * 32
BARE = "https://shop.example.com/webhook/whatsapp"
ELSEWHERE = "https://other.example.com/in"
OURS = Webhook(f"{BARE}/{OVERRIDES}", "POST")


@pytest.fixture
def part(setup_with):
    return TwilioWhatsAppPart(setup_with(), NUMBER, SID, OURS)


@pytest.mark.parametrize(
    ("sender", "status", "words", "fix"),
    [
        (None, "fix", "no WhatsApp sender", None),
        ({"url": OURS.url}, "ok", "is online", None),
        ({"url": BARE + OVERRIDES, "status": "ONLINE:UPDATING"}, "ok", "is online", None),
        ({"url": ELSEWHERE, "status": "ONLINE:UPDATING"}, "fix", "Twilio is changing", None),
        ({"url": OURS.url, "status": "OFFLINE"}, "fix", "not online: Twilio shows OFFLINE", None),
        ({}, "fix", "go nowhere", SET_SENDER),
        ({"url": ELSEWHERE}, "fix", f"go to {ELSEWHERE}", SET_SENDER),
        ({"url": OURS.url, "method": "PUT"}, "fix", "by HTTP PUT", SET_SENDER),
        ({"url": BARE}, "fix", "does not quickly repeat", SET_SENDER),
    ],
)
def test_each_state_of_the_sender_is_a_line(twilio, part, sender, status, words, fix):
    twilio.setup.templates[SID] = {"status": "approved"}
    if sender is not None:
        twilio.setup.has_sender(NUMBER, **sender)

    found = part.check()

    assert has(found, status, words, fix=fix), lines(found)
    assert has(found, "ok", "approved the template")


@pytest.mark.parametrize(
    ("sender", "replaces"),
    [
        ({}, False),
        ({"url": f"{BARE}x"}, False),
        ({"url": BARE, "method": "PUT"}, False),
        ({"url": ELSEWHERE}, True),
    ],
)
def test_a_senders_webhook_is_set_and_the_others_stay(twilio, part, sender, replaces):
    twilio.setup.has_sender(NUMBER, **sender)
    twilio.setup.sender["webhook"]["status_callback_url"] = f"{ELSEWHERE}/status"

    [finding] = [finding for finding in part.check() if finding.fix]
    [fix] = part.fixes()
    fix.apply()

    assert (fix.name, fix.needs_replace, finding.takes_replace) == (SET_SENDER, replaces, replaces)
    assert has(part.check(), "ok", "is online") and part.fixes() == []
    assert twilio.setup.sender["webhook"]["status_callback_url"] == f"{ELSEWHERE}/status"


def test_what_stands_for_a_sender_and_what_would_stand_are_shown(twilio, part):
    twilio.setup.has_sender(NUMBER, ELSEWHERE, method="PUT")

    [fix] = part.fixes()

    assert [str(fix.what_stands_now), str(fix.what_would_stand)] == [
        f"Messages to {NUMBER} go to {ELSEWHERE} (PUT).",
        f"Messages to {NUMBER} go to {OURS.url} (POST).",
    ]


def test_a_sender_that_twilio_changes_slowly_is_said_to_be_changing(twilio, part):
    twilio.setup.has_sender(NUMBER)
    twilio.setup.is_slow = True

    part.fixes()[0].apply()

    assert has(part.check(), "fix", "Twilio is changing", "Look again")


def test_a_senders_webhook_is_read_back_after_it_was_set(twilio, part):
    twilio.setup.has_sender(NUMBER)
    twilio.setup.keeps_nothing = True

    with pytest.raises(IntegrationError) as refused:
        part.fixes()[0].apply()

    assert refused.value.code == NOT_KEPT


def test_where_there_is_no_sender_to_set_there_is_nothing_to_mend(twilio, setup_with, part):
    assert TwilioWhatsAppPart(setup_with(), SANDBOX, SID, OURS).fixes() == [] and twilio.requests == []
    assert part.fixes() == []


@pytest.mark.parametrize(
    ("approval", "status", "words"),
    [
        ({"status": "Approved"}, "ok", "has approved"),
        ({"status": "pending"}, "fix", "not yet approved"),
        ({"status": "received"}, "fix", "not yet approved"),
        (None, "fix", "not submitted"),
        ({"status": "rejected", "rejection_reason": "INVALID_FORMAT"}, "fix", "INVALID_FORMAT"),
        ({"status": "paused"}, "fix", "has paused"),
        ({"status": "deleted"}, "fix", "Twilio shows deleted"),
    ],
)
def test_each_state_of_the_template_is_a_line(twilio, part, approval, status, words):
    twilio.setup.templates[SID] = approval

    assert has(part.check(), status, words), lines(part.check())


def test_the_sandbox_is_known_by_its_number_and_asked_nothing(twilio, setup_with):
    found = TwilioWhatsAppPart(setup_with(), SANDBOX, None, OURS).check()

    assert has(found, "ok", "sandbox", OURS.url)
    assert has(found, "off", "TWILIO_TEMPLATE_SID")
    assert twilio.requests == []


def test_what_is_not_set_is_off(twilio, setup_with, part):
    assert has(TwilioWhatsAppPart(None, NUMBER, SID, OURS).check(), "off", "Not looked at")
    assert has(TwilioWhatsAppPart(setup_with(), None, SID, OURS).check(), "off", "TWILIO_WHATSAPP_NUMBER")
    assert has(part.check(), "fix", f"no template {SID}")


@pytest.mark.parametrize(
    ("theirs", "ours", "status", "words"),
    [
        ("us1", None, "ok", "us1"),
        ("ie1", "ie1", "ok", "ie1"),
        ("ie1", None, "fix", "TWILIO_REGION=ie1, TWILIO_EDGE=dublin"),
        ("us1", "au1", "fix", "TWILIO_REGION=us1, TWILIO_EDGE=ashburn"),
    ],
)
def test_the_region_of_calls_is_compared_with_the_settings(twilio, setup_with, theirs, ours, status, words):
    twilio.setup.regions[NUMBER] = theirs

    found = TwilioRegionPart(setup_with(), NUMBER, ours).check()

    assert has(found, status, words), lines(found)


def test_a_region_that_cannot_be_asked_is_a_line(twilio, setup_with):
    twilio.fail(Refuse(404, 20404))

    assert has(TwilioRegionPart(setup_with(), NUMBER, None).check(), "fix", "HTTP 404, 20404")
    assert has(TwilioRegionPart(None, NUMBER, None).check(), "off")
