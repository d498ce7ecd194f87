"""OpenAITranscriber against the scripted server, through OpenAI's own library."""

import time

import pytest

from integrations.errors import IntegrationError
from integrations.openai.transcription import UNSUPPORTED, OpenAITranscriber
from simulator.whatsapp import samples
from tests.fakes.openai import replies
from tests.fakes.openai.exchange import Upload
from tests.fakes.openai.replies import transcript
from tests.fakes.openai.server import FakeOpenAI
from tests.waiting import LATE_S

NOTE = samples.ogg()


@pytest.fixture
def fake():
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def transcriber(fake):
    transcriber = make(fake)
    yield transcriber
    transcriber.close()


def make(fake, model="gpt-transcribe", **options):
    return OpenAITranscriber(model, api_key="sk-test", base_url=fake.base_url, **options)


def written_down(transcriber, content=NOTE, media_type="audio/ogg", language="es-ES"):
    return transcriber.transcribe(content, media_type=media_type, language=language)


def fails(transcriber, **given):
    with pytest.raises(IntegrationError) as raised:
        written_down(transcriber, **given)
    return raised.value


# --- what is asked


def test_a_voice_note_comes_back_as_words(fake, transcriber):
    fake.enqueue_transcripts(transcript(" Quería pedir cita para el martes. "))

    assert written_down(transcriber) == "Quería pedir cita para el martes."


def test_the_server_gets_the_recording_under_a_name_with_the_model_and_the_language(fake, transcriber):
    written_down(transcriber, media_type="audio/ogg; codecs=opus")

    (asked,) = fake.recordings
    assert asked.body == {
        "file": Upload("nota.ogg", "audio/ogg", NOTE),
        "model": "gpt-transcribe",
        "languages[]": ["es"],
    }
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["authorization"] == "Bearer sk-test"
    assert headers["content-type"].startswith("multipart/form-data; boundary=")


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("audio/ogg", "nota.ogg"),
        ("audio/mpeg", "nota.mp3"),
        ("audio/mp4", "nota.m4a"),
        ("audio/wav", "nota.wav"),
        ("AUDIO/OGG;codecs=opus", "nota.ogg"),
        ("video/mp4", "nota.mp4"),
    ],
)
def test_a_recording_is_named_by_its_kind(fake, transcriber, media_type, name):
    written_down(transcriber, media_type=media_type)

    assert fake.recordings[0].body["file"].filename == name


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-mini-transcribe", "Systran/faster-whisper-small"])
def test_a_model_that_knows_one_language_alone_is_told_one(fake, model):
    written_down(make(fake, model))

    body = fake.recordings[0].body
    assert body["language"] == "es"
    assert "languages[]" not in body


@pytest.mark.parametrize(
    ("language", "hint"), [("es", ["es"]), ("EN_us", ["en"]), ("ast-ES", None), ("", None), (None, None)]
)
def test_the_language_is_a_hint_of_two_letters_or_none(fake, transcriber, language, hint):
    written_down(transcriber, language=language)

    assert fake.recordings[0].body.get("languages[]") == hint


def test_the_environment_has_no_say(fake, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    written_down(make(fake))

    headers = {name.lower(): value for name, value in fake.recordings[0].headers.items()}
    assert headers["authorization"] == "Bearer sk-test"
    assert "openai-organization" not in headers


def test_neither_a_key_nor_a_server_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="api_key"):
        OpenAITranscriber("gpt-transcribe", api_key=None, base_url=None)


# --- what is not said


@pytest.mark.parametrize("said", ["", " ", "\n \t"])
def test_a_note_in_which_nothing_is_said_is_empty(fake, transcriber, said):
    fake.enqueue_transcripts(transcript(said))

    assert written_down(transcriber) == ""


@pytest.mark.parametrize(
    "media_type", ["audio/amr", "audio/amr-wb", "audio/3gpp", "video/3gpp", "audio/aac", "image/png", ""]
)
def test_a_kind_that_is_not_taken_is_refused_unasked(fake, transcriber, media_type):
    error = fails(transcriber, media_type=media_type)

    assert (error.code, error.permanent) == (UNSUPPORTED, True)
    assert fake.requests == []


