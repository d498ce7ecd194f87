"""Stories of files for which the process has no memory just then, or no time."""

import pytest

from simulator.whatsapp.client import photo, voice_note
from tests.fakes.openai.replies import text, transcript
from tests.journeys.whatsapp.people import person_of, sent, work_off
from tests.waiting import wait_until


@pytest.mark.both_databases
def test_a_photo_without_memory_is_answered_later_by_itself(real_line, twilio, openai):
    openai.enqueue(text("Es la factura."))
    line = real_line(whatsapp_twiml_wait_s=0.3)
    memory, person = line.parts.file_memory, person_of(line, twilio)
    room = memory.reserve(memory.total_bytes, within_s=0)

    exchange = person.send("¿Qué es?", media=[photo()])
    assert not exchange.messages and openai.chats == []
    room.release()
    wait_until(lambda: sent(line))
    work_off(line)

    assert person.wait_for_message().text == "Es la factura."
    assert "base64" in str(openai.chats[0].body)


def test_photos_leave_the_memory_once_their_answer_is_written(line, openai):
    openai.enqueue(text("Bonitas."))
    memory = line.parts.file_memory

    line.whatsapp().send(media=[photo()] * 5)

    wait_until(lambda: memory.free_bytes == memory.total_bytes)


def test_one_persons_voice_notes_keep_nobody_elses_waiting(real_line, twilio, openai):
    openai.enqueue_transcripts(*[transcript("Una cosa más.", after_s=3.0) for _ in range(4)])
    line = real_line(whatsapp_twiml_wait_s=0.05)
    ana, luis = person_of(line, twilio), person_of(line, twilio, number="+34600000021")
    of_luis = voice_note().content + b"luis"

    for _ in range(4):
        ana.send(media=[voice_note()])
    wait_until(lambda: len(openai.recordings) == 3)
    luis.send(media=[voice_note(of_luis)])
    wait_until(lambda: len(openai.recordings) == 4)

    assert [recording.body["file"].content == of_luis for recording in openai.recordings] == [False] * 3 + [
        True
    ]
