"""Stories of people who write through 360dialog: what comes in, and that the answer goes out by itself."""

import pytest

from storage.models import Contact, Conversation, Turn
from tests.fakes.dialog360.fake import OUR_NUMBER
from tests.fakes.openai.replies import stalled, text
from tests.journeys.dialog360.people import ANA, LUIS, TOKEN, came, post
from tests.journeys.whatsapp.people import asked, sent, work_off
from tests.records import the_only

# Words


@pytest.mark.both_databases
def test_somebody_writes_and_is_answered_with_memory(line, whatsapp, openai, answers):
    openai.enqueue(text("¡Hola, Ana! ¿En qué puedo ayudarle?"), text("Abrimos a las nueve."))

    whatsapp.people.write(ANA, "Hola, soy Ana")
    answers(line, 1)
    whatsapp.people.write(ANA, "¿A qué hora abren?")

    assert answers(line, 2) == ["¡Hola, Ana! ¿En qué puedo ayudarle?", "Abrimos a las nueve."]
    assert ("user", "Hola, soy Ana") in asked(openai)
    assert ("assistant", "¡Hola, Ana! ¿En qué puedo ayudarle?") in asked(openai)
    assert [message.status for message in sent(line)] == ["read", "read"]
    assert [message.sid for message in sent(line)] == list(whatsapp.messages.sent)


def test_what_is_kept_says_who_wrote_and_by_whom(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."))

    wamid = whatsapp.people.write(ANA, "Hola", name="Ana López")
    answers(line)

    contact, conversation = (the_only(line.parts.database, model) for model in (Contact, Conversation))
    assert (contact.address, contact.whatsapp_address, contact.name) == (ANA, ANA, "Ana López")
    assert (conversation.provider, conversation.our_address) == ("360dialog", OUR_NUMBER)
    assert came(line)[0].sid == wamid
    assert whatsapp.messages.typing == [wamid]


def test_the_webhook_is_answered_while_the_answer_is_still_being_written(line, whatsapp, openai):
    openai.enqueue(stalled("Un momen"))

    whatsapp.people.write(ANA, "Hola")
    whatsapp.webhooks.settle()

    assert whatsapp.webhooks.sent[0].acknowledged
    assert sent(line) == []


def test_the_old_form_without_an_envelope_is_understood(line, whatsapp, openai, answers):
    openai.enqueue(text("Buenas."))
    whatsapp.webhooks.flat = True

    whatsapp.people.write(ANA, "Hola")

    assert answers(line) == ["Buenas."]
    assert [message.status for message in sent(line)] == ["read"]


@pytest.mark.both_databases
def test_everything_that_comes_twice_happens_once(line, whatsapp, openai, answers):
    openai.enqueue(*[text("Una sola vez.")] * 4)
    whatsapp.webhooks.doubled = True

    whatsapp.people.write(ANA, "Hola")

    assert answers(line) == ["Una sola vez."]
    assert len(openai.chats) == len(came(line)) == 1


@pytest.mark.both_databases
def test_what_comes_in_any_order_is_all_kept_and_never_taken_back(open_360, whatsapp, openai, answers):
    openai.enqueue(text("Apuntado."))
    line = open_360(whatsapp_settle_s=2)
    whatsapp.webhooks.held = True
    for words in ("Hola", "quería una cita"):
        whatsapp.people.write(ANA, words)
    whatsapp.webhooks.release(backwards=True)

    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: sent(line))
    whatsapp.webhooks.held = True
    work_off(line)
    whatsapp.webhooks.release(backwards=True)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Apuntado."]
    assert the_only(line.parts.database, Turn).heard == "quería una cita\nHola"
    assert [message.status for message in sent(line)] == ["read"]


def test_a_burst_is_answered_once_and_whole(open_360, whatsapp, openai, answers):
    openai.enqueue(text("Mañana a las diez, apuntado."))
    line = open_360(whatsapp_settle_s=2)

    for words in ("Hola", "quería una cita", "para mañana"):
        whatsapp.people.write(ANA, words)

    assert answers(line) == ["Mañana a las diez, apuntado."]
    assert the_only(line.parts.database, Turn).heard == "Hola\nquería una cita\npara mañana"


@pytest.mark.both_databases
def test_several_people_in_one_webhook_are_each_answered(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("Hola."))
    whatsapp.webhooks.held = True
    for number in (ANA, LUIS):
        whatsapp.people.write(number, "Buenas")
    [first, second] = whatsapp.webhooks.bodies
    first["entry"] += second["entry"]

    assert post(line, first, Authorization=f"bearer {TOKEN}")[0] == 200
    answers(line, 2)

    assert whatsapp.messages.words(ANA) == whatsapp.messages.words(LUIS) == ["Hola."]


def test_who_opts_out_is_told_once_and_still_answered(line, whatsapp, openai, answers, phrases):
    openai.enqueue(text("Claro que sí."))

    for count, words in enumerate(("BAJA", "baja", "¿Siguen abiertos?", "Alta")):
        whatsapp.people.write(ANA, words)
        answers(line, max(1, count))

    assert whatsapp.messages.words(ANA) == [phrases.opted_out, "Claro que sí.", phrases.opted_in]
    assert the_only(line.parts.database, Contact).opted_out_at is None


def test_yes_to_the_question_about_stopping_stops(line, whatsapp, answers, phrases):
    whatsapp.people.write(ANA, "Cancelar")
    answers(line, 1)
    whatsapp.people.write(ANA, "Sí")

    assert answers(line, 2) == [phrases.opt_out_question, phrases.opted_out]