# --- what goes wrong


@pytest.mark.parametrize("fault", [replies.error(500), replies.rate_limited(10), replies.dropped()])
def test_a_failure_that_passes_is_tried_once_more(fake, transcriber, fault):
    fake.enqueue_transcripts(fault, transcript("Buenos días."))

    assert written_down(transcriber) == "Buenos días."
    assert [asked.body["languages[]"] for asked in fake.recordings] == [["es"], ["es"]]


def test_a_failure_that_stays_is_told_after_two_tries(fake, transcriber):
    fake.enqueue_transcripts(replies.error(503), replies.error(503), transcript("Tarde."))

    error = fails(transcriber)

    assert (error.status, error.permanent) == (503, False)
    assert len(fake.recordings) == 2


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (replies.invalid_key(), 401, "invalid_api_key"),
        (replies.out_of_quota(), 429, "insufficient_quota"),
        (replies.error(400, "Audio file is too short.", code="audio_too_short"), 400, "audio_too_short"),
        (replies.error(404, "Not found"), 404, None),
    ],
)
def test_a_refusal_is_told_at_once(fake, transcriber, fault, status, code):
    fake.enqueue_transcripts(fault)

    error = fails(transcriber)

    assert (error.status, error.code, error.permanent) == (status, code, True)
    assert len(fake.recordings) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        replies.unknown_parameter("languages"),
        replies.error(400, "Invalid value: 'es'.", param="languages[0]"),
        replies.error(400, "Language 'es' is not supported.", code="unsupported_language"),
    ],
)
def test_a_server_that_does_not_take_the_language_is_asked_without(fake, transcriber, refusal):
    fake.enqueue_transcripts(refusal, transcript("Buenos días."))

    assert written_down(transcriber) == "Buenos días."
    assert "languages[]" not in fake.recordings[1].body


def test_a_refusal_about_languages_where_none_was_given_is_told(fake, transcriber):
    fake.enqueue_transcripts(replies.error(400, "The language could not be found out."))

    assert fails(transcriber, language=None).status == 400
    assert len(fake.recordings) == 1


@pytest.mark.parametrize(
    "answer",
    [
        replies.html(),
        replies.json_reply({"words": []}),
        replies.json_reply({"text": None}),
        replies.json_reply(["text"]),
    ],
)
def test_an_answer_that_is_no_transcript_is_never_taken_for_words(fake, transcriber, answer):
    fake.enqueue_transcripts(answer, answer)

    error = fails(transcriber)

    assert (error.code, error.permanent) == ("unreadable", False)


def test_a_server_that_answers_nothing_is_left_at_the_deadline(fake):
    fake.enqueue_transcripts(replies.hang_before_headers())
    began = time.monotonic()

    error = fails(make(fake, total_s=1.5))

    assert (error.code, error.permanent) == ("timeout", False)
    assert 1.4 < time.monotonic() - began < LATE_S
    assert fake.wait_for(lambda: fake.recordings[0].cut_short)


def test_a_server_that_drips_is_left_at_the_deadline(fake):
    fake.enqueue_transcripts(replies.dripping_comments(every_s=0.05))
    began = time.monotonic()

    assert fails(make(fake, total_s=1.5)).code == "timeout"
    assert time.monotonic() - began < LATE_S


def test_a_wait_that_the_server_asks_for_is_not_begun_where_it_does_not_fit(fake):
    fake.enqueue_transcripts(replies.rate_limited(60_000))
    began = time.monotonic()

    error = fails(make(fake, total_s=20))

    assert (error.code, error.retry_after_s) == ("rate_limit_exceeded", 60)
    assert time.monotonic() - began < LATE_S


def test_no_error_tells_what_the_server_said(fake, transcriber):
    fake.enqueue_transcripts(replies.error(400, "Could not read: 'Hola, soy Ana'", code="bad_audio"))

    assert "Ana" not in str(fails(transcriber))
