"""Stories of people who write through 360dialog and are seen in Chatwoot: each file is had from who brought it."""

import pytest

from simulator.whatsapp.client import photo
from tests.fakes.dialog360.fake import API_KEY
from tests.fakes.openai.replies import text, transcript
from tests.journeys.dialog360.people import ANA, JPEG, LUIS, OGG, TOKEN
from tests.journeys.people.chatwoot_setup import person_of, settle, shown, work_off
from tests.journeys.whatsapp.people import sent

pytestmark = pytest.mark.both_databases


@pytest.fixture
def line(desk_line, whatsapp):
    """A line that both providers bring messages to, shown in Chatwoot."""
    line = desk_line(d360_api_key=API_KEY, d360_api_url=whatsapp.url, d360_webhook_token=TOKEN)
    whatsapp.webhooks.url = f"{line.url}/webhook/360dialog"
    whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
    return line


def files(chatwoot, source_id):
    [conversation] = chatwoot.conversations_of(source_id)
    return [blob.content for message in chatwoot.messages(conversation.id) for blob in message.blobs]


def test_files_are_fetched_from_whoever_brought_them(line, chatwoot, whatsapp, twilio, openai):
    openai.enqueue(text("Qué bonita."), text("Sí."), text("Gracias."))
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    picture = photo()

    whatsapp.people.send_file(ANA, "image", whatsapp.put(JPEG), "image/jpeg", caption="Mire")
    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: len(sent(line)) == 1)
    note = whatsapp.put(OGG, "audio/ogg")
    whatsapp.people.send_file(ANA, "audio", note, "audio/ogg; codecs=opus", voice=True)
    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: len(sent(line)) == 2)
    person_of(line, twilio, number=LUIS).send("Y esta", media=[picture])
    work_off(line)

    assert shown(chatwoot, ANA[1:]) == [
        ("incoming", "Mire"),
        ("outgoing", "Qué bonita."),
        ("incoming", "🎙 ¿Abren los sábados?"),
        ("outgoing", "Sí."),
    ]
    assert files(chatwoot, ANA[1:]) == [JPEG, OGG]
    assert files(chatwoot, LUIS[1:]) == [picture.content]


def test_an_operators_words_and_files_go_out_by_360dialog_one_by_one(
    line, chatwoot, whatsapp, twilio, openai
):
    openai.enqueue(text("Hola."))
    whatsapp.people.write(ANA, "Hola")
    whatsapp.webhooks.settle()
    assert openai.wait_for(lambda: len(sent(line)) == 1)
    work_off(line)
    [conversation] = chatwoot.conversations_of(ANA[1:])

    picture, paper = (
        ("menu.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("carta.pdf", b"%PDF-1.4", "application/pdf"),
    )
    chatwoot.operator_writes(conversation.id, "x" * 1500 + " " + "y" * 1500, attachments=[picture, paper])
    settle(chatwoot)
    work_off(line)

    assert [(message.kind, len(message.words)) for message in whatsapp.messages.sent.values()][1:] == [
        ("text", 1500), ("text", 1500), ("image", 0), ("document", 0)
    ]  # fmt: skip
    assert not [asked for asked in twilio.requests if asked.method == "POST"]
