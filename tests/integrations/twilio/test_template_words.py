"""What a template says, of whatever type it is, and whether WhatsApp has approved it."""

import pytest

from integrations.twilio.setup import TwilioSetup
from tests.fakes.twilio.server import FakeTwilio

SID = "HX" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ({"twilio/text": {"body": "Hola {{1}}"}}, "Hola {{1}}"),
        ({"twilio/card": {"title": "Oferta", "actions": []}}, "Oferta"),
        ({"twilio/quick-reply": {"body": "¿Viene?", "actions": [{"title": "Sí"}]}}, "¿Viene?"),
        ({"twilio/location": {"latitude": 1}}, ""),
        ({}, ""),
    ],
)
def test_its_words_are_its_body_or_its_title(types, words):
    with FakeTwilio() as twilio:
        twilio.setup.words[SID] = types
        twilio.setup.templates[SID] = {"status": "Approved"}
        setup = TwilioSetup(twilio.account_sid, twilio.auth_token, api_url=twilio.url)

        found = setup.template_words(SID)
        other = setup.template_words(SID[::-1])

    assert (found.text, found.status) == (words, "approved")
    assert other is None


def test_a_template_that_nobody_has_asked_approval_for_is_unsubmitted():
    with FakeTwilio() as twilio:
        twilio.setup.words[SID], twilio.setup.templates[SID] = "Hola", None
        setup = TwilioSetup(twilio.account_sid, twilio.auth_token, api_url=twilio.url)

        assert setup.template_words(SID).status == "unsubmitted"
