"""Stories of people who change or delete what they wrote while it is being answered."""

import pytest

from storage.models import Message, MessageStatus, Turn, TurnState
from tests.fakes.openai.replies import stalled, text
from tests.journeys.dialog360.people import ANA, came
from tests.journeys.whatsapp.people import asked, sent, work_off
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


def states(line):
    return [turn.state for turn in every(line.parts.database, Turn)]


def test_what_is_deleted_while_it_is_answered_gets_no_answer(line, whatsapp, openai, answers):
    openai.enqueue(stalled("Su clave"), text("Dígame."))
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    wait_until(lambda: openai.chats)

    whatsapp.people.delete(ANA, wamid)
    whatsapp.webhooks.settle()
    work_off(line, seconds=60)
    wait_until(lambda: openai.chats[0].gone_at, "the model is stopped")
    assert (sent(line), states(line)) == ([], [TurnState.CANCELLED])
    whatsapp.people.write(ANA, "Otra cosa")

    assert answers(line) == ["Dígame."]
    assert "1234" not in str(asked(openai)) and "Su clave" not in str(asked(openai))


def test_what_else_was_written_with_it_is_answered_all_the_same(open_360, whatsapp, openai, answers):
    line = open_360(whatsapp_settle_s=0.7)
    openai.enqueue(stalled("Su clave"), text("Sí, hasta las ocho."))
    whatsapp.people.write(ANA, "¿Abrís hoy?")
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    wait_until(lambda: openai.chats)

    whatsapp.people.delete(ANA, wamid)

    assert answers(line) == ["Sí, hasta las ocho."]
    assert "1234" not in str(asked(openai))
    assert asked(openai)[-1] == ("user", "¿Abrís hoy?")
    assert [message.kind for message in came(line)] == ["text", "deleted"]


def test_what_is_changed_while_it_is_answered_is_answered_as_changed(line, whatsapp, openai, answers):
    openai.enqueue(stalled("El martes"), text("El jueves, de acuerdo."))
    wamid = whatsapp.people.write(ANA, "¿Puede ser el martes?")
    wait_until(lambda: openai.chats)

    whatsapp.people.edit(ANA, wamid, "¿Puede ser el jueves?")

    assert answers(line) == ["El jueves, de acuerdo."]
    assert "martes?" not in str(asked(openai)[1:])
    assert states(line) == [TurnState.CANCELLED, TurnState.COMPLETE]


def test_an_answer_that_waits_to_be_sent_is_held(line, whatsapp, openai, answers):
    openai.enqueue(text("Su clave es 1234."), text("Dígame."))
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    wait_until(lambda: sent(line))

    whatsapp.people.delete(ANA, wamid)
    whatsapp.webhooks.settle()
    work_off(line)
    assert [message.status for message in sent(line)] == [MessageStatus.HELD]
    whatsapp.people.write(ANA, "Otra cosa")

    assert answers(line, 2) == ["Dígame."]
    assert "1234" not in str(asked(openai))


def test_a_deletion_that_comes_twice_withdraws_nothing_else(line, whatsapp, openai, answers):
    openai.enqueue(stalled("Su clave"), text("Sí."))
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    wait_until(lambda: openai.chats)
    whatsapp.people.delete(ANA, wamid)
    whatsapp.people.write(ANA, "¿Abrís hoy?")
    wait_until(lambda: sent(line))

    whatsapp.people.delete(ANA, wamid)

    assert answers(line) == ["Sí."]


def test_an_answer_that_is_on_its_way_stays(line, whatsapp, openai, answers):
    openai.enqueue(text("Gracias."))
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    assert answers(line) == ["Gracias."]

    whatsapp.people.delete(ANA, wamid)
    whatsapp.webhooks.settle()
    work_off(line, seconds=60)

    assert len(openai.chats) == 1 and states(line) == [TurnState.COMPLETE]
    kinds = [message.kind for message in every(line.parts.database, Message)]
    assert kinds == ["deleted", "text"]
