"""A number's webhooks at Twilio in every state: what is said of them, and what is set."""

import pytest

from doctor.failures import NOT_KEPT
from doctor.twilio.number import TwilioNumberPart
from doctor.twilio.voice_webhooks import REPLACE, SET
from doctor.twilio.webhooks import NumberWebhooks
from integrations.errors import IntegrationError
from tests.doctor.twilio.conftest import OVERRIDES
from tests.doctor.twilio.lines import has, lines
from tests.fakes.twilio.server import Hang, Refuse
from tests.fakes.twilio.setup import NUMBER

BASE, ELSEWHERE = "https://shop.example.com", "https://other.example.com/voice"
BIN = "https://handler.twilio.com/twiml/EH" + "1" * 32
VOICE, FALLBACK, STATUS = (f"{BASE}{path}{OVERRIDES}" for path in ("/voice", "/voice/fallback", "/status"))
OURS = {"voice_url": VOICE, "voice_fallback_url": FALLBACK, "status_callback": STATUS}
APPLICATION, TRUNK = "AP" + "1" * 32, "TK" + "1" * 32


@pytest.fixture
def part(setup_with, ours):
    return TwilioNumberPart(setup_with(), NUMBER, ours)


@pytest.mark.parametrize(
    ("values", "status", "words", "fix", "offered"),
    [
        (OURS, "ok", "The three webhooks", None, []),
        ({}, "fix!", "No webhook answers", SET, [SET]),
        ({"voice_url": "https://demo.twilio.com/welcome/voice/"}, "fix!", "No webhook answers", SET, [SET]),
        (OURS | {"voice_url": ELSEWHERE}, "fix!", f"goes to {ELSEWHERE}", REPLACE, [REPLACE]),
        ({"voice_url": ELSEWHERE}, "fix!", f"goes to {ELSEWHERE}", REPLACE, [SET, REPLACE]),
        (
            OURS | {"voice_url": "http://shop.example.com/voice"},
            "fix!",
            "goes to http://",
            REPLACE,
            [REPLACE],
        ),
        (OURS | {"voice_url": f"{BASE}:8443/voice"}, "fix!", ":8443/voice", REPLACE, [REPLACE]),
        (OURS | {"voice_url": "https://[/voice"}, "fix!", "goes to https://[", REPLACE, [REPLACE]),
        (OURS | {"voice_url": f"{BASE}/voice/voice"}, "fix!", "answers no calls", SET, [SET]),
        (OURS | {"voice_method": "GET"}, "fix", "HTTP GET", SET, [SET]),
        (OURS | {"voice_url": f"{BASE}/voice"}, "fix", "does not quickly repeat", SET, [SET]),
        (OURS | {"voice_url": f"https://Shop.example.com:443/voice{OVERRIDES}"}, "ok", "three", None, []),
        (OURS | {"voice_url": f"{VOICE}&e=dublin"}, "ok", "The three webhooks", None, []),
        (OURS | {"voice_fallback_url": None}, "fix", "No fallback is set", SET, [SET]),
        (OURS | {"voice_fallback_url": ELSEWHERE}, "fix", f"goes to {ELSEWHERE}", REPLACE, [REPLACE]),
        (OURS | {"voice_fallback_url": BIN}, "ok", f"goes to {BIN}", None, []),
        (OURS | {"status_callback": ""}, "fix", "not reported", SET, [SET]),
        (OURS | {"status_callback": ELSEWHERE}, "fix", f"reported to {ELSEWHERE}", REPLACE, [REPLACE]),
        (
            OURS | {"voice_application_sid": APPLICATION},
            "fix!",
            f"application ({APPLICATION}) answers the calls to {NUMBER} and asks {ELSEWHERE}",
            REPLACE,
            [REPLACE],
        ),
        (OURS | {"trunk_sid": TRUNK}, "fix!", f"SIP trunk ({TRUNK})", REPLACE, [REPLACE]),
    ],
)
def test_each_state_of_a_number_is_a_line_and_offers_what_mends_it(
    twilio, part, values, status, words, fix, offered
):
    twilio.setup.has_application(APPLICATION, voice_url=ELSEWHERE)
    twilio.setup.owns(**values)

    found = part.check()

    assert has(found, status, words, fix=fix), lines(found)
    assert any(line.stops_calls for line in found) is status.endswith("!")
    assert all(line.takes_replace is (line.fix == REPLACE) for line in found)
    assert [(each.name, each.needs_replace) for each in part.fixes()] == [
        (name, name == REPLACE) for name in offered
    ]
    assert twilio.posted() == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"voice_url": f"{BASE}/voice", "voice_method": "GET"},
        {"voice_url": ELSEWHERE, "status_callback": ELSEWHERE},
        {"voice_url": ELSEWHERE, "voice_application_sid": APPLICATION},
        OURS | {"trunk_sid": TRUNK},
    ],
)
def test_what_was_offered_makes_calls_come_to_this_server(twilio, part, values):
    twilio.setup.has_application(APPLICATION, voice_url=ELSEWHERE)
    number = twilio.setup.owns(**values)

    for fix in part.fixes():
        fix.apply()

    assert lines(part.check()) == [("ok", f"The three webhooks of {NUMBER} are this server's. ", None)]
    assert part.fixes() == []
    assert {name: number.body[name] for name in OURS} == OURS
    assert not (number.body["voice_application_sid"] or number.body["trunk_sid"])


