"""A call is read afterwards as the caller heard it: with the greeting, and all that was said besides answers."""

import pytest

from dashboard.pages.transcript import read_transcript
from storage.models import Prompt
from storage.reports import transcripts
from tests.fakes.openai.replies import text
from tests.journeys.phone.hearing import SLOW
from tests.records import count_of, every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


@pytest.fixture
def profile(line):
    return line.parts.phone.manager.profile


def kept(line, prompts):
    """Wait until so many prompts are kept."""
    database = line.parts.database
    wait_until(lambda: count_of(database, Prompt) >= prompts, f"{[p.words for p in every(database, Prompt)]}")


def transcript(line, *, prompts):
    """Who said what, in order, once so many prompts are kept."""
    kept(line, prompts)
    fillers = line.parts.phone.manager.profile.phrases.fillers
    with line.parts.database.read() as connection:
        record = transcripts.conversation(connection, 1)
        entries = read_transcript(connection, record, fillers).entries
    return [(entry.side.value, entry.words) for entry in entries if entry.side != "note"]


def test_silence_before_and_after_an_answer(line, openai, phrases, profile):
    openai.enqueue(text("Sí, hasta las ocho."))
    phone = line.phone()
    phone.dial()
    phone.silence()
    phone.say("¿Abren hoy?")
    phone.silence()
    phone.silence()
    phone.silence()

    assert transcript(line, prompts=5) == [
        ("ours", profile.greeting),
        ("ours", phrases.reprompts[0]),
        ("theirs", "¿Abren hoy?"),
        ("ours", "Sí, hasta las ocho."),
        ("ours", phrases.reprompts[0]),
        ("ours", phrases.reprompts[1]),
        ("ours", phrases.silence_goodbye),
    ]


def test_a_word_that_was_hardly_understood_is_asked_again(line, openai, phrases, profile):
    openai.default = text("Muy bien.")
    phone = line.phone()
    phone.dial()
    phone.say("Sí", confidence=0.02)
    phone.say("El martes")

    assert transcript(line, prompts=2) == [
        ("ours", profile.greeting),
        ("ours", phrases.reprompts[0]),
        ("theirs", "El martes"),
        ("ours", "Muy bien."),
    ]


def test_a_message_is_asked_for_and_asked_for_again(line, phrases, profile):
    phone = line.phone()
    phone.dial()
    phone.press("0")
    phone.silence()
    phone.say("Soy Ana, llámenme")

    assert transcript(line, prompts=3) == [
        ("ours", profile.greeting),
        ("theirs", "0"),
        ("ours", phrases.take_message),
        ("ours", phrases.take_message),
        ("theirs", "Soy Ana, llámenme"),
        ("ours", phrases.message_taken),
    ]


def test_a_transfer_that_nobody_answers(open_line):
    line = open_line(human_phone_number="+34600000099")
    phone, phrases = line.phone(dial_outcome="no-answer"), line.parts.phone.manager.profile.phrases
    phone.dial()
    phone.press("0")

    assert [words for _, words in transcript(line, prompts=2)][1:] == [
        "0", phrases.transfer, f"{phrases.nobody_answered} {phrases.take_message}",
    ]  # fmt: skip


def test_the_notice_of_a_demonstration_is_heard_before_the_greeting(open_line):
    line = open_line(openai_api_key=None, openai_base_url=None)
    profile = line.parts.phone.manager.profile
    line.phone().dial()

    assert transcript(line, prompts=1) == [("ours", f"{profile.phrases.demonstration} {profile.greeting}")]


def test_an_answering_machine_hears_its_own_text(line, profile):
    line.phone(answered_by="machine_end_beep").dial("outbound-api")

    assert transcript(line, prompts=1) == [("ours", profile.voicemail)]


def test_a_machine_that_was_listened_to_hears_its_own_text(line, profile):
    phone = line.phone(answered_by="machine_start")
    phone.dial("outbound-api")
    phone.say("Deje su mensaje.")

    assert transcript(line, prompts=1) == [("ours", profile.voicemail)]


def test_what_is_said_while_an_answer_is_written(open_line, openai, phrases):
    line = open_line(answer_wait_s=0.2)
    openai.enqueue(text(SLOW, first_token_s=1.0))
    phone = line.phone()
    phone.dial()
    phone.say("¿Qué ofrecen?")

    said = [words for _, words in transcript(line, prompts=1)]

    assert said[1] == "¿Qué ofrecen?" and said[2] in phrases.fillers and said[-1] == SLOW


def test_a_webhook_that_comes_twice_is_noted_once(line, phrases):
    phone = line.phone()
    phone.dial()
    phone.silence()
    for step in list(phone.steps):
        phone.post(step.connect_url, dict(step.params), standard=False)
    phone.silence()

    kept(line, 3)

    assert [prompt.words for prompt in every(line.parts.database, Prompt)][1:] == list(phrases.reprompts)
