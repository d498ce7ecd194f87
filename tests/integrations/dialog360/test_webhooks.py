"""read_webhook over what 360dialog sends, and over what it never would."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.dialog360.client import Dialog360
from integrations.dialog360.webhooks import (
    Card,
    InboundMessage,
    Kind,
    Location,
    Media,
    Receipt,
    ReceiptStatus,
    read_webhook,
)
from tests.examples import examples
from tests.fakes.dialog360.fake import OUR_NUMBER, FakeDialog360

ANA, LUIS = "+34600000001", "+34600000002"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["envelope", "flat"])
def whatsapp(request):
    with FakeDialog360(clock=NOON.timestamp) as fake:
        fake.webhooks.flat = request.param == "flat"
        yield fake


def last(whatsapp):
    """The message of the last webhook."""
    return only(whatsapp.webhooks.bodies[-1])


def only(body):
    (message,) = read_webhook(body).messages
    return message


def flat(*messages, **more):
    return {
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600000001"}],
        "messages": list(messages),
        **more,
    }


def message(kind="text", part=None, **more):
    part = {"body": "Hola"} if part is None else part
    return {
        "from": "34600000001",
        "id": "wamid.a",
        "timestamp": "1772366400",
        "type": kind,
        kind: part,
        **more,
    }


# --- what people send


def test_a_text_says_who_wrote_it_when_and_what(whatsapp):
    wamid = whatsapp.people.write(ANA, "¿Abren hoy?", name="Ana Ruiz")

    ours = "" if whatsapp.webhooks.flat else OUR_NUMBER
    assert last(whatsapp) == InboundMessage(
        wamid=wamid,
        number=ANA,
        name="Ana Ruiz",
        our_number=ours,
        sent_at=NOON,
        kind=Kind.TEXT,
        body="¿Abren hoy?",
    )
    assert read_webhook(whatsapp.webhooks.bodies[-1]).our_number == ours


@pytest.mark.parametrize("kind", [Kind.IMAGE, Kind.VIDEO, Kind.DOCUMENT, Kind.STICKER, Kind.AUDIO])
def test_a_file_comes_with_its_id_its_type_and_what_was_written_under_it(whatsapp, kind):
    whatsapp.people.send_file(ANA, kind, "1037", "Application/PDF", caption="Mire", filename="a.pdf")

    assert last(whatsapp).kind is kind
    assert last(whatsapp).media == Media("1037", "application/pdf", "a.pdf")
    assert last(whatsapp).body == "Mire"


def test_a_voice_note_is_told_from_other_audio(whatsapp):
    whatsapp.people.send_file(ANA, "audio", "1037", "audio/ogg; codecs=opus", voice=True)
    assert last(whatsapp).kind is Kind.VOICE

    whatsapp.people.send_file(ANA, "voice", "1037", "audio/ogg")
    assert last(whatsapp).kind is Kind.VOICE


def test_a_location_comes_with_its_name_where_it_has_one(whatsapp):
    whatsapp.people.share_location(ANA, 40.4168, -3.7038, name="Sol", address="Madrid")
    assert last(whatsapp).place == Location(40.4168, -3.7038, "Sol", "Madrid")

    whatsapp.people.share_location(ANA, 0, 0)
    assert last(whatsapp).place == Location(0, 0, "", "")
    assert last(whatsapp).kind is Kind.LOCATION


def test_contact_cards_come_with_their_names_and_phones(whatsapp):
    whatsapp.people.share_contact(ANA, "Luis Gil", "+34 600 000 002", "+34 600 000 003")

    assert last(whatsapp).kind is Kind.CONTACTS
    assert last(whatsapp).cards == (Card("Luis Gil", ("+34 600 000 002", "+34 600 000 003")),)


def test_a_quick_reply_and_both_kinds_of_interactive_answer_are_what_their_title_says(whatsapp):
    whatsapp.people.press(ANA, "Sí", "confirm:7", about="wamid.ours")
    assert (last(whatsapp).kind, last(whatsapp).body, last(whatsapp).reply_id, last(whatsapp).about) == (
        Kind.BUTTON, "Sí", "confirm:7", "wamid.ours",
    )  # fmt: skip

    for kind in ("button_reply", "list_reply"):
        whatsapp.people.choose(ANA, "Lunes", "day:1", kind=kind)
        assert (last(whatsapp).kind, last(whatsapp).body, last(whatsapp).reply_id) == (
            Kind.BUTTON,
            "Lunes",
            "day:1",
        )


def test_a_reaction_names_the_message_and_is_empty_when_it_is_taken_back(whatsapp):
    whatsapp.people.react(ANA, "👍", "wamid.ours")
    assert (last(whatsapp).kind, last(whatsapp).body, last(whatsapp).about) == (
        Kind.REACTION,
        "👍",
        "wamid.ours",
    )

    whatsapp.people.react(ANA, "", "wamid.ours")
    assert (last(whatsapp).kind, last(whatsapp).body) == (Kind.REACTION, "")


def test_what_whatsapp_does_not_pass_on_is_a_message_all_the_same(whatsapp):
    whatsapp.people.send_unsupported(ANA)
    assert last(whatsapp).kind is Kind.UNSUPPORTED

    whatsapp.people.send(ANA, "order", {"catalog_id": "1", "product_items": []})
    assert last(whatsapp).kind is Kind.UNSUPPORTED


def test_a_notice_of_whatsapps_own_is_nobodys_message(whatsapp):
    whatsapp.people.change_number(ANA, LUIS)

    read = read_webhook(whatsapp.webhooks.bodies[-1])
    assert (read.messages, read.without_number) == ([], 0)


def test_somebody_who_shows_no_number_is_counted_and_is_no_message(whatsapp):
    whatsapp.people.write(None, "Hola")

    read = read_webhook(whatsapp.webhooks.bodies[-1])
    assert (read.messages, read.without_number) == ([], 1)


# --- what is said around them


def test_a_webhook_of_several_entries_and_changes_is_read_whole_and_in_order():
    changes = [{"field": "messages", "value": flat(message(id=f"wamid.{n}"))} for n in range(4)]
    body = {"entry": [{"changes": changes[:1]}, {"changes": changes[1:]}]}

    assert [m.wamid for m in read_webhook(body).messages] == [f"wamid.{n}" for n in range(4)]


def test_what_is_not_in_the_field_messages_is_not_answered():
    body = {"entry": [{"changes": [{"field": "history", "value": flat(message())}]}]}

    assert read_webhook(body).messages == []


def test_each_of_several_people_keeps_their_own_name():
    people = [("34600000001", "Ana"), ("34600000002", "Luis")]
    body = flat(
        message(**{"from": "34600000002"}),
        message(id="wamid.b"),
        contacts=[{"profile": {"name": name}, "wa_id": number} for number, name in people],
    )

    assert [(m.number, m.name) for m in read_webhook(body).messages] == [(LUIS, "Luis"), (ANA, "Ana")]


def test_a_sender_that_is_left_out_is_the_one_contact_there_is_and_never_one_of_two():
    unsigned = message()
    del unsigned["from"]
    assert only(flat(unsigned)).number == ANA

    two = [{"wa_id": "34600000001"}, {"wa_id": "34600000002"}]
    assert read_webhook(flat(unsigned, contacts=two)).messages == []


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
    "number", ["0034600000001", "346", "34600000001 ", "3460000000100000", [], True, "ES.134"]
)
def test_what_is_no_number_sends_no_message(number):
    assert read_webhook(flat(message(**{"from": number}))).messages == []


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
        assert found.number.startswith("+")
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


# --- the fake's own webhooks


class Door(ThreadingHTTPServer):
    """Where webhooks arrive. status: what it answers."""

    def __init__(self):
        self.bodies, self.keys, self.status = [], [], 200
        super().__init__(("127.0.0.1", 0), DoorHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/webhook/360dialog"


class DoorHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self.server.keys.append(self.headers.get("X-Token"))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def door():
    server = Door()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connected(door):
    with FakeDialog360(clock=NOON.timestamp) as fake:
        fake.webhooks.url = door.url
        fake.webhooks.headers = {"X-Token": "secret"}
        yield fake


def test_webhooks_come_with_the_header_that_was_configured(connected, door):
    connected.people.write(ANA, "Hola")
    connected.webhooks.settle()

    assert [only(body).body for body in door.bodies] == ["Hola"]
    assert door.keys == ["secret"]


def test_webhooks_can_come_twice_and_backwards(connected, door):
    connected.webhooks.held = connected.webhooks.doubled = True
    for word in ("uno", "dos"):
        connected.people.write(ANA, word)
    connected.webhooks.release(backwards=True)
    connected.webhooks.settle()

    assert [only(body).body for body in door.bodies] == ["dos", "dos", "uno", "uno"]


def test_what_nobody_acknowledged_comes_again(connected, door):
    door.status = 500
    connected.people.write(ANA, "Hola")
    connected.webhooks.settle()
    door.status = 200
    connected.webhooks.redeliver()
    connected.webhooks.settle()

    assert [delivery.status for delivery in connected.webhooks.sent] == [500, 200]
    assert [only(body).body for body in door.bodies] == ["Hola", "Hola"]


def test_receipts_can_come_before_the_answer_does(connected, door):
    connected.messages.hears(ANA)
    connected.messages.receipts_first = True
    client = Dialog360(connected.api_key, api_url=connected.url)

    wamid = client.send_text(ANA, "Hola")

    assert [read_webhook(body).receipts[0].wamid for body in door.bodies] == [wamid] * 3
    client.close()
