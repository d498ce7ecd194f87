"""Stories of people who write through 360dialog: what comes in, and that the answer goes out by itself."""

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Contact, Conversation, Turn
from storage.queries import contacts
from tests.fakes.dialog360.fake import OUR_NUMBER
from tests.fakes.openai.server import stalled, text, transcript
from tests.journeys.whatsapp.dialog360 import ANA, JPEG, LUIS, OGG, TOKEN, came, post, write
from tests.journeys.whatsapp.people import asked, person_of, sent, work_off
from tests.records import every, the_only


@pytest.fixture
def line(open_360):
    return open_360()


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
    line = open_360(whatsapp_settle_s=0.4)
    whatsapp.webhooks.held = True
    for words in ("Hola", "quería una cita"):
        whatsapp.people.write(ANA, words)
    whatsapp.webhooks.release(backwards=True)

    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: sent(line), 5.0)
    whatsapp.webhooks.held = True
    work_off(line)
    whatsapp.webhooks.release(backwards=True)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Apuntado."]
    assert the_only(line.parts.database, Turn).heard == "quería una cita\nHola"
    assert [message.status for message in sent(line)] == ["read"]


def test_a_burst_is_answered_once_and_whole(open_360, whatsapp, openai, answers):
    openai.enqueue(text("Mañana a las diez, apuntado."))
    line = open_360(whatsapp_settle_s=0.6)

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


# What is no text


def test_a_voice_note_is_answered_like_words(line, whatsapp, openai, answers):
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    openai.enqueue(text("Sí, de diez a dos."))

    note = whatsapp.put(OGG, "audio/ogg")
    whatsapp.people.send_file(ANA, "audio", note, "audio/ogg; codecs=opus", voice=True)

    assert answers(line) == ["Sí, de diez a dos."]
    assert the_only(line.parts.database, Turn).heard == "[voice note] ¿Abren los sábados?"


def test_a_photo_is_shown_with_its_caption(line, whatsapp, openai, answers):
    openai.enqueue(text("Qué bonita fachada."))

    whatsapp.people.send_file(ANA, "image", whatsapp.put(JPEG), "image/jpeg", caption="¿Es aquí?")

    assert answers(line) == ["Qué bonita fachada."]
    words, image = openai.chats[0].body["messages"][-1]["content"]
    assert words["text"].startswith("¿Es aquí?\n[sent photo ")
    assert image["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_a_file_that_is_gone_is_said_kindly(line, whatsapp, openai, answers, phrases):
    whatsapp.people.send_file(ANA, "image", "12345", "image/jpeg")

    assert answers(line) == [phrases.cannot_open]
    assert openai.chats == []


def test_what_whatsapp_does_not_pass_on_is_said_kindly(line, whatsapp, openai, answers, phrases):
    whatsapp.people.send_unsupported(ANA)

    assert answers(line) == [phrases.cannot_open]
    assert openai.chats == []


@pytest.mark.parametrize(
    ("writes", "heard", "kind"),
    [
        (
            lambda people: people.press(ANA, "Sí, confirmo", "yes-1", about="wamid.x"),
            "Sí, confirmo",
            "button",
        ),
        (lambda people: people.choose(ANA, "Corte", "row-1", kind="button_reply"), "Corte", "button"),
        (lambda people: people.choose(ANA, "Martes a las 10", "row-2"), "Martes a las 10", "button"),
        (
            lambda people: people.share_location(ANA, 40.4, -3.7, name="Sol", address="Centro"),
            "[sent a location: Sol, Centro, 40.4, -3.7]",
            "location",
        ),
        (
            lambda people: people.share_contact(ANA, "Luis Gil", LUIS),
            f"[sent a contact card: Luis Gil, {LUIS}]",
            "text",
        ),
        (
            lambda people: people.send_file(ANA, "sticker", "1", "image/webp"),
            "[sent a sticker]",
            "media",
        ),
        (
            lambda people: people.send_file(ANA, "document", "1", "application/pdf", filename="a.pdf"),
            "[sent a document (PDF), which cannot be opened here]",
            "media",
        ),
    ],
    ids=["template button", "button", "list", "location", "card", "sticker", "document"],
)
def test_what_is_chosen_and_shared_becomes_words(line, whatsapp, openai, answers, writes, heard, kind):
    openai.enqueue(text("De acuerdo."))

    writes(whatsapp.people)

    assert answers(line) == ["De acuerdo."]
    assert the_only(line.parts.database, Turn).heard == heard
    assert came(line)[0].kind == kind


def test_a_reaction_is_answered_where_it_answers_a_question(line, whatsapp, openai, answers):
    openai.enqueue(text("¿Le apunto a las diez?"), text("Apuntado."), text("nobody asks for this"))
    whatsapp.people.write(ANA, "Quería una cita")
    answers(line, 1)

    whatsapp.people.react(ANA, "👍", about=sent(line)[0].sid)
    answers(line, 2)
    whatsapp.people.react(ANA, "❤️", about=sent(line)[1].sid)
    whatsapp.people.react(ANA, "", about=sent(line)[0].sid)
    answers(line, 2)

    assert every(line.parts.database, Turn)[-1].heard == "[reacted with 👍]"
    assert whatsapp.messages.words(ANA) == ["¿Le apunto a las diez?", "Apuntado."]
    assert [message.body for message in came(line)][2:] == ["[reacted with ❤️]", "[took back a reaction]"]
    assert len(openai.chats) == 2


def test_who_shows_no_number_is_passed_over_and_the_webhook_taken(line, whatsapp):
    whatsapp.people.write(None, "Hola")
    whatsapp.webhooks.settle()

    assert whatsapp.webhooks.sent[0].acknowledged
    assert came(line) == []


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
    assert openai.wait_for(lambda: sent(line), 5.0)
    take_over(line)

    work_off(line)

    assert whatsapp.messages.words(ANA) == []
    assert [message.status for message in sent(line)] == ["held"]


def take_over(line):
    conversation = the_only(line.parts.database, Conversation)
    with line.parts.database.write() as connection:
        contacts.take_over(connection, conversation.id, "Marta", utc_now().replace(year=2100))


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
    [(b"Hola", 400), (b"\xff", 400), (b"[" * 100_000, 400), (b"[]", 200), (b"null", 200),
     (b" " * (4 * 1024 * 1024 + 1), 413)],
    ids=["words", "no UTF-8", "too deep", "an array", "null", "too large"],
)  # fmt: skip
def test_what_is_no_webhook_is_refused_in_one_sentence(line, body, status):
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
