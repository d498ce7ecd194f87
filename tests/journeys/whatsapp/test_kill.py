"""Processes that are killed while somebody on WhatsApp waits: the answer comes all the same, once and in order."""

import socket
import threading
from contextlib import contextmanager

import pytest

from simulator.twilio.account import Account
from simulator.whatsapp.client import ReceiptConfig, WhatsApp, voice_note
from storage.models import Message, Turn
from tests.fakes.openai.replies import hang_before_headers, stalled, text, transcript
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.whatsapp.killed import (
    is_kept,
    let_pass,
    sent,
    until_nothing_is_left_to_do,
    worker,
)
from tests.postgres import free_port
from tests.processes import kill, web
from tests.records import every, the_only
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def site(environment, twilio):
    """The processes' environment: an account, one web process, and hardly any time for a reply."""
    return environment | {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_API_URL": twilio.url,
        "WEBHOOK_URL": f"http://127.0.0.1:{environment['PORT']}", "WEB_CONCURRENCY": "1",
        "WHATSAPP_SETTLE_S": "0", "WHATSAPP_TWIML_WAIT_S": "0.3",
    }  # fmt: skip


@pytest.fixture
def ana(site, twilio):
    with a_person(WhatsApp, site, twilio) as ana:
        yield ana


def a_person(kind, site, twilio, **options):
    return kind(site["WEBHOOK_URL"], Account(ACCOUNT_SID, AUTH_TOKEN), api=twilio, **options)


def test_an_answer_in_the_middle_of_which_the_web_process_was_killed_comes_whole_and_once(
    site, database, openai, ana
):
    openai.enqueue(
        stalled("Primera frase. Segunda fra", thought="Saluda."), text("Segunda frase, ya entera.")
    )
    with web(site) as first:
        exchange = ana.send("Hola")
        wait_until(lambda: is_kept(database, "Primera frase."))
        kill(first)

    with worker(site):
        until_nothing_is_left_to_do(database)

    assert (exchange.status, exchange.messages) == (200, ())
    assert ana.texts == ["Primera frase. Segunda frase, ya entera."]
    assert the_only(database, Turn).state == "complete"
    assert [message.sid for message in sent(database)] == [ana.received[0].sid]


def test_who_writes_again_after_the_kill_is_answered_on_both_messages_at_once(site, database, openai, ana):
    openai.enqueue(stalled("Nunca lle"))
    with web(site) as first:
        ana.send("Quería una cita")
        wait_until(lambda: openai.chats)
        kill(first)
    openai.enqueue(text("Mañana a las diez."))

    with web(site | {"WHATSAPP_TWIML_WAIT_S": "6"}), worker(site):
        ana.send("Para mañana")
        until_nothing_is_left_to_do(database)

    assert ana.texts == ["Mañana a las diez."]
    assert every(database, Turn)[-1].heard == "Quería una cita Para mañana"


def test_a_message_that_was_waiting_for_more_when_its_process_was_killed_is_answered(
    site, database, openai, ana
):
    openai.enqueue(text("Aquí estoy."), text("¿Otra vez?"))
    exchanges = []
    with web(site | {"WHATSAPP_SETTLE_S": "6"}) as first:
        writing = threading.Thread(target=lambda: exchanges.append(ana.send("Hola")))
        writing.start()
        wait_until(lambda: every(database, Message))
        kill(first)
        writing.join()

    with web(site), worker(site):
        ana.repeat(exchanges[0], times=3)  # as Twilio asks again whoever did not answer
        until_nothing_is_left_to_do(database)

    assert exchanges[0].problems != ()
    assert ana.texts == ["Aquí estoy."]
    assert the_only(database, Turn).heard == "Hola"


def test_a_voice_note_whose_process_was_killed_while_it_listened_is_heard_again(site, database, openai, ana):
    openai.enqueue_transcripts(hang_before_headers(), transcript("¿Abren los sábados?"))
    openai.enqueue(text("Sí, de diez a dos."))
    with web(site) as first:
        ana.send(media=[voice_note()])
        wait_until(lambda: openai.recordings)
        kill(first)

    with worker(site):
        until_nothing_is_left_to_do(database)

    assert ana.texts == ["Sí, de diez a dos."]
    assert the_only(database, Turn).heard == "[voice note] ¿Abren los sábados?"


