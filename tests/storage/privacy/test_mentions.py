"""A number is taken out of everybody's words, and neither out of a longer number nor from whoever has it now."""

from datetime import UTC, datetime

import pytest

from storage.models import Call, Contact, Identity, Message, Turn
from storage.privacy import mentions
from tests.people.privacy.rows import Rows
from tests.records import every

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBER, DIGITS = "+34600000001", "34600000001"

pytestmark = pytest.mark.both_databases


@pytest.fixture
def rows(database):
    return Rows(database, NOW)


def test_a_number_is_replaced_wherever_it_stands_alone(database, rows, monkeypatch):
    monkeypatch.setattr(mentions, "PAGE", 2)
    chat = rows.conversation(rows.contact("+34600000009"))
    for body in (
        f"El de Ana es {NUMBER}.", f"https://wa.me/{DIGITS}", f"Pedido 9{DIGITS}", f"+{DIGITS}2", "Nada",
    ):  # fmt: skip
        rows.message(chat, body=body, attachments=[])
    rows.turn(chat, 1, heard="¿Y Ana?", sentences=["Llame al ", f"{NUMBER}, por favor."])

    changed = mentions.clear_mentions(database, [DIGITS])

    assert changed == 3
    assert [message.body for message in every(database, Message)] == [
        "El de Ana es +….", "https://wa.me/…", f"Pedido 9{DIGITS}", f"+{DIGITS}2", "Nada",
    ]  # fmt: skip
    (turn,) = every(database, Turn)
    assert turn.sentences == ["Llame al ", "+…, por favor."]
    assert mentions.clear_mentions(database, [DIGITS]) == 0


@pytest.mark.parametrize("before", ["\n", "\t", "“", '"', "\\"])
def test_a_number_in_a_list_of_sentences_is_replaced_whatever_stands_before_it(database, rows, before):
    chat = rows.conversation(rows.contact("+34600000009"))
    rows.turn(chat, 1, sentences=["El de Ana:", f"{before}{DIGITS}"])

    mentions.clear_mentions(database, [DIGITS])

    (turn,) = every(database, Turn)
    assert turn.sentences == ["El de Ana:", f"{before}…"]


def test_whoever_has_the_number_now_is_still_found_and_reached_by_it(database, rows):
    contact_id = rows.contact(NUMBER, name="Luis", whatsapp_address=f"whatsapp:{NUMBER}")
    rows.add(
        Identity, contact_id=contact_id, kind="phone", value=NUMBER, written_as=NUMBER, simulated=False,
        first_seen_at=NOW,
    )  # fmt: skip
    rows.call(rows.conversation(contact_id, "phone"), NUMBER)

    mentions.clear_mentions(database, [DIGITS])

    (contact,), (identity,), (call,) = (every(database, model) for model in (Contact, Identity, Call))
    assert (contact.address, contact.whatsapp_address) == (NUMBER, f"whatsapp:{NUMBER}")
    assert (identity.value, identity.written_as, call.from_number) == (NUMBER, NUMBER, NUMBER)
