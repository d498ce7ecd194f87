"""Stories of people who send photos, voice notes and files."""

import threading
from dataclasses import replace

import pytest

from conversation.ledger import Kind
from jobs.job import run_pending
from simulator.whatsapp.client import contact_card, document, photo, sticker, voice_note
from storage.models import Message, Turn
from tests.fakes.openai.replies import error, stalled, text, transcript
from tests.journeys.ledgers import used
from tests.journeys.whatsapp.people import age_messages, asked, person_of, sent, work_off
from tests.processes import worker_jobs
from tests.records import every, the_only
from tests.waiting import wait_until


def shown(openai):
    """The content of the last thing that the model was told a person said."""
    return openai.chats[-1].body["messages"][-1]["content"]


def attachments(line):
    return [a for message in every(line.parts.database, Message) for a in message.attachments]


def test_a_voice_note_is_answered_like_words(line, openai):
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    openai.enqueue(text("Sí, de diez a dos."))
    person = line.whatsapp()

    person.send(media=[voice_note()])

    assert person.texts == ["Sí, de diez a dos."]
    assert shown(openai) == "[voice note] ¿Abren los sábados?"
    assert openai.recordings[0].body["file"].filename == "nota.ogg"
    assert openai.recordings[0].body["model"] == "gpt-transcribe"
    assert attachments(line)[0]["words"] == "[voice note] ¿Abren los sábados?"


def test_a_recording_without_a_type_is_known_by_its_bytes(line, openai):
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    openai.enqueue(text("Sí, de diez a dos."))
    person = line.whatsapp()

    person.send(media=[replace(voice_note(), content_type="application/octet-stream")])

    assert person.texts == ["Sí, de diez a dos."]
    assert shown(openai) == "[voice note] ¿Abren los sábados?"
    assert attachments(line)[0]["type"] == "audio/ogg"


def test_a_form_and_an_advertisement_reach_the_model(line, openai):
    openai.enqueue(text("De acuerdo."), text("De acuerdo."))
    person = line.whatsapp()

    person.send("", FlowData='{"nombre":"Ana","dia":"lunes"}', MessageType="interactive")
    form = shown(openai)
    person.send("Hola", ReferralHeadline="Limpieza", ReferralBody="Solo [hoy]")

    assert form == "[sent a form: nombre: Ana, dia: lunes]"
    assert shown(openai) == "[came from an advertisement: Limpieza: Solo (hoy)]\nHola"


def test_a_photo_is_shown_once_and_remembered_as_what_it_shows(line, openai):
    openai.enqueue(text("Qué bonita fachada."))
    person = line.whatsapp()

    person.send("¿Es aquí?", media=[photo()])

    words, image = shown(openai)
    message = every(line.parts.database, Message)[0]
    assert words == {"type": "text", "text": f"¿Es aquí?\n[sent photo {message.id}]"}
    assert image["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")

    openai.enqueue(text("La fachada [azul] de una tienda."))
    run_pending(line.parts.work, worker_jobs(line))
    openai.enqueue(text("Azul."))
    person.send("¿De qué color era?")

    described = f"¿Es aquí?\n[sent photo {message.id}: La fachada (azul) de una tienda.]"
    assert the_only_turn(line, 1).heard == described
    assert ("user", described) in asked(openai)
    assert "base64" not in str(openai.chats[-1].body)
    wait_until(
        lambda: used(line, Kind.PROMPT_TOKENS) == 100 * len(openai.chats), "the description's tokens too"
    )


def the_only_turn(line, number):
    [turn] = [turn for turn in every(line.parts.database, Turn) if turn.number == number]
    return turn


def test_what_cannot_be_opened_is_said_kindly_without_asking_the_model(line, openai, phrases):
    openai.enqueue_transcripts(error(500, "down"), error(500, "down"))
    person = line.whatsapp()

    person.send(media=[voice_note()])

    assert person.texts == [phrases.cannot_open]
    assert openai.chats == []


def test_a_voice_note_that_cannot_be_heard_is_never_taken_for_words(line, openai):
    openai.enqueue_transcripts(error(500, "down"), error(500, "down"))
    openai.enqueue(text("No he podido oír la nota, pero sí, abrimos."))
    person = line.whatsapp()

    person.send("¿Abren hoy?", media=[voice_note()])

    assert shown(openai) == "¿Abren hoy?\n[sent a voice note, which could not be opened]"


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        (sticker(), "[sent a sticker]"),
        (document(), "[sent a document (PDF), which cannot be opened here]"),
        (contact_card("Ana López", "+34600000011"), "[sent a contact card: Ana López, +34600000011]"),
    ],
)
def test_files_become_words(line, openai, attachment, words):
    openai.enqueue(text("De acuerdo."))

    line.whatsapp().send(media=[attachment])

    assert shown(openai) == words


