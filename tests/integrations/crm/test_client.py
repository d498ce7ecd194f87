"""The CRM hook against a CRM on loopback."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from integrations import errors
from integrations.crm.client import CrmWebhook, signature
from integrations.crm.events import ConversationFinished, CrmContact, HandoffCreated, schema
from integrations.errors import IntegrationError
from integrations.http import json_client
from tests.fakes.crm import FakeCrm, Hang, LoseAnswer, Ramble, Refuse

SECRET = "s3cr3t-of-the-crm"
NOW = datetime(2026, 7, 28, 10, 0, 0, 900_000, tzinfo=UTC)
ANA = CrmContact(name="Ana Ñúñez", phone="+34600000001")

HANDOFF = HandoffCreated(
    id="handoff-7",
    created_at=datetime(2026, 7, 28, 12, 0, tzinfo=timezone(timedelta(hours=2))),
    contact=ANA,
    channel="whatsapp",
    conversation_id="12",
    reason="Quiere un presupuesto «a medida»",
    summary="Preguntó por tres tallas.\nNo se decide.",
    state="open",
).payload()

FINISHED = ConversationFinished(
    id="conversation-13",
    created_at=NOW,
    contact=CrmContact(),
    channel="phone",
    conversation_id="13",
    started_at=NOW - timedelta(minutes=3),
    ended_at=NOW,
    turns=4,
    summary="Pidió hora para el martes.",
    topic="una cita",
    outcome="completed",
).payload()


@pytest.fixture
def crm():
    with FakeCrm(SECRET, clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def webhook(crm):
    webhook = CrmWebhook(crm.url, SECRET)
    yield webhook
    webhook.close()


def refused(webhook, event=HANDOFF, **options):
    with pytest.raises(IntegrationError) as raised:
        webhook.post(event, **{"key": "k-1", "now": NOW, **options})
    assert SECRET not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)
    return raised.value


# --- posting


@pytest.mark.parametrize("event", [HANDOFF, FINISHED])
def test_an_event_arrives_signed_and_to_the_letter(crm, webhook, event):
    webhook.post(event, key="k-1", now=NOW)

    assert crm.events == [event]
    (posted,) = crm.posted
    assert posted.key == "k-1"
    assert posted.headers["x-signature"].startswith(f"t={int(NOW.timestamp())},v1=")


def test_a_signature_is_what_anyone_would_compute():
    assert signature("secret", b'{"id":"1"}', datetime(2026, 1, 1, tzinfo=UTC)) == (
        # printf '1767225600.{"id":"1"}' | openssl dgst -sha256 -hmac secret
        "t=1767225600,v1=8c84d1a52c62968d790bd2612fdea657174cf5ec06ce9a8da3217ac588edffe1"
    )


def test_without_a_secret_nothing_is_signed():
    with FakeCrm(None) as crm:
        CrmWebhook(crm.url, None).post(HANDOFF, key="k-1", now=NOW)
        CrmWebhook(crm.url, "").post(HANDOFF, key="k-2", now=NOW)

        assert [posted.headers.get("x-signature") for posted in crm.posted] == [None, None]
        assert len(crm.events) == 2


@pytest.mark.parametrize(("secret", "late"), [("another", 0), (SECRET, 301), (None, 0)])
def test_a_crm_can_tell_what_we_did_not_sign_or_signed_long_ago(crm, secret, late):
    error = refused(CrmWebhook(crm.url, secret), now=NOW - timedelta(seconds=late))

    assert (error.code, error.permanent) == (401, True)
    assert crm.events == []


def test_an_event_that_is_posted_twice_with_its_key_is_taken_once(crm, webhook):
    webhook.post(HANDOFF, key="k-1", now=NOW)
    webhook.post(HANDOFF, key="k-1", now=NOW + timedelta(seconds=9))
    webhook.post(FINISHED, key="k-2", now=NOW)

    assert crm.events == [HANDOFF, FINISHED]
    assert len(crm.posted) == 3


def test_half_a_character_does_not_keep_an_event_from_being_posted(crm, webhook):
    webhook.post({"summary": "\ud83d y más"}, key="k-1", now=NOW)

    assert crm.events == [{"summary": "? y más"}]


# --- what goes wrong


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (404, True), (410, True), (429, False), (503, False)]
)
def test_a_refusal_is_told_with_its_status(crm, webhook, status, permanent):
    crm.plan(Refuse(status, {"Retry-After": "30"}))

    error = refused(webhook)

    assert (error.code, error.permanent, error.retry_after_s) == (status, permanent, 30)
    webhook.post(HANDOFF, key="k-1", now=NOW)
    assert crm.events == [HANDOFF]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
def test_a_redirect_is_not_followed_and_is_no_success(crm, webhook, status):
    crm.plan(Refuse(status, {"Location": crm.url}))

    error = refused(webhook)

    assert (error.code, error.status, error.permanent) == (status, status, True)
    assert len(crm.posted) == 1


def test_a_crm_that_does_not_answer_is_left_at_the_deadline(crm):
    crm.plan(Hang())

    error = refused(CrmWebhook(crm.url, SECRET, total_s=1.5))

    assert (error.code, error.permanent) == (errors.NO_ANSWER_IN_TIME, False)


def test_an_event_whose_answer_was_lost_is_known_again_by_its_key(crm, webhook):
    crm.plan(LoseAnswer())

    assert refused(webhook).code == errors.CONNECTION_LOST
    webhook.post(HANDOFF, key="k-1", now=NOW)

    assert crm.events == [HANDOFF]
    assert len(crm.posted) == 2


def test_an_event_is_taken_however_much_is_answered(crm, webhook):
    crm.plan(Ramble(json_client.MOST_REPLY_BYTES + 1))

    webhook.post(HANDOFF, key="k-1", now=NOW)

    assert crm.events == [HANDOFF]


def test_an_address_with_a_name_and_a_password_brings_them_as_basic_authorization(crm):
    CrmWebhook(crm.url.replace("//", "//user:word@"), SECRET).post(HANDOFF, key="k-1", now=NOW)

    assert crm.posted[0].headers["authorization"] == "Basic dXNlcjp3b3Jk"


def test_an_address_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="the address of the CRM"):
        CrmWebhook("crm.example/hook", SECRET)


# --- the events and their schema


def test_a_handoff_says_all_its_fields_in_utc():
    assert HANDOFF == {
        "id": "handoff-7",
        "event": "handoff.created",
        "created_at": "2026-07-28T10:00:00Z",
        "contact": {"name": "Ana Ñúñez", "phone": "+34600000001"},
        "channel": "whatsapp",
        "conversation_id": "12",
        "reason": "Quiere un presupuesto «a medida»",
        "summary": "Preguntó por tres tallas.\nNo se decide.",
        "message": "",
        "state": "open",
        "seller": None,
    }


def test_a_finished_conversation_says_all_its_fields():
    assert FINISHED == {
        "id": "conversation-13",
        "event": "conversation.finished",
        "created_at": "2026-07-28T10:00:00.900000Z",
        "contact": {"name": None, "phone": None},
        "channel": "phone",
        "conversation_id": "13",
        "started_at": "2026-07-28T09:57:00.900000Z",
        "ended_at": "2026-07-28T10:00:00.900000Z",
        "turns": 4,
        "summary": "Pidió hora para el martes.",
        "topic": "una cita",
        "outcome": "completed",
    }


def test_a_time_without_a_zone_is_no_time():
    with pytest.raises(ValidationError, match="timezone"):
        HandoffCreated.model_validate({**HANDOFF, "created_at": "2026-07-28T10:00:00"})


@pytest.mark.parametrize("event", [HANDOFF, FINISHED])
def test_what_is_posted_is_what_the_schema_describes_and_every_field_of_it(event):
    name = {"handoff.created": "HandoffCreated", "conversation.finished": "ConversationFinished"}[
        event["event"]
    ]
    kind = schema()["$defs"][name]

    assert set(kind["required"]) == set(kind["properties"]) == set(event)
    assert kind["properties"]["event"]["const"] == event["event"]
    assert set(schema()["$defs"]["CrmContact"]["required"]) == set(event["contact"])
    for field, value in event.items():
        assert matches(kind["properties"][field], value), field


def matches(kind, value):
    """Compare by hand what the two events use of JSON Schema."""
    if "anyOf" in kind:
        return any(matches(one, value) for one in kind["anyOf"])
    if "$ref" in kind:
        contact = schema()["$defs"]["CrmContact"]["properties"]
        return all(matches(contact[field], of_it) for field, of_it in value.items())
    if kind.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        return False
    return isinstance(value, {"string": str, "integer": int, "null": type(None)}[kind["type"]])


def test_the_schema_is_one_of_the_events_and_leaves_room_for_what_is_added():
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert [kind["$ref"] for kind in schema()["anyOf"]] == [
        "#/$defs/HandoffCreated",
        "#/$defs/HandoffMissed",
        "#/$defs/ConversationFinished",
        "#/$defs/ContactErased",
    ]
    assert "additionalProperties" not in json.dumps(schema())
