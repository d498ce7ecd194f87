"""Any value in any field of 360dialog's webhooks: what people wrote is kept and answered; the log has no words."""

import json
import time

import pytest

from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, TOKEN, came, post
from tests.journeys.hostile import (
    ALL_AT_ONCE,
    BROKEN,
    HOSTILE,
    SAID,
    WORD,
    everywhere,
    forged_marks,
    json_bytes,
)
from tests.journeys.whatsapp.people import sent, work_off
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


def message(content, wamid="wamid.1"):
    """A webhook with one message; content: its fields besides who wrote it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": "1"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600000001"}],
        "messages": [{"from": "34600000001", "id": wamid, "timestamp": "1772366400", **content}],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }


CONTENTS = [
    {"type": "text", "text": {"body": "Hola"}, "referral": {"headline": "Limpieza", "body": "Hoy"}},
    {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{\"a\":\"b\"}"}}},
    {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Uno"}}},
    {"type": "order", "order": {"text": "Para hoy", "product_items": [
        {"product_retailer_id": "A", "quantity": 1, "currency": "EUR"}]}},
    {"type": "location", "location": {"latitude": 40.4, "longitude": -3.7, "name": "Sol", "address": "Plaza"}},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "Eva"}, "phones": [{"phone": "+34600000002"}]}]},
    {"type": "document", "document": {"id": "1", "mime_type": "application/pdf", "filename": "a", "caption": "b"}},
    {"type": "edit", "edit": {"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "Hola"}}}},
]  # fmt: skip
IDS_AND_FORM = {"object", "id", "field", "messaging_product", "from", "wa_id", "type", "timestamp"}


def test_whatever_stands_in_a_messages_fields_it_is_kept_and_answered(line, whatsapp, openai, capfd):
    openai.default = text(f"Dice {SAID}.")
    capfd.readouterr()
    whatsapp.messages.hears(ANA)
    bodies = []
    for content in CONTENTS:
        for path, with_words in everywhere(message(content)):
            if path[-1] not in IDS_AND_FORM:
                bodies.append(with_words(ALL_AT_ONCE))
    bodies += [message({"type": "text", "text": {"body": words}}) for words in HOSTILE.values()]

    for number, body in enumerate(bodies):
        value = body["entry"][0]["changes"][0]["value"]
        value["messages"][0] = value["messages"][0] | {
            "id": f"wamid.{number}",
            "timestamp": f"{time.time():.0f}",
        }
        status, _ = post(line, json_bytes(body), Authorization=f"Bearer {TOKEN}")
        assert status == 200, body

    assert sorted(m.sid for m in came(line)) == sorted(f"wamid.{number}" for number in range(len(bodies)))
    wait_until(lambda: sent(line))
    work_off(line, seconds=60)
    assert forged_marks(openai) == []
    assert whatsapp.messages.words(ANA) and not BROKEN.search("".join(whatsapp.messages.words(ANA)))
    assert WORD not in capfd.readouterr().err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace(b'"Hola"', b'"Hol\xff\xfea"'),
        lambda body: body.replace(b'"timestamp": "1772366400"', b'"timestamp": ' + b"9" * 6000),
        lambda body: body.replace(b'"timestamp": "1772366400"', b'"timestamp": NaN, "timestamp": Infinity'),
        lambda body: body.replace(b'"Ana"', b'"\\ud800"'),
        lambda body: b"\xef\xbb\xbf" + body,
    ],
    ids=["no UTF-8", "a huge number", "no number", "half a character", "a mark of the byte order"],
)
def test_what_stands_beside_somebodys_words_loses_none_of_them(line, openai, spoil):
    openai.default = text("De acuerdo.")
    body = json.dumps(message({"type": "text", "text": {"body": "Hola"}})).encode()

    status, _ = post(line, spoil(body), Authorization=f"Bearer {TOKEN}")

    assert (status, len(came(line))) == (200, 1)
    assert came(line)[0].body.startswith("Hol")
