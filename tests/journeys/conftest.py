"""What the stories share: lines with credentials, and the stand-ins that they speak to."""

import threading

import pytest

from conversation.profiles.profile import load_profile
from settings import ROOT
from simulator.whatsapp.client import MessagingApi
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.people.chatwoot_setup import SECRET
from tests.waiting import PATIENCE_S


@pytest.fixture
def phrases():
    return load_profile("recepcion.es", ROOT / "profiles").phrases


@pytest.fixture
def twilio():
    with MessagingApi(ACCOUNT_SID, AUTH_TOKEN) as api:
        yield api


@pytest.fixture
def real_line(open_line, twilio):
    """A line with credentials, whose contacts are real ones."""

    def open_one(**values):
        return open_line(
            twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
            whatsapp_settle_s=0, **values,
        )  # fmt: skip

    return open_one


@pytest.fixture
def chatwoot():
    with FakeChatwoot(webhook_secret=SECRET) as fake:
        yield fake


@pytest.fixture
def desk_line(open_line, twilio, chatwoot):
    """A line with credentials whose conversations are shown; the bot's token, unless told otherwise."""

    def open_one(token="bot", **values):
        tokens = {"bot": chatwoot.bot_token, "user": chatwoot.user_token, None: None}
        line = open_line(
            **({
                "twilio_account_sid": ACCOUNT_SID, "twilio_auth_token": AUTH_TOKEN, "twilio_api_url": twilio.url,
                "whatsapp_settle_s": 0, "chatwoot_enabled": True, "chatwoot_url": chatwoot.url,
                "chatwoot_inbox_id": chatwoot.identifier, "chatwoot_account_id": 1,
                "chatwoot_api_token": tokens.get(token, token), "chatwoot_webhook_secret": SECRET,
            } | values)
        )  # fmt: skip
        chatwoot.webhooks.url = f"{line.url}/webhook/chatwoot"
        return line

    return open_one


@pytest.fixture
def quiet():
    """Nobody else's answers are being written any more: what they log would be taken for ours."""
    for thread in threading.enumerate():
        if thread.name in ("answer", "late-answer"):
            thread.join(PATIENCE_S)
