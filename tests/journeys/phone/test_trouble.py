"""What a caller hears, and what is kept, when things go wrong on our side."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.schema import DropTable

from conversation import history
from jobs.job import run_pending
from storage.base import Base
from storage.models import Conversation
from tests.examples import examples_over_http
from tests.fakes.openai.replies import text
from tests.journeys.phone.locking import locked
from tests.processes import worker_jobs
from tests.records import the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


def kept_words(line):
    return [(turn.number, turn.heard, "".join(turn.sentences)) for turn in line.turns()]


def test_while_the_database_is_locked_the_caller_is_answered_from_ram(line, openai, capfd):
    openai.enqueue(text("Abrimos a las nueve. Hasta las ocho."), text("Sí, también."))
    phone = line.phone()

    with locked(line):
        greeting = phone.dial()
        first = phone.say("¿A qué hora abren?")
        second = phone.say("¿Y los sábados?")
        slowest = max(step.seconds for step in phone.steps)

    assert greeting == line.parts.phone.manager.profile.greeting
    assert (first, second) == ("Abrimos a las nueve. Hasta las ocho.", "Sí, también.")
    assert slowest < 5
    logged = capfd.readouterr().err
    assert "turn_not_kept" in logged and "nueve" not in logged


def test_what_was_said_while_it_was_locked_is_kept_once_it_is_not(line, openai):
    openai.enqueue(text("Abrimos a las nueve. Hasta las ocho."))
    phone = line.phone()

    with locked(line):
        phone.dial()
        phone.say("¿A qué hora abren?")

    wait_until(line.turns)
    assert kept_words(line) == [(1, "¿A qué hora abren?", "Abrimos a las nueve. Hasta las ocho.")]


def test_a_lock_in_the_middle_of_an_answer_loses_none_of_it(open_line, openai):
    line = open_line(answer_wait_s=3)
    openai.enqueue(text("Una frase primera. Otra frase después. Y otra más.", tokens_per_s=12))
    phone = line.phone()
    phone.dial()
    first = phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    with locked(line):
        rest = phone.post("/continue?turn=1&from=1", {})
        assert rest.status == 200 and "Otra frase" in rest.twiml
        wait_until(lambda: line.parts.phone.manager.answers.find(f"phone:{phone.call_sid}", 1).ending)

    assert "Una frase primera." in first.twiml
    wait_until(lambda: line.turns()[0].state == "complete")
    assert "".join(line.turns()[0].sentences) == "Una frase primera. Otra frase después. Y otra más."


def test_a_message_that_cannot_be_kept_is_not_said_to_be(line, openai):
    phone = line.phone()
    phone.dial()

    with locked(line):
        step = phone.post("/gather?turn=1&message=1", {"SpeechResult": "Llámenme"})

    assert line.parts.phone.manager.profile.phrases.went_wrong in step.twiml


def test_a_status_that_cannot_be_kept_is_asked_for_again(line):
    phone = line.phone()
    phone.dial()

    with locked(line):
        step = phone.post("/status", {"CallStatus": "completed"})

    assert step.status == 503


def test_with_no_database_at_all_there_are_still_words(line, openai):
    openai.enqueue(text("Abrimos a las nueve."))
    phone = line.phone()
    with line.parts.database.write() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(DropTable(table, if_exists=True))

    phone.dial()
    answer = phone.say("¿A qué hora?")

    assert answer == "Abrimos a las nueve."
    assert line.app.test_client().get("/health").status_code == 503


def test_logs_hold_no_words_numbers_or_keys(line, openai, capfd):
    openai.enqueue(text("El secreto es palabrota."))
    phone = line.phone(from_number="+34600000077", status_callback="/status")
    phone.dial()
    phone.say("Mi contraseña es girasol")
    phone.hang_up()
    wait_until(lambda: line.turns()[0].state == "complete")

    logged = capfd.readouterr().err
    assert phone.call_sid in logged
    for secret in (
        "girasol",
        "palabrota",
        "600000077",
        "sk-test",
        line.settings.data_dir.name + "/simulator",
    ):
        assert secret not in logged


def test_every_line_of_the_log_is_json_with_the_call(line, openai, capfd):
    phone = line.phone()
    phone.dial()
    phone.say("Hola")
    wait_until(lambda: line.turns()[0].state == "complete")

    lines = [json.loads(row) for row in capfd.readouterr().err.splitlines() if row.startswith("{")]
    assert lines
    assert {row["call_sid"] for row in lines if row["event"].startswith("answer")} == {phone.call_sid}


def test_a_long_call_is_summarised_and_its_prompt_stays_small(line, openai):
    openai.default = lambda body: text(
        "RESUMEN: quiere una cita."
        if "keep notes" in str(body["messages"][-1]["content"])
        else "De acuerdo. " * 5
    )
    phone = line.phone()
    phone.dial()
    sizes = []
    for number in range(1, 61):
        phone.say(f"Frase número {number} de una conversación larga.")
        if number % 4 == 0:
            run_pending(line.parts.work, worker_jobs(line))
        chat = [
            chat for chat in openai.chats if "keep notes" not in str(chat.body["messages"][-1]["content"])
        ][-1]
        sizes.append(history.estimated_tokens(chat.body["messages"]))

    conversation = the_only(line.parts.database, Conversation)
    assert conversation.summary == "RESUMEN: quiere una cita."
    assert conversation.summary_upto >= 40
    assert max(sizes[20:]) <= max(sizes[:20]) * 1.15
    system, notes, *_ = openai.chats[-1].body["messages"]
    assert "RESUMEN" not in str(system["content"])
    assert notes["role"] == "user" and "RESUMEN" in notes["content"]


def test_without_summaries_the_prompt_is_bounded_all_the_same(line, openai):
    openai.default = text("De acuerdo. " * 5)
    phone = line.phone()
    phone.dial()
    for number in range(40):
        phone.say(f"Frase número {number}.")

    assert len(openai.chats[-1].body["messages"]) <= 2 + 2 * history.MOST_TURNS


def test_usage_is_kept_with_the_turn(line, openai):
    phone = line.phone()
    phone.dial()
    phone.say("Hola")
    wait_until(lambda: line.turns()[0].state == "complete")

    turn = line.turns()[0]
    assert turn.prompt_tokens and turn.completion_tokens
    assert 0 <= turn.first_token_ms <= turn.first_sentence_ms


FIELDS = st.sampled_from(
    [
        "CallSid", "AccountSid", "From", "To", "CallStatus", "Direction", "SpeechResult", "Digits", "Confidence",
        "AnsweredBy", "ErrorCode", "ErrorUrl", "DialCallStatus", "Timestamp", "CallDuration", "SequenceNumber",
        "Body", "x",
    ]
)  # fmt: skip
ENDED = ["completed", "busy", "failed", "no-answer", "canceled"]
"""Statuses of a call that is over, https://www.twilio.com/docs/voice/api/call-resource: nobody listens."""
VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "inbound", *ENDED, "-1", "1e999", "nan", "\x00", "٣", "9" * 400]),
)
QUERIES = st.dictionaries(
    st.sampled_from(["turn", "from", "wait", "served", "silent", "pending", "message", "dial", "y"]),
    st.one_of(st.text(max_size=8), st.sampled_from(["1", "2", "-1", "0", "99999999999", "1.5", "%"])),
    max_size=5,
)


