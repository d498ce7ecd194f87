"""`flask --app app crm ...`: what a CRM refused is kept by a worker, shown, and told again."""

import threading
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cli.console import Terminal
from cli.crm import CrmServices, crm_group
from integrations.crm.client import CrmWebhook
from integrations.errors import IntegrationError
from jobs.job import Job
from jobs.worker import Pace, Worker
from people.crm.publisher import JOB, CrmEvents
from tests.fakes.crm import FakeCrm, LoseAnswer, Refuse
from tests.people.crm.business import Business, Clock


@pytest.fixture
def crm():
    with FakeCrm() as fake:
        yield fake


@pytest.fixture
def business(database, work, crm):
    clock, client = Clock(), CrmWebhook(crm.url, None)
    yield Business(database, work, CrmEvents(database, work, client, clock=clock), clock)
    client.close()


class Works:
    """A worker that tells the CRM, and tries what may pass three times."""

    def __init__(self, url, events):
        self.stop = threading.Event()
        worker = Worker(
            url,
            worker_id="worker-1",
            jobs={JOB: Job(events.deliver, attempts=3, backoff_s=0.1)},
            is_permanent=lambda error: isinstance(error, IntegrationError) and error.permanent,
            pace=Pace(beat_s=0.25, lease_s=5),
        )
        self.thread = threading.Thread(target=worker.run, args=(self.stop,))

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def run(work, *arguments, language="en", is_set=True):
    services = CrmServices(work, ZoneInfo("Europe/Madrid"), is_set=is_set)
    group = crm_group(Terminal(language), lambda: services, lambda: None)
    return CliRunner(env={"COLUMNS": "160"}).invoke(group, arguments)


def waited_for(crm, work, count):
    return crm.wait_for(lambda: len(work.dead_letters(JOB)) == count)


def test_what_a_crm_refused_is_shown_with_why_and_can_be_told_again(business, crm, work, database_url):
    crm.plan(Refuse(422))
    handoff = business.hand_off(business.write())

    with Works(database_url, business.events):
        assert waited_for(crm, work, 1)
        shown, retried = run(work, "failed"), run(work, "retry")
        assert crm.wait_for(lambda: crm.events)

    row = next(line for line in shown.stdout.splitlines() if "handoff:" in line)
    assert f"handoff:{handoff}" in row and "the CRM answered 422" in row
    assert (retried.exit_code, retried.stdout.split(".")[0]) == (0, "To be told again: 1")
    assert [posted.key for posted in crm.posted] == [f"handoff:{handoff}"] * 2
    assert run(work, "failed").stdout.strip() == "The CRM has all that it was told."


def test_what_was_tried_to_the_end_is_shown_too_and_one_of_several_can_be_told(
    business, crm, work, database_url
):
    crm.plan(LoseAnswer())
    crm.plan(Refuse(503), times=5)
    first = business.hand_off(business.write())

    with Works(database_url, business.events):
        assert waited_for(crm, work, 1)
        second = business.hand_off(business.write(number="+34600000002"))
        assert waited_for(crm, work, 2)
        shown = run(work, "failed", language="es").stdout
        assert "Se le cuentan otra vez: 1" in run(work, "retry", f"handoff:{second}", language="es").stdout
        assert crm.wait_for(lambda: len(crm.posted) == 7)
        assert waited_for(crm, work, 1)

    assert shown.index(f"handoff:{first}") < shown.index(f"handoff:{second}")
    assert "el CRM respondió 503" in shown
    assert [dead_letter.order.payload["id"] for dead_letter in work.dead_letters(JOB)] == [first]


def test_an_event_that_was_not_refused_is_no_event_to_retry(work):
    ended = run(work, "retry", "handoff:9")

    assert ended.exit_code == 2 and "handoff:9" in ended.stderr


def test_without_a_crm_nothing_is_told_again(work):
    ended = run(work, "retry", is_set=False)

    assert ended.exit_code == 2 and "CRM_WEBHOOK_URL" in ended.stderr
