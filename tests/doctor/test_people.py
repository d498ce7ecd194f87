"""Sellers, Chatwoot, 360dialog and ElevenLabs: what is off, what is wrong, and what is mended."""

from datetime import UTC, datetime, time

import pytest
from sqlalchemy.orm import Session

from doctor.chatwoot import ChatwootPart
from doctor.dialog360 import WEBHOOK_FIX, Dialog360Part
from doctor.elevenlabs import ElevenLabsPart
from doctor.findings import Status
from doctor.sellers import Carrier, SellerFacts, SellersPart
from integrations.chatwoot.client import Chatwoot
from integrations.dialog360.client import Dialog360
from people.handoff.sellers import Seller
from storage.models import Conversation, Handoff, Message
from storage.queries.helpdesk_events import take_in_order
from storage.queries.offers import make_offer
from tests.dashboard.past import Past
from tests.doctor.scripted import said
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.fakes.dialog360.fake import FakeDialog360
from translations import in_language

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA, LUIS = SellerFacts("Ana", "+34600000011", True), SellerFacts("Luis", "+34600000012", True)
TWILIO = Carrier("twilio", "Twilio", True, "TWILIO_TEMPLATE_SID")
OURS = "https://shop.example/webhook/360dialog"


# Sellers


def notice(database, seller, status, error_code=None, at=NOON):
    """A notice to a seller, of a handoff of its own, and what became of it."""
    conversation_id = Past(database).messages(at, status, outbound=True)
    Past(database).handoff(at, conversation_id)
    with database.write() as connection, Session(connection) as session:
        message = session.query(Message).filter_by(conversation_id=conversation_id).one()
        message.error_code, message.sid = error_code, f"SM{message.id:032x}"
        handoff = session.query(Handoff).filter_by(conversation_id=conversation_id).one()
        session.flush()
        make_offer(connection, handoff.id, seller.number, message.id, at, at)
        session.commit()


def sellers(database, *facts, carrier=TWILIO):
    return SellersPart(facts, carrier, lambda: database, ours=frozenset({"+12025550100"})).check()


@pytest.mark.both_databases
def test_a_seller_whose_last_notice_was_lost_is_named_with_the_reason(database):
    notice(database, ANA, "undelivered", 63016)
    notice(database, LUIS, "undelivered", 63016)
    notice(database, LUIS, "read")

    [found] = sellers(database, ANA, LUIS)

    assert (found.status, str(found.sentence)) == (Status.FIX, "The last notice did not reach Ana.")
    assert "24" in str(found.advice)
    with in_language("es"):
        assert str(found.sentence) == "El último aviso no le llegó a Ana."


@pytest.mark.parametrize(
    ("facts", "carrier", "says"),
    [
        ([], TWILIO, "off: No seller is set"),
        ([ANA], None, "fix: There are sellers, and nothing to write to them with."),
        ([ANA], TWILIO, "ok: Every seller can be told, by Twilio."),
        ([SellerFacts("Us", "+12025550100", True)], TWILIO, "fix: The number of Us is the assistant's own"),
        ([SellerFacts("Eva", "+34600000013", False)], TWILIO, "fix: Eva is never on duty"),
        ([ANA], Carrier("360dialog", "360dialog", False, "D360_TEMPLATE"), "set D360_TEMPLATE"),
    ],
)
def test_sellers_who_cannot_be_told_are_named(database, facts, carrier, says):
    assert says in said(sellers(database, *facts, carrier=carrier))


def test_whoever_has_no_hours_on_their_days_is_never_on_duty():
    assert (
        Seller("Eva", "+34600000013", hours=((time(9), time(14)),), days=frozenset()).next_duty(NOON) is None
    )


# Chatwoot


def chatwoot(database, fake=None, **options):
    client = None
    if fake is not None:
        inbox = options.pop("inbox", fake.identifier)
        client = Chatwoot(fake.url, inbox_identifier=inbox, account_id=1, api_token=fake.bot_token, total_s=5)
    usual = {"webhook_url": "https://shop.example/webhook/chatwoot", "is_signed": True}
    return said(ChatwootPart(client, lambda: database, **(usual | options)).check())