@pytest.mark.parametrize("path", ["/voice", "/voice/fallback", "/gather", "/continue", "/status"])
@examples_over_http(40)
@given(form=st.dictionaries(FIELDS, VALUES, max_size=8), query=QUERIES)
def test_whatever_a_form_holds_there_are_words_and_never_a_fault_of_ours(offline_line, path, form, query):
    from urllib.parse import urlencode

    target = f"{path}?{urlencode(query)}" if query else path

    step = offline_line.phone().post(target, form | {"AccountSid": offline_line.phone().account_sid})

    assert step.status == 200
    is_over = form.get("CallStatus") in ENDED and ("ErrorCode" in form or path == "/voice/fallback")
    if path != "/status" and not is_over:
        assert "<Say" in step.twiml


@pytest.fixture
def offline_line(open_line):
    return open_line(openai_base_url=None, openai_api_key=None, answer_wait_s=4)


def test_forty_callers_at_once_are_all_answered(offline_line):
    heard = []

    def call(number):
        phone = offline_line.phone(from_number=f"+3460000{number:04d}")
        phone.dial()
        heard.append(phone.say("¿A qué hora abren?"))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(heard) == 40
    assert len(set(heard)) == 1
    assert "nueve" in heard[0]
    wait_until(
        lambda: len(offline_line.turns()) == 40
    )  # those that found no room at once are kept soon after