def test_what_somebody_else_has_set_stays_unless_it_is_to_be_replaced(twilio, part):
    number = twilio.setup.owns(voice_url=ELSEWHERE, voice_method="GET")

    part.fixes()[0].apply()

    assert (number.body["voice_url"], number.body["voice_method"]) == (ELSEWHERE, "GET")
    assert (number.body["voice_fallback_url"], number.body["status_callback"]) == (FALLBACK, STATUS)


def test_the_edge_that_was_set_for_our_address_is_kept(twilio, part):
    number = twilio.setup.owns(**OURS | {"voice_url": f"{BASE}/voice#e=dublin&rc=1"})

    part.fixes()[0].apply()

    assert number.body["voice_url"] == f"{BASE}/voice#e=dublin&rc=2&ct=2000&rt=6000&rp=ct,rt,5xx"


def test_what_stands_and_what_would_stand_are_shown(twilio, part):
    twilio.setup.owns(voice_url=ELSEWHERE, voice_method="GET", trunk_sid=TRUNK)

    (fix,) = part.fixes()

    assert str(fix.what_stands_now) == (
        f"Calls are answered by {TRUNK}. “A call comes in”: {ELSEWHERE} (GET). “Primary handler fails”: not set. "
        "“Call status changes”: not set."
    )
    assert str(fix.what_would_stand) == (
        f"“A call comes in”: {VOICE} (POST). “Primary handler fails”: {FALLBACK} (POST). "
        f"“Call status changes”: {STATUS} (POST)."
    )


def test_a_password_of_an_address_counts_and_is_shown_nowhere(twilio, setup_with):
    twilio.setup.owns(**OURS | {"trunk_sid": TRUNK})
    ours = NumberWebhooks.at("https://owner:secret@shop.example.com", OVERRIDES)
    part = TwilioNumberPart(setup_with(), NUMBER, ours)

    (fix,) = part.fixes()

    assert "secret" not in f"{fix.what_stands_now} {fix.what_would_stand} {lines(part.check())}"
    assert "https://***@shop.example.com/voice#" in str(fix.what_would_stand)
    fix.apply()
    assert twilio.posted()[-1].value("VoiceUrl") == ours.voice.url


def test_it_is_read_back_after_it_was_set(twilio, part):
    twilio.setup.owns()
    twilio.setup.keeps_nothing = True

    with pytest.raises(IntegrationError) as refused:
        part.fixes()[0].apply()

    assert refused.value.code == NOT_KEPT


def test_a_number_that_the_account_does_not_have_and_one_without_voice(twilio, part, setup_with, ours):
    assert has(part.check(), "fix!", "has no number", "The account has no number: buy one")
    twilio.setup.owns("+12025550199")
    assert has(part.check(), "fix!", f"no number {NUMBER}", "+12025550199")
    assert has(TwilioNumberPart(setup_with(), None, ours).check(), "off", "not set", "+12025550199")
    twilio.setup.owns(capabilities={"voice": False, "sms": True})
    assert has(part.check(), "fix!", "has no Voice")


def test_without_credentials_or_a_public_address_there_is_little_to_look_at(twilio, setup_with, ours):
    twilio.setup.owns()

    assert has(TwilioNumberPart(None, NUMBER, ours).check(), "off", "Not looked at")
    without_address = TwilioNumberPart(setup_with(), NUMBER, None)
    assert has(without_address.check(), "off", "WEBHOOK_URL")
    assert without_address.fixes() == []


def test_a_refusal_and_a_hanging_twilio_are_a_line(twilio, setup_with, ours):
    twilio.setup.owns()
    assert has(TwilioNumberPart(setup_with("wrong"), NUMBER, ours).check(), "off", "refuses the account")

    twilio.fail(Refuse(403, 20005))
    assert has(TwilioNumberPart(setup_with(), NUMBER, ours).check(), "off", "not active")

    twilio.fail(Hang())

    assert has(TwilioNumberPart(setup_with(total_s=1.5), NUMBER, ours).check(), "fix", "not answer in time")
