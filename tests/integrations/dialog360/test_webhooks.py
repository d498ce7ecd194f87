"""read_webhook over what 360dialog sends, and over what it never would."""

import pytest

from integrations.dialog360.webhooks import (
    Card,
    InboundMessage,
    Kind,
    Location,
    Media,
    read_webhook,
)
from tests.fakes.dialog360.fake import OUR_NUMBER
from tests.fakes.dialog360.people import HIDDEN
from tests.integrations.dialog360.bodies import ANA, LUIS, NOON, flat, message, only


def last(whatsapp):
    """The message of the last webhook."""
    return only(whatsapp.webhooks.bodies[-1])


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
    assert (read.messages, read.without_sender) == ([], 0)


def test_somebody_who_shows_no_number_is_known_by_the_user_id(whatsapp):
    whatsapp.people.write(None, "Hola", name="Ana Ruiz")

    found = last(whatsapp)
    assert (found.number, found.user_id, found.name) == ("", HIDDEN, "Ana Ruiz")


def test_a_number_and_a_user_id_come_together(whatsapp):
    whatsapp.people.write(ANA, "Hola", from_user_id=HIDDEN)

    assert (last(whatsapp).number, last(whatsapp).user_id) == (ANA, HIDDEN)


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
