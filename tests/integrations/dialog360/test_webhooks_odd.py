"""read_webhook over what is left out, written otherwise, too long or told twice."""

import pytest

from integrations.dialog360.client import Dialog360
from integrations.dialog360.webhooks import (
    Kind,
    Location,
    Receipt,
    ReceiptStatus,
    read_webhook,
)
from tests.fakes.dialog360.fake import OUR_NUMBER
from tests.integrations.dialog360.bodies import ANA, NOON, flat, message, only


def test_our_number_is_read_as_it_is_printed():
    assert read_webhook({"metadata": {"display_phone_number": "+1 (202) 555-0100"}}).our_number == OUR_NUMBER


def test_a_message_with_no_type_is_what_it_holds():
    untyped = message("location", {"latitude": 1, "longitude": "2.5"})
    del untyped["type"]

    assert only(flat(untyped)).place == Location(1, 2.5, "", "")


def test_a_message_that_lacks_what_its_type_names_was_not_understood():
    empty = message()
    del empty["text"]

    assert only(flat(empty)).kind is Kind.UNSUPPORTED


def test_a_message_with_no_id_is_known_again_and_is_no_others():
    ids = [only(flat(message(id=None, part={"body": body}))).wamid for body in ("Hola", "Hola", "Adiós")]

    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("unnamed-")


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("text", {"body": " "}),
        ("text", "Hola"),
        ("image", {"caption": "Mire"}),
        ("location", {"latitude": 91, "longitude": 0}),
        ("location", {"latitude": "nan", "longitude": 0}),
        ("location", {"latitude": 10**400, "longitude": 0}),
        ("location", {"latitude": True, "longitude": 0}),
        ("contacts", [{"name": {}}, 7]),
        ("interactive", {"nfm_reply": {"response_json": "{}"}}),
        ("button", {"payload": "yes"}),
        ("ephemeral", {}),
    ],
)
def test_a_message_without_what_should_be_in_it_is_one_that_was_not_understood(kind, part):
    assert only(flat(message(kind, part))).kind is Kind.UNSUPPORTED


@pytest.mark.parametrize(
    "number", ["0034600000001", "346", "34600000001 ", "3460000000100000", [], True, "es.134"]
)
def test_what_is_no_number_sends_no_message(number):
    read = read_webhook(flat(message(**{"from": number})))
    assert (read.messages, read.without_sender) == ([], 1)


def test_a_number_may_be_written_as_one():
    assert only(flat(message(**{"from": 34600000001}))).number == ANA


@pytest.mark.parametrize(
    "time",
    ["", "yesterday", "99999999999999", -1, True, None, pytest.param(10**5000, id="huge"), "1772366400.5"],
)
def test_a_time_that_is_none_is_none(time):
    assert only(flat(message(timestamp=time))).sent_at is None


# --- bounds


def test_everything_is_bounded():
    long = "a" * 10_000
    name = [{"profile": {"name": long}, "wa_id": "34600000001"}]
    card = {"name": {"formatted_name": long}, "phones": [{"phone": long}] * 50}

    text = only(flat(message(part={"body": long}, id=long, context={"id": long}), contacts=name))
    file = only(flat(message("document", {"id": long, "mime_type": long, "filename": long, "caption": long})))
    place = only(flat(message("location", {"latitude": 1, "longitude": 1, "name": long, "address": long})))
    cards = only(flat(message("contacts", [card] * 50))).cards

    assert (len(text.body), len(text.name), len(text.wamid), len(text.about)) == (4096, 80, 255, 255)
    assert (len(file.media.id), len(file.media.mime_type), len(file.media.file_name)) == (255, 100, 200)
    assert len(file.body) == 4096
    assert (len(place.place.name), len(place.place.address)) == (200, 200)
    assert (len(cards), len(cards[0].name), len(cards[0].phones), len(cards[0].phones[0])) == (10, 200, 5, 40)


def test_what_no_database_takes_is_taken_out_and_line_breaks_stay():
    said = only(flat(message(part={"body": "uno\x00\x1b[31m\ndos \ud83d\U0001f600"})))

    assert said.body == "uno [31m\ndos \ufffd\U0001f600"


# --- receipts


def test_receipts_say_what_became_of_a_message(whatsapp):
    whatsapp.messages.hears(ANA)
    client = Dialog360(whatsapp.api_key, api_url=whatsapp.url)
    wamid = client.send_text(ANA, "Hola")
    whatsapp.webhooks.settle()
    whatsapp.messages.tell(wamid, "failed", code=131026)

    receipts = [read_webhook(body).receipts for body in whatsapp.webhooks.bodies]
    assert [receipt.status for (receipt,) in receipts] == ["sent", "delivered", "read", "failed"]
    assert receipts[-1] == [Receipt(wamid, ReceiptStatus.FAILED, ANA, NOON, 131026)]
    client.close()


@pytest.mark.parametrize("status", ["deleted", "", None, 7, "warning"])
def test_a_receipt_that_says_nothing_new_is_left_out(status):
    assert read_webhook({"statuses": [{"id": "wamid.a", "status": status}]}).receipts == []


def test_a_receipt_may_say_nothing_but_its_message_and_its_status():
    receipt = {"id": "wamid.a", "status": "FAILED", "errors": [{"code": "131047"}]}

    assert read_webhook({"statuses": [receipt, {"status": "read"}]}).receipts == [
        Receipt("wamid.a", ReceiptStatus.FAILED, "", None, 131047)
    ]
