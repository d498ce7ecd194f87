"""Processes that are killed at the worst moment, and what the next ones make of what they left."""

import signal

import pytest

from storage.models import Conversation, Turn
from tests.fakes.openai.replies import hang_before_headers, stalled, text
from tests.processes import a_phone, kill, process, web
from tests.records import the_only
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.both_databases


def the_turn(database):
    return the_only(database, Turn)


def test_a_web_process_killed_in_the_middle_of_an_answer_is_followed_by_one_that_goes_on(
    environment, make_settings, database, openai
):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, ya entera."))
    with web(environment) as first, a_phone(environment, make_settings()) as phone:
        phone.dial()
        said = phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
        kill(first)

        with web(environment):
            rest = phone.post("/continue?turn=1&from=1", {})
            again = phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    assert "Primera frase." in said.twiml and "Segunda frase, ya entera." in rest.twiml
    assert again.twiml == said.twiml
    turn = the_turn(database)
    assert "".join(turn.sentences) == "Primera frase. Segunda frase, ya entera."
    assert (turn.state, turn.epoch) == ("complete", 2)


def test_a_worker_killed_in_the_middle_of_a_summary_makes_it_when_it_is_back(
    environment, make_settings, database, openai
):
    openai.default = text("De acuerdo.")
    with web(environment), a_phone(environment, make_settings()) as phone:
        phone.dial()
        for number in range(16):
            phone.say(f"Frase {number}")
    asked = len(openai.chats)
    openai.enqueue(hang_before_headers(), text("RESUMEN"))

    with process(environment, "flask", "--app", "app", "worker") as worker:
        wait_until(lambda: len(openai.chats) > asked)
        kill(worker)
    with process(environment, "flask", "--app", "app", "worker"):
        wait_until(lambda: the_conversation(database).summary == "RESUMEN")

    assert the_conversation(database).summary_upto == 8


def the_conversation(database):
    return the_only(database, Conversation)


def test_a_web_process_that_is_told_to_end_finishes_the_webhook_in_hand(environment, make_settings, openai):
    import threading

    openai.enqueue(text("Con calma.", first_token_s=1.5))
    steps = []
    with web(environment) as running, a_phone(environment, make_settings()) as phone:
        phone.dial()
        asking = threading.Thread(
            target=lambda: steps.append(phone.post("/gather?turn=1", {"SpeechResult": "Hola"}))
        )
        asking.start()
        wait_until(lambda: openai.chats)
        running.send_signal(signal.SIGTERM)
        asking.join()
        running.wait(PATIENCE_S)

    assert "Con calma." in steps[0].twiml
    assert running.returncode == 0
