"""An application that answers a number's calls and asks this server: its own webhooks are looked at, and set."""

import pytest

from doctor.failures import NOT_KEPT
from doctor.twilio.number import TwilioNumberPart
from doctor.twilio.voice_webhooks import REPLACE, SET
from integrations.errors import IntegrationError
from tests.doctor.twilio.conftest import OVERRIDES
from tests.doctor.twilio.lines import has, lines
from tests.fakes.twilio.setup import NUMBER

BASE, ELSEWHERE = "https://shop.example.com", "https://other.example.com/voice"
VOICE, FALLBACK, STATUS = (f"{BASE}{path}{OVERRIDES}" for path in ("/voice", "/voice/fallback", "/status"))
OURS = {"voice_url": VOICE, "voice_fallback_url": FALLBACK, "status_callback": STATUS}
APPLICATION = "AP" + "1" * 32


@pytest.fixture
def part(setup_with, ours):
    return TwilioNumberPart(setup_with(), NUMBER, ours)


@pytest.fixture
def number(twilio):
    return twilio.setup.owns(voice_application_sid=APPLICATION, voice_url=ELSEWHERE)


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize(
    ("values", "words", "fix", "offered"),
    [
        ({"voice_method": "GET"}, "HTTP GET", SET, [SET]),
        ({"voice_url": f"{BASE}/voice"}, "does not quickly repeat", SET, [SET]),
        ({"voice_fallback_url": None}, "“Fallback URL”", SET, [SET]),
        ({"status_callback": ""}, "“Status Callback URL”", SET, [SET]),
        ({"status_callback": ELSEWHERE}, f"reported to {ELSEWHERE}", REPLACE, [REPLACE]),
        (
            {"voice_fallback_url": None, "status_callback": ELSEWHERE},
            f"reported to {ELSEWHERE}",
            REPLACE,
            [SET, REPLACE],
        ),
    ],
)
def test_what_is_wrong_with_an_application_that_asks_this_server_is_a_line(
    twilio, part, values, words, fix, offered
):
    twilio.setup.has_application(APPLICATION, **OURS | values)

    found = part.check()

    assert has(found, "ok", APPLICATION, "asks this server"), lines(found)
    assert has(found, "fix", words, "TwiML apps", fix=fix), lines(found)
    assert [each.name for each in part.fixes()] == offered


def test_what_was_offered_is_set_at_the_application_and_the_number_keeps_what_it_has(twilio, part, number):
    twilio.setup.has_application(APPLICATION, voice_url=f"{BASE}/voice", voice_method="GET")
    before = number.body

    for fix in part.fixes():
        fix.apply()

    assert {name: twilio.setup.applications[APPLICATION][name] for name in OURS} == OURS
    assert (part.fixes(), number.body) == ([], before)
    assert [status for status, _, _ in lines(part.check())] == ["ok"]


@pytest.mark.usefixtures("number")
def test_an_application_that_is_right_is_left_alone(twilio, part):
    twilio.setup.has_application(APPLICATION, **OURS)

    assert [(status, fix) for status, _, fix in lines(part.check())] == [("ok", None)]
    assert part.fixes() == []


def test_an_application_that_does_not_exist_is_replaced_by_webhooks(twilio, part, number):
    assert has(part.check(), "fix!", f"application ({APPLICATION})", "does not exist", fix=REPLACE)

    (fix,) = part.fixes()
    fix.apply()

    assert {name: number.body[name] for name in OURS} == OURS
    assert number.body["voice_application_sid"] == ""


@pytest.mark.usefixtures("number")
def test_the_fields_are_those_of_an_application_and_it_is_read_back(twilio, part):
    twilio.setup.has_application(APPLICATION, voice_url=f"{BASE}/voice")
    twilio.setup.keeps_nothing = True

    (fix,) = part.fixes()

    assert str(fix.what_stands_now) == (
        f"“Request URL”: {BASE}/voice (POST). “Fallback URL”: not set. “Status Callback URL”: not set."
    )
    with pytest.raises(IntegrationError) as refused:
        fix.apply()
    assert refused.value.code == NOT_KEPT
