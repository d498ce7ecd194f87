"""What is written while nothing can be sent: once that is given up, it is shown as failed, and can be sent again."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from simulator.whatsapp.receipts import ReceiptConfig
from storage.base import utc_now
from storage.models import Conversation, Message, MessageStatus
from storage.queries import outgoing
from tests.dashboard.operator import Operator
from tests.fakes.openai.replies import text
from tests.journeys.whatsapp.people import person_of, sent, work_off
from tests.records import the_only

ALL_TRIES_S = 10 * 3600
TRIES = 16
UNAVAILABLE = 20503


@pytest.fixture
def operator(line):
    return Operator(line.app)


@pytest.fixture
def line(real_line):
    return real_line()


@pytest.mark.both_databases
def test_an_operators_message_behind_one_that_cannot_be_sent_is_not_to_be_sent_for_ever(
    line, operator, openai, twilio
):
    openai.enqueue(text("Hola."))
    person_of(line, twilio).send("Hola")
    work_off(line)
    conversation = the_only(line.parts.database, Conversation).id
    page = f"/dashboard/conversations/{conversation}"
    twilio.refuse(503, UNAVAILABLE, times=TRIES)

    for words in ("Soy Eva", "¿Sigue ahí?"):
        operator.post(f"{page}/write", words=words)
    before = operator.read(page)
    work_off(line, ALL_TRIES_S)
    shown = operator.read(page)
    for message in sent(line)[-2:]:
        operator.post(f"/dashboard/messages/{message.id}/retry")
    work_off(line)

    assert before.count("por enviar") == 2 and "por enviar" not in shown
    assert shown.count("No se pudo enviar; el registro del servidor dice por qué.") == 2
    assert shown.count("Enviar otra vez") == 2
    assert [m.body for m in sent(line) if m.status != MessageStatus.FAILED][-2:] == ["Soy Eva", "¿Sigue ahí?"]
    assert [m.body for m in twilio.book if m.direction != "inbound"][-2:] == ["Soy Eva", "¿Sigue ahí?"]


@pytest.mark.both_databases
def test_what_no_job_will_send_any_more_is_shown_as_failed(line, operator, openai, twilio):
    """As what was written before failures of sending were told: its job was given up, and it waited for ever."""
    openai.enqueue(text("Hola."))
    person_of(line, twilio).send("Hola")
    work_off(line)
    conversation, long_ago = the_only(line.parts.database, Conversation).id, utc_now() - timedelta(hours=7)
    page = f"/dashboard/conversations/{conversation}"
    with line.parts.database.write() as connection:
        outgoing.add_outbound(
            connection,
            conversation,
            "text",
            "De antes",
            long_ago,
            MessageStatus.WAITING,
            author="dashboard:Eva",
        )

    line.parts.people.sender.give_up_forgotten()
    shown, lost = operator.read(page), operator.read("/dashboard/messages?which=lost")
    operator.post(f"/dashboard/messages/{sent(line)[-1].id}/retry")
    with line.parts.database.write() as connection:
        connection.execute(update(Message).where(Message.status == "waiting").values(changed_at=long_ago))
    line.parts.people.sender.give_up_forgotten()

    assert "por enviar" not in shown and "Enviar otra vez" in shown
    assert "De antes" in lost
    assert sent(line)[-1].status == MessageStatus.WAITING, "a job has it by now"


def test_what_may_still_be_on_its_way_in_a_reply_is_left_alone(line, openai, twilio):
    """The answer to somebody who has just written is in the reply to their message, and a receipt will tell."""
    openai.enqueue(text("Hola."))
    person_of(line, twilio, receipts=ReceiptConfig(held=True)).send("Hola")

    line.parts.people.sender.give_up({"conversation_id": the_only(line.parts.database, Conversation).id})

    assert [message.status for message in sent(line)] == [MessageStatus.CLAIMED]
