"""What people answer to a campaign's message."""

from datetime import timedelta

import pytest

from messaging.campaigns.replies import leads_to_seller, outcome_of
from storage.base import utc_now
from storage.queries import contacts, messages
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage
from tests.messaging.campaigns.stand import US, number, people

ANSWERS = [
    ("text", "SÍ", "yes"), ("text", "Sí, por favor 👍", "yes"), ("text", "yes", "yes"), ("text", "no", "no"),
    ("text", "No.", "no"), ("text", "1", "1"), ("text", " 2 ", "2"),
    ("button", "Confirmo  la cita", "Confirmo la cita"),
    ("text", "Sí, pero ¿puede ser a las cinco?", ""), ("text", "2024", ""), ("text", "", ""), ("image", "", ""),
    ("text", "no sé", ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "words", "outcome"), ANSWERS)
def test_one_word_a_choice_or_a_button_is_understood_and_nothing_else(kind, words, outcome):
    assert outcome_of(kind, words) == outcome


LEADS = [
    ("yes", ["yes"], True), ("yes", ["sí"], True), ("Sí", ["yes"], True), ("2", ["1", "2"], True),
    ("Confirmo la cita", ["confirmo la CITA"], True), ("no", ["yes"], False), ("", ["yes"], False), ("", [""], False),
    ("yes", [], False), ("Otra cosa", ["yes"], False),
]  # fmt: skip


@pytest.mark.parametrize(("outcome", "hand_over", "leads"), LEADS)
def test_an_outcome_leads_to_a_seller_by_what_it_means(outcome, hand_over, leads):
    assert leads_to_seller(outcome, hand_over) is leads


def writes(stand, who, body, *, at=None, kind="text"):
    at = at or utc_now()
    with stand.database.write() as connection:
        recipient = contacts.conversation_with(connection, Sender(who, f"whatsapp:{who}", "", False), US, at)
        new = NewMessage(f"SM{len(body):032x}", kind, body, US)
        message_id = messages.keep_inbound(connection, recipient.conversation_id, new, body, at)
        stand.outcomes.message(connection, message_id, at, sender=recipient)


@pytest.mark.both_databases
def test_an_answer_is_noted_with_its_recipient_alone(stand):
    stand.start(people(3))
    stand.run(stand.process())

    writes(stand, number(2), "¿Puede ser más tarde?")
    writes(stand, number(2), "Sí")
    writes(stand, "+34600009999", "Hola")

    assert [(one.replied_at is not None, one.outcome) for one in stand.recipients()] == [
        (False, ""), (True, "yes"), (False, ""),
    ]  # fmt: skip


def test_what_is_written_much_later_is_no_answer(stand):
    stand.start(people(1))
    stand.run(stand.process())

    writes(stand, number(1), "Sí", at=utc_now() + timedelta(days=8))

    assert stand.recipients()[0].replied_at is None


def test_who_was_sent_nothing_has_not_answered(stand):
    stand.create(people(1))

    writes(stand, number(1), "Sí")

    assert stand.recipients()[0].replied_at is None