def test_chatwoot_is_examined_in_both_directions(database):
    assert chatwoot(database).startswith("off: Chatwoot is off")
    with FakeChatwoot() as fake:
        fine = chatwoot(database, fake)
        assert "ok: Conversations are shown in Chatwoot's inbox “WhatsApp”." in fine
        assert "must be https://shop.example/webhook/chatwoot" in fine
        assert "fix: CHATWOOT_WEBHOOK_SECRET is not set" in chatwoot(database, fake, is_signed=False)
        assert "Set WEBHOOK_URL" in chatwoot(database, fake, webhook_url=None)
        assert "no such inbox" in chatwoot(database, fake, inbox="another")
        conversation_id = Past(database).messages(NOON, "received")
        with database.write() as connection:
            take_in_order(connection, conversation_id, "message:1", NOON, NOON)
        assert "Nothing of an operator's" not in chatwoot(database, fake)


# 360dialog


@pytest.fixture
def dialog360():
    with FakeDialog360() as fake:
        yield fake


@pytest.fixture
def part(dialog360):
    """Make the part; its client speaks to the fake."""

    def part(*, key=dialog360.api_key, webhook_url=OURS, token="a-token"):
        return Dialog360Part(Dialog360(key, api_url=dialog360.url), webhook_url=webhook_url, token=token)

    return part


def test_360dialogs_webhooks_are_set_to_ours_with_the_token(dialog360, part):
    [nowhere] = part().check()
    assert (nowhere.status, nowhere.fix) == (Status.FIX, WEBHOOK_FIX)

    [fix] = part().fixes()
    assert (str(fix.what_stands_now), fix.needs_replace) == ("360dialog's webhooks go to nowhere.", False)
    fix.apply()

    assert dialog360.webhooks.url == OURS
    assert dialog360.webhooks.headers == {"Authorization": "Bearer a-token"}
    assert [found.status for found in part().check()] == [Status.OK]
    assert part().fixes() == []


@pytest.mark.parametrize(
    ("stands", "needs_replace"),
    [("https://other.example/hook?key=secret", True), ("https://shop.example/old", False)],
)
def test_what_goes_to_another_host_is_replaced_only_when_asked_for(dialog360, part, stands, needs_replace):
    dialog360.webhooks.url = stands

    [finding], [fix] = part().check(), part().fixes()

    assert (fix.needs_replace, finding.takes_replace) == (needs_replace, needs_replace)
    assert "secret" not in f"{fix.what_stands_now} {said(part().check())}"


def test_each_reason_why_360dialog_says_nothing_is_a_line(part):
    assert "off:" in said(Dialog360Part(None, webhook_url=OURS, token=None).check())
    assert "Copy D360_API_KEY again" in said(part(key="wrong").check())
    assert "fix: D360_WEBHOOK_TOKEN is not set" in said(part(token=None).check())
    assert "fix: WEBHOOK_URL is not set" in said(part(webhook_url=None).check())


# ElevenLabs


def elevenlabs(database, **options):
    usual = {
        "webhook_url": "https://shop.example/webhook/elevenlabs",
        "has_secret": True,
        "is_api_open": True,
    }
    return said(ElevenLabsPart(lambda: database, **(usual | options)).check())


@pytest.mark.both_databases
def test_elevenlabs_is_examined_by_what_has_come(database):
    assert elevenlabs(database, has_secret=False).startswith("off:")
    assert "must go to https://shop.example/webhook/elevenlabs" in elevenlabs(database)
    assert "fix: WEBHOOK_URL is not set" in elevenlabs(database, webhook_url=None)
    assert "fix: HANDOFF_API_KEY is not set" in elevenlabs(database, is_api_open=False)
    conversation_id = Past(database).call(NOON)
    with database.write() as connection, Session(connection) as session:
        session.get(Conversation, conversation_id).key = "elevenlabs:conv_1"
        session.commit()
    assert "ok: The last call that ElevenLabs reported began on 2026-11-21 12:00 UTC." in elevenlabs(database)