@pytest.mark.parametrize(
    "attachment",
    [
        photo(b"PK\x03\x04" + bytes(100), "image/png"),
        photo(padding_bytes=64 * 1024 * 1024),
        photo(redirect_to="http://203.0.113.5/elsewhere"),
        photo(status=500),
        voice_note(b"nothing that sounds"),
    ],
    ids=["a zip called png", "64 MB", "sent on to somebody else", "a broken CDN", "noise"],
)
def test_files_that_are_not_what_they_say_are_not_shown(line, openai, phrases, attachment):
    openai.enqueue(text("nobody asks for this"))
    person = line.whatsapp()

    person.send(media=[attachment])
    assert openai.wait_for(lambda: person.texts or sent(line))

    assert [message.body for message in sent(line)] == [phrases.cannot_open]
    assert openai.chats == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/2010-04-01/Accounts/AC"
        + "1" * 32
        + "/Messages/MM"
        + "2" * 32
        + "/Media/ME"
        + "3" * 32,
        "http://user:pass@127.0.0.1/x",
        "https://example.com/a.jpg",
        "",
    ],
)
def test_a_forged_link_is_asked_for_by_nobody(line, openai, phrases, url):
    person = line.whatsapp()

    person.send(media=[photo()], MediaUrl0=url)

    assert person.texts == [phrases.cannot_open]
    assert person.api.media.asked == []


@pytest.mark.both_databases
def test_ten_files_at_once_are_one_message(line, openai):
    openai.enqueue(text("Las he visto."))

    line.whatsapp().send(media=[photo()] * 10)

    assert len(shown(openai)) == 1 + 5  # the words, and as many as are shown at once
    assert len(attachments(line)) == 10


@pytest.mark.both_databases
def test_a_photo_and_the_question_about_it_are_one_turn(open_line, openai):
    openai.enqueue(text("Es una tienda."))
    line = open_line(whatsapp_settle_s=2)
    person = line.whatsapp()

    first = threading.Thread(target=person.send, kwargs={"media": [photo()]})
    first.start()
    assert openai.wait_for(lambda: every(line.parts.database, Message))
    person.send("¿Qué es esto?")
    first.join()

    assert person.texts == ["Es una tienda."]
    assert [part["type"] for part in shown(openai)] == ["text", "image_url"]
    assert the_only(line.parts.database, Turn).heard.endswith("]\n¿Qué es esto?")


def test_a_photo_that_takes_longer_than_a_reply_may_is_answered_by_itself(real_line, twilio, openai):
    openai.enqueue_transcripts(transcript("¿Siguen ahí?", after_s=1.0))
    openai.enqueue(text("Aquí seguimos."))
    line = real_line(whatsapp_twiml_wait_s=0.3)
    person = person_of(line, twilio)

    exchange = person.send(media=[voice_note()])
    assert not exchange.messages
    assert openai.wait_for(lambda: sent(line))
    work_off(line)

    assert person.wait_for_message().text == "Aquí seguimos."


def test_a_transcript_is_echoed_to_who_wants_it_seen(open_line, openai):
    openai.enqueue_transcripts(transcript("Una mesa para dos."))
    openai.enqueue(text("Apuntado."))
    person = open_line(whatsapp_settle_s=0, whatsapp_echo_transcript=True).whatsapp()

    person.send(media=[voice_note()])

    assert person.texts == ["🎙 Una mesa para dos.\n\nApuntado."]


def test_a_server_that_cannot_see_is_told_in_words(line, openai):
    openai.enqueue(error(400, "image input is not supported"), text("No puedo ver la foto."))
    person = line.whatsapp()

    person.send(media=[photo()])

    assert person.texts == ["No puedo ver la foto."]
    assert "base64" not in str(openai.chats[-1].body)


def test_without_a_model_photos_and_voice_notes_are_said_to_be_beyond_it(open_line, phrases):
    line = open_line(whatsapp_settle_s=0, openai_base_url=None, openai_api_key=None)
    person = line.whatsapp()

    person.send(media=[photo()])
    person.send(media=[voice_note()])

    assert person.texts == [phrases.cannot_open] * 2
    assert person.api.media.asked == []


def test_a_photo_whose_answer_lost_its_process_is_shown_to_the_next(real_line, twilio, openai):
    openai.enqueue(stalled("Nunca lle"), text("Una factura."), text("Es la factura."))
    line = real_line(whatsapp_twiml_wait_s=0.3)
    person = person_of(line, twilio)
    person.send(media=[photo()])
    line.parts.end_serving()
    age_messages(line)

    work_off(line, seconds=20)
    work_off(line, seconds=20)

    assert person.texts == ["Es la factura."]
    assert "base64" in str(openai.chats[-1].body)
