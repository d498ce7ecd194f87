"""read_webhook over bodies of any form: it never fails and is quick."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.dialog360.webhooks import (
    Kind,
    ReceiptStatus,
    read_webhook,
)
from integrations.whatsapp_ids import user_id_of
from tests.examples import examples
from tests.integrations.dialog360.bodies import flat, message

# --- what no provider sends

FIELDS = [
    "entry",
    "changes",
    "field",
    "value",
    "messages",
    "contacts",
    "statuses",
    "metadata",
    "display_phone_number",
    "profile",
    "name",
    "wa_id",
    "user_id",
    "from_user_id",
    "from",
    "id",
    "timestamp",
    "type",
    "text",
    "body",
    "image",
    "audio",
    "voice",
    "mime_type",
    "filename",
    "caption",
    "location",
    "latitude",
    "longitude",
    "address",
    "phones",
    "phone",
    "button",
    "payload",
    "interactive",
    "button_reply",
    "list_reply",
    "title",
    "reaction",
    "message_id",
    "emoji",
    "context",
    "status",
    "errors",
    "code",
    "recipient_id",
    "formatted_name",
    "user_id",
]
WORDS = st.sampled_from(["messages", "sent", "failed", "34600000001", "1772366400", *FIELDS]) | st.text()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS


def json_of(leaves):
    """Any JSON with so many leaves at most, in which Meta's names come up often."""
    names = st.sampled_from(FIELDS) | st.text(max_size=3)
    return st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=leaves,
    )


PARTS = st.lists(st.dictionaries(st.sampled_from(FIELDS), json_of(4), max_size=4), max_size=3)
quickly = examples(150)


@quickly
@given(json_of(30))
def test_whatever_a_body_is_reading_it_never_fails(body):
    can_be_kept(read_webhook(body))


@quickly
@given(PARTS, PARTS, PARTS, st.booleans())
def test_whatever_its_messages_hold_reading_them_never_fails(messages, contacts, statuses, enveloped):
    value = {
        "messages": [{"from": "34600000001", **part} for part in messages],
        "contacts": contacts,
        "statuses": [{"id": "wamid.a", "status": "sent", **part} for part in statuses],
    }

    can_be_kept(read_webhook({"entry": [{"changes": [{"value": value}]}]} if enveloped else value))


@quickly
@given(st.sampled_from([kind.value for kind in Kind] + ["interactive", "system"]), json_of(15))
def test_whatever_is_in_a_message_of_any_type_reading_it_never_fails(kind, part):
    can_be_kept(read_webhook(flat(message(kind, part))))


def can_be_kept(webhook):
    """Every value is of its kind, bounded, and such as a database takes."""
    for found in webhook.messages:
        assert isinstance(found.kind, Kind)
        assert found.number.startswith("+") or user_id_of(found.user_id)
        assert 0 < len(found.wamid) <= 255
        assert len(found.body) <= 4096
        repr_of_all = [found.wamid, found.name, found.body, found.reply_id, found.about, str(found.cards)]
        assert "\x00" not in "".join(repr_of_all)
        "".join(repr_of_all).encode()
    for receipt in webhook.receipts:
        assert isinstance(receipt.status, ReceiptStatus)
        assert receipt.error_code is None or receipt.error_code >= 0


def test_many_messages_and_contacts_are_read_in_a_moment():
    body = flat(*[message()] * 20_000, contacts=[{"wa_id": "34600000001"}] * 20_000)

    assert len(read_webhook(body).messages) == 20_000
