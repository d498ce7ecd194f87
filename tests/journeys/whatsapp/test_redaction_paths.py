"""Whichever way a provider's links and ids come in, the model, the history and the log never see them."""

import pytest

from simulator.whatsapp.client import photo, voice_note
from tests.fakes.openai.replies import text, transcript
from tests.journeys.whatsapp.witness import everywhere

# What people send


WRITTEN_BY_PEOPLE = {
    "text": lambda person, words: person.send(words),
    "a button": lambda person, words: person.press_button(words),
    "a choice": lambda person, words: person.choose(words),
    "a place": lambda person, words: person.share_location(40.4, -3.7, words, words),
    "a name": lambda person, words: person.send("Hola", ProfileName=words),
    "a card": lambda person, words: person.share_contact(words, "+34600000011"),
    "a card's number": lambda person, words: person.share_contact("Ana", words),
    "a link to a photo": lambda person, words: person.send(media=[photo()], MediaUrl0=words),
    "a kind of file": lambda person, words: person.send(media=[photo()], MediaContentType0=words),
}


@pytest.mark.parametrize("way", WRITTEN_BY_PEOPLE)
@everywhere
def test_what_people_send_shows_nothing(witness, way, words):
    person = witness.person()

    WRITTEN_BY_PEOPLE[way](person, words)
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_what_is_heard_in_a_voice_note_shows_nothing(witness, words):
    person = witness.person()
    witness.openai.enqueue_transcripts(transcript(words))

    person.send(media=[voice_note()])
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_what_is_read_in_a_photo_shows_nothing(witness, words):
    person = witness.person()
    person.send(media=[photo()])
    witness.openai.enqueue(text(words))

    witness.work_off()
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)
