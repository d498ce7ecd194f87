"""Answers that break off, are asked for again, or whose process ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.models import TurnState
from tests.fakes.openai.replies import error, hang_before_headers, html, stalled, text
from tests.journeys.phone.hearing import SLOW, without_fillers
from tests.waiting import LATE_S


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def test_the_fallback_model_answers_when_the_first_says_nothing(open_line, openai):
    line = open_line(openai_fallback_model="gpt-other")
    openai.default = lambda body: text("De la otra.") if body["model"] == "gpt-other" else error(500)
    phone = line.phone()
    phone.dial()

    answer = without_fillers(line.parts.phone.manager.profile.phrases, phone.say("Hola"))

    assert answer == "De la otra."
    assert line.turns()[0].model == "gpt-other"


def test_a_server_that_says_the_same_again_is_asked_twice_for_a_question(line, openai, phrases, capfd):
    openai.default = html()
    phone = line.phone()
    phone.dial()

    answer = phone.say("Hola, soy Begoña")

    assert answer == phrases.apology
    assert len(openai.chats) == 2
    logged = capfd.readouterr().err
    assert "a web page" in logged and "Bad gateway" in logged
    assert "Begoña" not in logged


def test_a_model_silent_for_four_seconds_gives_way_to_the_fallback(open_line, openai):
    line = open_line(openai_fallback_model="gpt-other", answer_wait_s=2)
    openai.default = lambda body: (
        text("De la otra.") if body["model"] == "gpt-other" else hang_before_headers()
    )
    phone = line.phone(realtime=True)
    phone.dial()

    answer = without_fillers(line.parts.phone.manager.profile.phrases, phone.say("Hola"))

    first, second = openai.chats
    assert answer == "De la otra."
    assert 3.9 < second.started_at - first.started_at < 4 + LATE_S


def test_an_answer_that_breaks_off_is_continued_and_not_begun_again(line, openai):
    openai.enqueue(
        text("Primera frase. Segunda fra", finish=None, done=False),
        text("Primera frase. Segunda frase entera."),
    )
    phone = line.phone()
    phone.dial()

    answer = phone.say("Hola")

    assert answer == "Primera frase. Segunda frase entera."
    assert [m["content"] for m in openai.chats[1].body["messages"] if m["role"] == "assistant"] == [
        "Primera frase. "
    ]


def test_an_answer_that_breaks_off_for_good_says_so(line, openai, phrases):
    openai.enqueue(*[text("Primera frase. Segunda fra", finish=None, done=False)] * 2)
    phone = line.phone()
    phone.dial()

    answer = phone.say("Hola")

    assert answer == f"Primera frase. {phrases.cut_off}"


@pytest.mark.both_databases
def test_ten_copies_of_a_webhook_get_one_answer(line, openai):
    openai.default = text(SLOW, first_token_s=0.2, tokens_per_s=60)
    phone = line.phone()
    phone.dial()
    fields = {"SpeechResult": "¿Abren hoy?", "Confidence": "0.9"}

    with ThreadPoolExecutor(10) as pool:
        steps = list(pool.map(lambda _: phone.post("/gather?turn=1", fields), range(10)))

    assert len({step.twiml for step in steps}) == 1
    assert len(openai.chats) == 1
    assert len(line.turns()) == 1


def test_a_replayed_webhook_gets_the_twiml_that_it_got(line, openai, phrases):
    openai.enqueue(text(SLOW, first_token_s=0.8, tokens_per_s=40), text("Nada más."))
    phone = line.phone()
    phone.dial()
    phone.say("Hola")
    phone.say("¿Algo más?")

    for step in list(phone.steps):
        assert phone.replay(step).twiml == step.twiml
    assert len(openai.chats) == 2


@pytest.mark.both_databases
def test_a_replay_after_a_restart_gets_the_same_too(open_line, openai):
    openai.enqueue(text(SLOW))
    first = open_line()
    phone = first.phone()
    phone.dial()
    phone.say("Hola")
    step = phone.steps[-1]

    second = open_line()
    again = second.phone(call_sid=phone.call_sid).post(
        step.url.partition(first.url)[2] or step.url, dict(step.params)
    )

    assert again.twiml == step.twiml
    assert len(openai.chats) == 1


@pytest.mark.both_databases
def test_another_process_reads_an_answer_while_it_is_written(open_line, openai):
    openai.enqueue(text(SLOW, first_token_s=0.1, tokens_per_s=15))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    step = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase algo después." in step.twiml
    assert len(openai.chats) == 1


@pytest.mark.both_databases
def test_an_answer_whose_owner_died_is_continued_by_another_process(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line(answer_wait_s=4)
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    owner.parts.phone.manager.answers._closed.set()  # the beat stops, as it does when a process is killed

    heard = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml
    turn = line_turn(other)
    assert (turn.epoch, turn.state) == (2, TurnState.COMPLETE)
    assert "".join(turn.sentences) == "Primera frase. Segunda frase, de otro."


def line_turn(line):
    return line.turns()[0]


def test_a_process_that_shuts_down_lets_go_of_its_answers_at_once(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    owner.parts.phone.manager.close()

    heard = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml


@pytest.mark.both_databases
def test_what_the_first_owner_writes_after_a_takeover_changes_nothing(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    answer = owner.parts.phone.manager.answers.find(f"phone:{phone.call_sid}", 1)
    owner.parts.phone.manager.close()
    other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    answer.add(["De más."])
    heard = owner.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml
    assert "De más." not in heard.twiml + "".join(line_turn(other).sentences)
    from conversation.answers.answer import AnswerStopped

    with pytest.raises(AnswerStopped):
        answer.add(["Y más."])


@pytest.mark.both_databases
def test_what_is_spoken_is_kept_before_it_is_spoken(line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"))
    phone = line.phone()
    phone.dial()

    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    assert [sentence.strip() for sentence in line_turn(line).sentences] == ["Primera frase."]


def test_what_nobody_asked_for_yet_is_kept_soon(line, openai):
    openai.enqueue(stalled("Primera frase. Segunda frase. Tercera fra"))
    phone = line.phone()
    phone.dial()

    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    assert openai.wait_for(lambda: len(line_turn(line).sentences) == 2)


def test_a_call_that_is_over_stops_what_is_written_for_it_within_a_second(line, openai):
    openai.enqueue(text("palabra " * 400, tokens_per_s=50))
    phone = line.phone(status_callback="/status")
    phone.dial()
    threading.Thread(
        target=lambda: phone.post("/gather?turn=1", {"SpeechResult": "Hable"}), daemon=True
    ).start()
    assert openai.wait_for(lambda: openai.chats and openai.chats[0].tokens_sent > 3)

    phone.hang_up()

    assert openai.wait_for(lambda: openai.chats[0].cut_short)
    assert line.turns()[0].state is TurnState.CANCELLED or line.turns()[0].state == "cancelled"


@pytest.mark.both_databases
def test_a_call_that_is_over_stops_what_another_process_writes_for_it(open_line, openai):
    openai.enqueue(text("palabra " * 400, tokens_per_s=50))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    threading.Thread(
        target=lambda: phone.post("/gather?turn=1", {"SpeechResult": "Hable"}), daemon=True
    ).start()
    assert openai.wait_for(lambda: openai.chats and openai.chats[0].tokens_sent > 3)

    other.phone(call_sid=phone.call_sid).post("/status", {"CallStatus": "completed", "CallDuration": "9"})

    assert openai.wait_for(lambda: openai.chats[0].cut_short)


def test_what_was_not_heard_is_not_remembered_as_said(line, openai):
    long = "Tenemos fisioterapia, osteopatía, masaje deportivo, pilates, punción seca y drenaje linfático."
    openai.enqueue(text(long), text("De acuerdo."))
    phone = line.phone(realtime=True, reaction_s=0)
    phone.dial()
    phone.say("¿Qué ofrecen?")

    phone.interrupt("Solo masaje.", after_s=2.0)

    said = openai.chats[1].body["messages"][2]["content"]
    assert said.startswith("Tenemos") and said.endswith("[interrupted here]")
    assert len("Tenemos [interrupted here]") <= len(said) < len(long) * 0.8


def test_an_answer_heard_to_its_end_is_remembered_whole(line, openai):
    openai.enqueue(text("Son treinta euros."), text("De nada."))
    phone = line.phone(realtime=True)
    phone.dial()
    phone.say("¿Cuánto cuesta?")

    phone.say("Gracias")

    assert openai.chats[1].body["messages"][2]["content"] == "Son treinta euros."