def test_an_answer_that_waited_for_the_worker_when_the_web_process_was_killed_is_sent_once(
    site, database, openai, ana
):
    openai.enqueue(text("Esto ha tardado un poco.", first_token_s=0.8))
    with web(site) as first:
        ana.send("Hola")
        wait_until(lambda: sent(database))
        kill(first)
    assert ana.texts == []

    with worker(site):
        wait_until(lambda: ana.texts)
        until_nothing_is_left_to_do(database)

    assert ana.texts == ["Esto ha tardado un poco."]


def test_a_worker_killed_while_it_writes_for_a_dead_web_process_is_followed_by_one_that_goes_on(
    site, database, openai, ana
):
    openai.enqueue(
        stalled("Primera frase. Se", thought="Saluda."),
        stalled("Segunda frase. Ter", thought="Saluda."),
        text("Tercera frase."),
    )
    with web(site) as first:
        ana.send("Hola")
        wait_until(lambda: is_kept(database, "Primera frase."))
        kill(first)
    with worker(site) as second:
        let_pass(database, 90)
        wait_until(lambda: is_kept(database, "Segunda frase."))
        kill(second)

    with worker(site):
        until_nothing_is_left_to_do(database)

    assert ana.texts == ["Primera frase. Segunda frase. Tercera frase."]
    said = {"role": "assistant", "content": "Primera frase. Segunda frase. "}
    assert any(said in chat.body["messages"] for chat in openai.chats)
    assert the_only(database, Turn).epoch == 3


class SlowlyAccepted(WhatsApp):
    """Somebody whose second message by REST Twilio has taken, and does not say so until it is told to."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.accepted, self.may_be_told = threading.Event(), threading.Event()

    def deliver(self, message, error_code):
        then = super().deliver(message, error_code)
        if len(self.texts) == 2:
            self.accepted.set()
            self.may_be_told.wait(PATIENCE_S)
        return then


def test_a_worker_killed_between_twilios_taking_a_message_and_saying_so_repeats_and_skips_none(
    site, database, twilio, openai
):
    openai.enqueue(text(" ".join(f"Frase {n} de una larga respuesta." for n in range(1, 140))))
    nothing_told = ReceiptConfig(dropped=("sent", "delivered", "read"))  # else a receipt would bring the SID
    with (
        a_person(SlowlyAccepted, site, twilio, receipts=nothing_told) as ana,
        web(site | {"WHATSAPP_TWIML_WAIT_S": "0"}),
    ):
        ana.send("Cuéntemelo todo")
        wait_until(lambda: len(sent(database)) > 2)
        with worker(site) as first:
            assert ana.accepted.wait(PATIENCE_S)
            assert sent(database)[1].status == "sending"
            kill(first)
        ana.may_be_told.set()

        with worker(site):
            until_nothing_is_left_to_do(database)

        assert ana.texts == [message.body for message in sent(database)]
        assert [received.sid for received in ana.received] == [message.sid for message in sent(database)]


@contextmanager
def deaf_server():
    """Where connections are taken and nothing is ever answered. Its event: a whole request has come."""
    asked, connections = threading.Event(), []

    def listen():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connections.append(connection)
            if b"/Messages.json" in connection.recv(64 * 1024):
                asked.set()

    with socket.create_server(("127.0.0.1", free_port())) as server:
        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        server.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def test_a_message_that_twilio_never_got_from_a_killed_worker_is_sent_once_twilio_can_be_asked(
    site, database, twilio, openai, ana
):
    openai.enqueue(text("Esto ha tardado un poco.", first_token_s=0.8))  # too late for the reply
    with web(site | {"WHATSAPP_TWIML_WAIT_S": "0"}) as first:
        ana.send("Hola")
        wait_until(lambda: sent(database))
        kill(first)
    with deaf_server() as (url, asked), worker(site | {"TWILIO_API_URL": url}) as second:
        assert asked.wait(PATIENCE_S)
        kill(second)
    twilio.refuse(503, 20503, method="GET", times=2)

    with worker(site):
        wait_until(lambda: ana.texts)
        until_nothing_is_left_to_do(database)

    assert ana.texts == ["Esto ha tardado un poco."]
