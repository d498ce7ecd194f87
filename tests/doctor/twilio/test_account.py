"""A Twilio account in every state."""

import pytest

from doctor.twilio.account import TwilioAccountPart
from tests.doctor.twilio.lines import has, lines
from tests.fakes.twilio.server import Hang, Refuse

HUMAN = {"HUMAN_PHONE_NUMBER": "+12025550101"}


def test_an_account_that_works(twilio, setup_with):
    found = TwilioAccountPart([setup_with()], HUMAN).check()

    assert [status for status, _, _ in lines(found)] == ["ok"]


def test_without_credentials_there_is_no_account():
    assert has(TwilioAccountPart([], HUMAN).check(), "off", "TWILIO_ACCOUNT_SID")


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (Refuse(401, 20003), "fix!", "does not accept TWILIO_ACCOUNT_SID"),
        (Refuse(401, 20005), "fix!", "not active"),
        (Refuse(403, 10001), "fix!", "not active"),
        (Refuse(400, 20001), "fix", "HTTP 400, 20001"),
        (Refuse(503, 503), "fix", "status.twilio.com"),
        (Hang(), "fix", "does not answer in time"),
    ],
)
def test_each_refusal_is_a_line(twilio, setup_with, fault, status, words):
    twilio.fail(fault, times=2)

    found = TwilioAccountPart([setup_with(total_s=1.5)], HUMAN).check()

    assert has(found, status, words), lines(found)
    assert len(found) == 1


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_an_account_that_is_not_active_stops_calls(twilio, setup_with, state):
    twilio.setup.status = state

    assert has(TwilioAccountPart([setup_with()], {}).check(), "fix!", state)


def test_a_trial_says_whom_it_cannot_call(twilio, setup_with):
    twilio.setup.type = "Trial"
    part = TwilioAccountPart([setup_with()], HUMAN)

    assert has(part.check(), "ok", "a trial account calls verified numbers alone")
    assert has(part.check(), "fix", "HUMAN_PHONE_NUMBER (+12025550101)")
    twilio.setup.verified.add(HUMAN["HUMAN_PHONE_NUMBER"])
    assert not has(part.check(), "fix", "HUMAN_PHONE_NUMBER")


def test_the_token_of_another_region_is_refused_and_the_region_named(setup_with):
    found = TwilioAccountPart([setup_with("of another region")], {}, "ie1").check()

    assert has(found, "fix!", "does not accept TWILIO_ACCOUNT_SID", "TWILIO_REGION is ie1")


def test_both_tokens_of_a_rotation_are_tried(twilio, setup_with):
    right, old = setup_with(), setup_with("old")

    assert has(
        TwilioAccountPart([right, old], {}).check(), "fix", "a token of TWILIO_AUTH_TOKEN after the first"
    )
    assert has(
        TwilioAccountPart([old, right], {}).check(), "fix!", "refuses the first token", "accepts the second"
    )
    twilio.other_token = "old"
    assert [status for status, _, _ in lines(TwilioAccountPart([right, old], {}).check())] == ["ok"]
