"""Stories of what goes out by 360dialog: too fast, lost on its way, refused, outside the window."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from integrations.dialog360.client import Dialog360
from storage.base import utc_now
from storage.models import Message, Pace
from storage.queries.messages import Attachment
from tests.fakes.dialog360.fake import API_KEY, Close, Refuse
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, last, write
from tests.journeys.whatsapp.people import sent, work_off
from tests.records import the_only

LONG = " ".join(f"Esta es la frase número {number}." for number in range(1, 120))


def let_pass(line, seconds=61):
    """Let a minute pass for what is being sent."""
    ago = utc_now() - timedelta(seconds=seconds)
    with line.parts.database.write() as connection:
        connection.execute(update(Message).where(Message.status == "sending").values(changed_at=ago))


@pytest.mark.both_databases
def test_the_parts_of_a_long_answer_come_in_order(line, whatsapp, openai, answers):
    openai.enqueue(text(LONG))

    whatsapp.people.write(ANA, "Cuéntemelo todo")

    assert answers(line, 2) == [message.body for message in sent(line)]
    assert len(sent(line)) > 1


@pytest.mark.both_databases
def test_receipts_that_come_before_the_answer_to_the_request_are_kept(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."))
    whatsapp.messages.receipts_first = True

    whatsapp.people.write(ANA, "Hola")

    assert answers(line) == ["Hola."]
    assert (last(line).status, last(line).sid) == ("read", whatsapp.messages.last.wamid)


def test_a_message_whose_acceptance_was_lost_is_known_by_its_receipts(greeted, whatsapp):
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(after=True), path="/messages")

    work_off(greeted)
    whatsapp.webhooks.settle()
    let_pass(greeted)
    work_off(greeted, seconds=90)

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?"]
    assert (last(greeted).status, last(greeted).sid) == ("read", whatsapp.messages.last.wamid)


def test_a_message_of_which_nothing_is_known_is_sent_again_after_a_minute(greeted, whatsapp):
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(), path="/messages")

    work_off(greeted)
    work_off(greeted, seconds=50)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    let_pass(greeted)
    work_off(greeted, seconds=120)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?"]
    assert last(greeted).status == "read"


def test_a_message_of_which_nothing_is_ever_known_is_said_twice_at_most(greeted, whatsapp):
    whatsapp.messages.script = ()
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(after=True), path="/messages", times=3)

    work_off(greeted, seconds=50)
    for _ in range(3):
        let_pass(greeted)
        with greeted.parts.database.write() as connection:
            greeted.parts.whatsapp.outbox.send_later(connection, last(greeted).conversation_id)
        work_off(greeted, seconds=50)

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?", "¿Me oye?"]
    assert last(greeted).status == "failed"


def test_what_another_program_sent_to_the_same_person_is_not_taken_for_ours(greeted, whatsapp):
    whatsapp.webhooks.url = None
    theirs = Dialog360(API_KEY, api_url=whatsapp.url).send_text(ANA, "De otro programa")
    whatsapp.webhooks.url = f"{greeted.url}/webhook/360dialog"
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(), path="/messages")
    work_off(greeted)

    whatsapp.messages.tell(theirs, "delivered", "read")
    whatsapp.webhooks.settle()

    assert (last(greeted).status, last(greeted).sid) == ("sending", None)


@pytest.mark.both_databases
def test_a_number_that_sends_too_fast_waits_with_all_it_has(greeted, whatsapp):
    write(greeted, "Uno.")
    write(greeted, "Dos.")
    whatsapp.fail(Refuse(130429), path="/messages")

    work_off(greeted)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    assert the_only(greeted.parts.database, Pace).next_at > utc_now() + timedelta(seconds=2)
    with greeted.parts.database.write() as connection:
        connection.execute(update(Pace).values(next_at=utc_now()))
    work_off(greeted, seconds=20)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Uno.", "Dos."]


def test_too_much_for_one_person_makes_nobody_else_wait(greeted, whatsapp):
    write(greeted, "Uno.")
    before = the_only(greeted.parts.database, Pace).next_at
    whatsapp.fail(Refuse(131056), path="/messages")

    work_off(greeted)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    assert the_only(greeted.parts.database, Pace).next_at < before + timedelta(seconds=5)
    work_off(greeted, seconds=20)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Uno."]


def test_what_whatsapp_could_not_deliver_for_now_is_sent_again(greeted, whatsapp):
    whatsapp.messages.failing(ANA, 131016)
    write(greeted, "Con retraso.")
    work_off(greeted)
    whatsapp.webhooks.settle()
    whatsapp.messages._failing.clear()

    work_off(greeted, seconds=7)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Hola.", "Con retraso.", "Con retraso."]
    assert (last(greeted).status, last(greeted).tries) == ("read", 1)


def test_what_whatsapp_will_never_deliver_is_not_sent_again(greeted, whatsapp):
    whatsapp.messages.failing(ANA, 131026)
    write(greeted, "Nunca.")

    work_off(greeted)
    whatsapp.webhooks.settle()
    work_off(greeted, seconds=900)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Nunca."]
    assert (last(greeted).status, last(greeted).error_code) == ("failed", 131026)


def test_a_wrong_key_is_noted_with_each_message(greeted, whatsapp):
    whatsapp.api_key = "another"
    write(greeted, "Hola otra vez.")

    work_off(greeted)

    assert (last(greeted).status, last(greeted).error_code) == ("failed", 401)


@pytest.mark.parametrize(
    ("file_type", "body", "kind", "shown"),
    [
        ("image/png", "La carta", "image", {"caption": "La carta"}),
        ("image/webp", "", "document", {"filename": "la carta.png"}),
        ("audio/ogg", "", "audio", {}),
        ("audio/ogg", "Escuche", "document", {"caption": "Escuche", "filename": "la carta.png"}),
        ("video/mp4", "Mire", "video", {"caption": "Mire"}),
        ("application/pdf", "", "document", {"filename": "la carta.png"}),
    ],
)
def test_files_of_an_operator_go_out_by_their_link(greeted, whatsapp, file_type, body, kind, shown):
    link = "https://example.com/files/la%20carta.png?signed=1"

    write(greeted, body, attachments=[Attachment(link, file_type)])
    work_off(greeted)

    assert (whatsapp.messages.last.kind, whatsapp.messages.last.content) == (kind, {"link": link, **shown})
