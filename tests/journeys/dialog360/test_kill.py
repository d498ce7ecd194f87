"""Processes that are killed while somebody who wrote through 360dialog waits: the answer comes, once."""

import pytest

from storage.models import Turn
from tests.fakes.dialog360.fake import API_KEY
from tests.fakes.openai.replies import stalled, text
from tests.journeys.dialog360.people import ANA, TOKEN
from tests.journeys.whatsapp.killed import is_kept, sent, until_nothing_is_left_to_do, worker
from tests.processes import kill, web
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def site(environment, whatsapp):
    """The processes' environment: one web process that 360dialog's webhooks reach."""
    whatsapp.webhooks.url = f"http://127.0.0.1:{environment['PORT']}/webhook/360dialog"
    whatsapp.webhooks.headers = {"Authorization": f"Bearer {TOKEN}"}
    return environment | {
        "D360_API_KEY": API_KEY, "D360_API_URL": whatsapp.url, "D360_WEBHOOK_TOKEN": TOKEN,
        "WEB_CONCURRENCY": "1", "WHATSAPP_SETTLE_S": "0",
    }  # fmt: skip


def test_a_message_whose_process_was_killed_right_after_it_was_kept_is_answered_once(
    site, database, whatsapp, openai
):
    openai.enqueue(text("Aquí estoy."), text("¿Otra vez?"))
    with web(site | {"WHATSAPP_SETTLE_S": "6"}) as first:
        whatsapp.people.write(ANA, "Hola")
        whatsapp.webhooks.settle()
        kill(first)
    assert whatsapp.webhooks.sent[0].acknowledged

    with web(site), worker(site):
        whatsapp.webhooks.sent[0].status = None  # as if the acknowledgement had been lost as well
        whatsapp.webhooks.redeliver()
        until_nothing_is_left_to_do(database)

    assert whatsapp.messages.words(ANA) == ["Aquí estoy."]
    assert the_only(database, Turn).heard == "Hola"


def test_an_answer_in_the_middle_of_which_the_process_was_killed_comes_whole_and_once(
    site, database, whatsapp, openai
):
    openai.enqueue(
        stalled("Primera frase. Segunda fra", thought="Saluda."), text("Segunda frase, ya entera.")
    )
    with web(site) as first:
        whatsapp.people.write(ANA, "Hola")
        wait_until(lambda: is_kept(database, "Primera frase."))
        kill(first)

    with worker(site):
        until_nothing_is_left_to_do(database)

    assert whatsapp.messages.words(ANA) == ["Primera frase. Segunda frase, ya entera."]
    assert [message.sid for message in sent(database)] == list(whatsapp.messages.sent)


def test_a_worker_answers_while_the_web_process_lives(site, database, whatsapp, openai):
    openai.enqueue(text("Buenas."))
    with web(site), worker(site):
        whatsapp.people.write(ANA, "Hola")

        wait_until(lambda: [message.status for message in sent(database)] == ["read"])

    assert whatsapp.messages.words(ANA) == ["Buenas."]
    assert len(every(database, Turn)) == 1
