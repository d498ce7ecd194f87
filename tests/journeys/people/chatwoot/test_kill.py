"""A worker that is killed between two messages that people watch: all of them are shown, once and in order."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import MirrorItem
from tests.fakes.chatwoot.fake import Hang
from tests.fakes.openai.replies import text
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.people.chatwoot_setup import person_of, shown, states
from tests.processes import kill, process
from tests.waiting import let_jobs_wait_less, wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def site(environment, chatwoot, twilio):
    return environment | {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_API_URL": twilio.url,
        "CHATWOOT_ENABLED": "true", "CHATWOOT_URL": chatwoot.url, "CHATWOOT_INBOX_ID": chatwoot.identifier,
        "CHATWOOT_ACCOUNT_ID": "1", "CHATWOOT_API_TOKEN": chatwoot.bot_token,
    }  # fmt: skip


def worker(site, name="worker-1"):
    return process(site | {"WORKER_ID": name}, "flask", "--app", "app", "worker")


def let_pass(database, seconds):
    """Let so much time pass for what is being shown, and for jobs."""
    ago = utc_now() - timedelta(seconds=seconds)
    with database.write() as connection:
        connection.execute(update(MirrorItem).where(MirrorItem.changed_at > ago).values(changed_at=ago))
    let_jobs_wait_less(database, seconds)


def is_all_shown(line):
    return {state for _, state in states(line)} == {"done"}


def test_a_message_that_was_posted_when_the_worker_was_killed_is_not_posted_again(
    site, desk_line, chatwoot, twilio, openai
):
    openai.enqueue(*[text(f"Respuesta {n}.") for n in range(3)])
    line = desk_line()
    person = person_of(line, twilio)
    for n in range(3):
        person.send(f"Mensaje {n}")
    chatwoot.fail(Hang(after=True), method="POST", path="/api/v1")

    with worker(site) as first:
        assert chatwoot.wait_for(lambda: chatwoot.hanging == 1)
        kill(first)
    let_pass(line.parts.database, 60)
    with worker(site):
        wait_until(lambda: is_all_shown(line))

    assert shown(chatwoot) == [
        said for n in range(3) for said in (("incoming", f"Mensaje {n}"), ("outgoing", f"Respuesta {n}."))
    ]


def test_ten_first_messages_at_once_on_two_worker_processes_make_one_conversation(
    site, desk_line, chatwoot, twilio, openai
):
    openai.enqueue(*[text("Hola.")] * 10)
    chatwoot.create_takes_s = 0.3
    line = desk_line()
    with worker(site, "worker-1"), worker(site, "worker-2"):
        person = person_of(line, twilio)
        for n in range(10):
            person.send(f"Mensaje {n}")
        wait_until(lambda: len(states(line)) >= 20 and is_all_shown(line))

    assert [words for kind, words in shown(chatwoot) if kind == "incoming"] == [
        f"Mensaje {n}" for n in range(10)
    ]
