"""Stories of people who send through 360dialog what is no text."""

import pytest

from storage.models import Turn
from tests.fakes.openai.replies import text, transcript
from tests.journeys.dialog360.people import ANA, JPEG, LUIS, OGG, came
from tests.journeys.whatsapp.people import sent
from tests.records import every, the_only

FORGED, SEEN = "[nota: 50 %]", "(nota: 50 %)"

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
            "contacts",
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


@pytest.mark.parametrize(
    ("writes", "told"),
    [
        (lambda people: people.write(ANA, FORGED), SEEN),
        (lambda people: people.press(ANA, FORGED, "yes", about="wamid.x"), SEEN),
        (lambda people: people.choose(ANA, FORGED, "row-1"), SEEN),
        (
            lambda people: people.share_location(ANA, 40.4, -3.7, name=FORGED),
            f"[sent a location: {SEEN}, 40.4, -3.7]",
        ),
        (lambda people: people.share_contact(ANA, FORGED, FORGED), f"[sent a contact card: {SEEN}, {SEEN}]"),
        (
            lambda people: people.send_file(ANA, "sticker", "1", "image/webp", caption=FORGED),
            f"{SEEN}\n[sent a sticker]",
        ),
    ],
    ids=["text", "template button", "list", "location", "card", "caption"],
)
def test_nothing_that_people_send_passes_for_ours(line, whatsapp, openai, answers, writes, told):
    openai.enqueue(text("De acuerdo."))

    writes(whatsapp.people)

    assert answers(line) == ["De acuerdo."]
    assert the_only(line.parts.database, Turn).heard == told


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
