"""Stories of 360dialog: who is passed over, who takes over, and who may post to its webhook."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Contact, Conversation
from storage.queries import contacts
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, TOKEN, came, post, write
from tests.journeys.whatsapp.people import person_of, sent, work_off
from tests.records import every, the_only

# People


def test_while_a_person_has_the_conversation_nothing_is_answered(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("nobody asks for this"))
    whatsapp.people.write(ANA, "Hola")
    answers(line, 1)
    take_over(line)

    whatsapp.people.write(ANA, "¿Está Marta?")

    assert answers(line, 1) == ["Hola."]
    assert len(came(line)) == 2
    assert len(openai.chats) == 1
    assert len(whatsapp.messages.typing) == 1


@pytest.mark.both_databases
def test_an_answer_on_its_way_is_held_back_when_a_person_takes_over(line, whatsapp, openai):
    openai.enqueue(text("Hola."))
    whatsapp.people.write(ANA, "Hola")
    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: sent(line))
    take_over(line)

    work_off(line)

    assert whatsapp.messages.words(ANA) == []
    assert [message.status for message in sent(line)] == ["held"]


def take_over(line):
    conversation = the_only(line.parts.database, Conversation)
    with line.parts.database.write() as connection:
        contacts.take_over(connection, conversation.id, "Marta", utc_now() + timedelta(days=1))


def test_who_changes_from_twilio_to_360dialog_is_answered_where_they_wrote_last(
    open_360, whatsapp, openai, answers, twilio
):  # fmt: skip
    from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN

    openai.enqueue(text("Por Twilio."), text("Por 360dialog."), text("Por Twilio otra vez."))
    line = open_360(twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url)
    person = person_of(line, twilio, number=ANA)

    person.send("Hola")
    whatsapp.people.write(ANA, "Hola otra vez")
    answers(line, 2)
    twilio_sid = came(line)[0].sid
    person.send("Y aquí")
    whatsapp.webhooks.doubled = True
    whatsapp.webhooks._put(whatsapp.webhooks.bodies[0])  # what came long ago comes again
    whatsapp.webhooks.settle()
    write(line, "De parte de Marta.")
    work_off(line)

    assert person.texts == ["Por Twilio.", "Por Twilio otra vez.", "De parte de Marta."]
    assert whatsapp.messages.words(ANA) == ["Por 360dialog."]
    assert twilio_sid.startswith("SM")
    assert len(every(line.parts.database, Contact)) == 1


# Who may


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {TOKEN}"}, {"X-Webhook-Token": TOKEN}], ids=["bearer", "plain"]
)
def test_the_token_lets_in_by_either_header(line, headers):
    assert post(line, {"object": "whatsapp_business_account", "entry": []}, **headers) == (200, {})


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"X-Webhook-Token": "ñ"},
     {"Authorization": f"Bearer {TOKEN}x"}],
)  # fmt: skip
def test_without_the_token_nothing_is_read_or_kept(line, whatsapp, headers):
    whatsapp.webhooks.held = True
    whatsapp.people.write(ANA, "Hola")

    assert post(line, whatsapp.webhooks.bodies[0], **headers) == (401, {"detail": "Wrong or missing token."})
    assert came(line) == []


def test_with_no_token_set_there_is_no_such_door(open_360):
    line = open_360(d360_webhook_token=None)

    status, body = post(line, {}, Authorization="Bearer ")

    assert (status, body["detail"]) == (404, "Not configured. Set D360_WEBHOOK_TOKEN.")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"Hola", 200), (b"\xff", 200), (b"[" * 100_000, 200), (b"[]", 200), (b"null", 200),
     (b" " * (4 * 1024 * 1024 + 1), 413)],
    ids=["words", "no UTF-8", "too deep", "an array", "null", "too large"],
)  # fmt: skip
def test_what_is_no_webhook_is_taken_unless_it_is_too_large_and_then_refused_in_one_sentence(
    line, body, status
):
    answered, said = post(line, body, Authorization=f"Bearer {TOKEN}")

    assert answered == status
    assert (set(said) == {"detail"}) == (status != 200)


def test_who_wrote_long_ago_is_written_to_and_360dialog_decides(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."))
    whatsapp.people.write(ANA, "Hola")
    answers(line, 1)
    with line.parts.database.write() as connection:
        connection.execute(update(Contact).values(wrote_at=utc_now().replace(year=2020)))

    write(line, "¿Sigue ahí?")
    work_off(line)

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Sigue ahí?"]
