"""Processes that are killed at the worst moment, and what the next ones make of what they left."""

import os
import signal
import subprocess
import time
import urllib.request
from contextlib import contextmanager

import pytest

from container import Container
from settings import SIMULATOR_ACCOUNT_SID
from simulator.twilio.phone import Phone
from storage.models import Conversation, Turn
from tests.fakes.openai.server import hang_before_headers, stalled, text
from tests.postgres import free_port
from tests.records import the_only
from tests.warm import PROGRAMS

pytestmark = pytest.mark.both_databases


@pytest.fixture
def environment(make_settings):
    settings = make_settings()
    return {
        "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir),
        "OPENAI_BASE_URL": settings.openai_base_url, "OPENAI_API_KEY": "sk-test", "ANSWER_WAIT_S": "4",
        "PORT": str(free_port()), "LOG_FORMAT": "json", "TWILIO_AUTH_TOKEN": "", "WEBHOOK_URL": "",
    }  # fmt: skip


@contextmanager
def process(environment, *command):
    running = PROGRAMS.start(
        ["-m", *command], env=environment, start_new_session=True, stdin=subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        kill(running)


def kill(running):
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def web(environment):
    with process(environment, "gunicorn", "-c", "gunicorn.conf.py", "app:create_app()") as running:
        wait_until(lambda: is_up(environment["PORT"]), 60)
        yield running


def is_up(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def wait_until(true, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def a_phone(environment, settings, **options):
    url = f"http://127.0.0.1:{environment['PORT']}"
    return Phone(
        url, account_sid=SIMULATOR_ACCOUNT_SID, auth_token=Container(settings).simulator_token, **options
    )


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
        wait_until(lambda: the_conversation(database).summary == "RESUMEN", 60)

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
        running.wait(15)

    assert "Con calma." in steps[0].twiml
    assert running.returncode == 0
