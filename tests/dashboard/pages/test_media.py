"""Pictures that came with messages."""

import threading
from types import SimpleNamespace

import pytest

from dashboard.services import services
from integrations.errors import IntegrationError
from integrations.http.memory_budget import NO_MEMORY, HeldFile
from simulator.whatsapp.client import document, photo
from storage.models import Message
from tests.dashboard.conversations import Talks
from tests.dashboard.operator import Operator
from tests.fakes.openai.replies import text
from tests.records import every
from tests.waiting import wait_until


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


def test_a_photo_that_somebody_sent_is_shown(line, openai):
    openai.enqueue(text("Qué bonita."), text("Una fachada."))
    person = line.whatsapp()
    person.send("¿Es aquí?", media=[photo()])
    operator, message = Operator(line.app), every(line.parts.database, Message)[0]

    page = operator.read(f"/dashboard/conversations/{message.conversation_id}")
    shown = operator.get(f"/dashboard/media/{message.id}/0")

    assert f'src="/dashboard/media/{message.id}/0"' in page
    assert shown.content_type == "image/jpeg" and shown.data.startswith(b"\xff\xd8\xff")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"].startswith("private")


def test_what_is_no_picture_is_not_served_as_one(line, openai):
    openai.enqueue(text("Gracias."))
    line.whatsapp().send(media=[document()])
    message = every(line.parts.database, Message)[0]

    assert Operator(line.app).get(f"/dashboard/media/{message.id}/0").status_code == 404


@pytest.mark.parametrize("number", [0, 1])
def test_a_picture_that_cannot_be_had_is_missing(open_desk, number):
    operator = open_desk()
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact(wrote=1))
    foreign = {"url": "https://evil.example/x.jpg", "type": "image/jpeg", "words": "[sent photo 1]"}
    message = talks.message(chat, "", attachments=[foreign])

    assert operator.get(f"/dashboard/media/{message}/{number}").status_code == 404


def test_bytes_that_claim_to_be_a_picture_and_are_not_are_not_served(open_desk, tmp_path):
    class Liar:
        def picture(self, attachment):
            return HeldFile(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")

    operator = open_desk()
    talks = Talks(operator.parts.database)
    svg = {"url": "x", "type": "image/svg+xml", "words": ""}
    message = talks.message(talks.chat(talks.contact(wrote=1)), "", attachments=[svg])
    parts = SimpleNamespace(
        database=operator.parts.database, pictures=Liar(), picture_slots=threading.Semaphore()
    )
    services.bind(operator.app, lambda: parts)

    assert operator.get(f"/dashboard/media/{message}/0").status_code == 404


def test_a_picture_counts_in_the_memory_for_files_until_it_is_sent(line, openai):
    openai.enqueue(text("Qué bonita."), text("Una fachada."))
    line.whatsapp().send(media=[photo()])
    memory, message = line.parts.file_memory, every(line.parts.database, Message)[0]
    operator = Operator(line.app)
    wait_until(lambda: memory.free_bytes == memory.total_bytes, "the answer has let go of it")

    shown = operator.get(f"/dashboard/media/{message.id}/0")
    during = memory.free_bytes
    shown.close()

    assert (during, memory.free_bytes) == (memory.total_bytes - len(photo().content), memory.total_bytes)


def test_a_picture_for_which_there_is_no_memory_is_asked_for_later(open_desk):
    class Full:
        def picture(self, attachment):
            raise IntegrationError("too many files are held at once", permanent=False, code=NO_MEMORY)

    operator = open_desk()
    talks = Talks(operator.parts.database)
    shown = {"url": "x", "type": "image/jpeg", "words": "[sent photo 1]"}
    message = talks.message(talks.chat(talks.contact(wrote=1)), "", attachments=[shown])
    parts = SimpleNamespace(
        database=operator.parts.database, pictures=Full(), picture_slots=threading.Semaphore()
    )
    services.bind(operator.app, lambda: parts)

    answer = operator.get(f"/dashboard/media/{message}/0")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    "language, shown",
    [
        ("es", ["Nota de voz (sin abrir por el asistente)", "Nota de voz: ¿Abrís hoy?", "Tarjeta de contacto: Ana",
                "Documento"]),
        ("en", ["Voice note (not opened by the assistant)", "Voice note: ¿Abrís hoy?", "Contact card: Ana",
                "Document"]),
    ],
)  # fmt: skip
def test_files_are_named_in_the_readers_language_without_the_words_that_are_the_assistants(
    open_desk, language, shown
):
    operator = open_desk(language=language)
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1))
    for type_, words, more in (
        ("audio/ogg", "[sent a voice note, which cannot be heard here]", {"is_readable": False}),
        ("audio/ogg", "[voice note] ¿Abrís hoy?", {"is_said": True}),
        ("text/vcard", "[sent a contact card: Ana]", {}),
        ("application/pdf", None, {}),
    ):
        talks.message(chat, "", attachments=[{"url": "x", "type": type_, "words": words, **more}])

    for path in (f"conversations/{chat}", "messages"):
        page = operator.read(f"/dashboard/{path}")
        assert all(words in page for words in shown), path
        assert "[sent" not in page and "[voice" not in page


def test_what_came_with_messages_is_said_in_the_readers_language(open_desk):
    operator = open_desk()
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1))
    for kind, body in (
        ("location", "[sent a location: Sol, 40.4, -3.7]"),
        ("order", "Para regalo\n[sent an order: 2 x CREMA (12.5 EUR)]"),
        ("edit", "El [jueves]"),
        ("deleted", "Mi clave"),
    ):
        talks.message(chat, body, kind=kind)
    nothing = {"url": "", "type": "", "words": "[sent something that WhatsApp does not pass on]"}
    talks.message(chat, "", attachments=[nothing | {"is_readable": False}])

    page, listed = (operator.read(f"/dashboard/{path}") for path in (f"conversations/{chat}", "messages"))

    for words in (
        "Ubicación: Sol, 40.4, -3.7",
        "Pedido: 2 x CREMA (12.5 EUR)",
        "El [jueves]",
        "Algo que WhatsApp no",
    ):
        assert words in page and words in listed
    assert ">corrigió un mensaje <time" in page and "Borró un mensaje\nMi clave" in listed
    assert "<del>Mi clave</del>" in page and "[sent" not in page + listed
