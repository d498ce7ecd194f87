"""360dialog's webhooks as nobody should send them: none is refused, and what a person sent in one is kept."""

import json

import pytest
from hypothesis import given

from storage.models import Message
from tests.conftest import Line
from tests.examples import examples_over_http
from tests.fakes.dialog360.fake import API_KEY
from tests.journeys.dialog360.people import TOKEN, post
from tests.journeys.mutations import bodies
from tests.records import count_of

BODY = {
    "object": "whatsapp_business_account",
    "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": "1"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600000001"}],
        "messages": [
            {"from": "34600000001", "id": "wamid.1", "timestamp": "1772366400", "type": "text",
             "text": {"body": "Hola"}},
            {"from": "34600000001", "id": "wamid.2", "timestamp": "1772366400", "type": "image",
             "image": {"id": "7", "mime_type": "image/jpeg", "caption": "Mire"}, "context": {"id": "wamid.0"}},
            {"from": "34600000001", "id": "wamid.3", "timestamp": "1772366400", "type": "order",
             "order": {"product_items": [{"product_retailer_id": "A", "quantity": 1, "item_price": 2.5}]}},
            {"from": "34600000001", "id": "wamid.4", "timestamp": "1772366400", "type": "revoke",
             "revoke": {"original_message_id": "wamid.1"}},
            {"from": "34600000001", "id": "wamid.5", "timestamp": "1772366400", "type": "edit",
             "edit": {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "Adiós"}}}},
        ],
        "statuses": [{"id": "wamid.9", "status": "failed", "timestamp": "1772366400", "recipient_id": "34600000001",
                      "errors": [{"code": 131026}]}],
    }}]}],
}  # fmt: skip


@pytest.fixture
def line(sqlite_url, make_settings):
    """One line for all examples; nothing is sent from it."""
    line = Line(
        make_settings(
            database_url=sqlite_url, whatsapp_settle_s=0, d360_api_key=API_KEY, d360_webhook_token=TOKEN,
            d360_api_url="http://127.0.0.1:1",
        )
    )  # fmt: skip
    yield line
    line.close()


@pytest.mark.sqlite_alone
@examples_over_http(150)
@given(body=bodies(BODY))
def test_whatever_a_webhook_holds_it_is_taken(line, body):
    status, _ = post(line, json.dumps(body).encode(), Authorization=f"Bearer {TOKEN}")

    assert status == 200


@pytest.mark.sqlite_alone
@examples_over_http(60)
@given(content=bodies({"type": "text", "text": {"body": "Hola"}}))
def test_whatever_a_person_wrote_is_kept(line, content):
    before = count_of(line.parts.database, Message)
    name = f"wamid.new{before}"
    value = {
        "messages": [{**(content if isinstance(content, dict) else {}), "from": "34600000001", "id": name}]
    }

    status, _ = post(line, json.dumps(value).encode(), Authorization=f"Bearer {TOKEN}")

    assert status == 200 and count_of(line.parts.database, Message) > before
