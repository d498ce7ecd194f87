"""What Prometheus is told: of calls, messages and work, by every process, and of nobody in particular."""

import json
import re
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

import observability.metrics as metrics
from conversation import metrics as measures
from conversation.ledger import CEILINGS, Kind
from conversation.metrics import Counter, Histogram
from jobs.backlog import QueueAge, queue_ages
from observability.metrics import Exposition
from settings import ROOT
from storage.base import utc_now
from storage.database import Database
from storage.ledger.entries import Account
from tests.fakes.openai.replies import invalid_key, stalled, text
from tests.observability.scraping import ask, by_name, samples, scrape
from tests.waiting import PATIENCE_S, wait_until

LABELS = {
    "channel",
    "direction",
    "kind",
    "le",
    "model",
    "outcome",
    "queue",
    "result",
    "route",
    "state",
    "status",
    "what",
}
OF_LATE_LOOPS = {"process", "loop"}
"""Labels of a metric that has a value only while a loop is late."""


def refusal(url, **headers):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, **headers)
    return refused.value.code


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


def test_a_call_is_told_of(line, openai):
    openai.enqueue(text("Abrimos a las nueve."), invalid_key())
    phone = line.phone()
    phone.dial()
    phone.say("¿A qué hora abren?")
    phone.say("¿Y los sábados?")

    wait_until(lambda: scrape(line.url).get(("assistant_answers_total", "phone", "failed")))

    told = scrape(line.url)
    model, [answered, _] = line.settings.openai_model, line.turns()
    assert told["assistant_answers_total", "phone", "complete"] == 1
    assert told["assistant_first_word_seconds_count", "phone"] == 2
    assert 0 < told["assistant_first_word_seconds_sum", "phone"] < 20
    assert told["assistant_model_seconds_count", model, "complete"] == 1
    assert told["assistant_model_seconds_count", model, "failed"] == 1
    assert told["assistant_model_tokens_total", "prompt", model] == answered.prompt_tokens
    assert told["assistant_model_tokens_total", "completion", model] == answered.completion_tokens
    assert told["assistant_requests_total", "/voice", "200"] == 1
    assert told["assistant_requests_total", "/gather", "200"] == len(
        [step for step in phone.steps if "/gather" in step.url]
    )


def test_an_answer_that_a_person_interrupts_is_told_apart(line, openai):
    openai.enqueue(stalled("Primera frase. Y luego"), text("De acuerdo."))
    phone = line.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    phone.post("/gather?turn=2", {"SpeechResult": "No, espere"})

    wait_until(lambda: scrape(line.url).get(("assistant_answers_total", "phone", "complete")))
    told = scrape(line.url)
    assert told["assistant_answers_total", "phone", "superseded"] == 1
    assert told["assistant_model_seconds_count", line.settings.openai_model, "stopped"] == 1


def test_messages_and_what_became_of_them_are_told_of(line, openai):
    openai.enqueue(text("¡Hola!"), text("A las nueve."))
    person = line.whatsapp()
    person.send("Hola")
    exchange = person.send("¿A qué hora abren?")

    person.repeat(exchange, times=2)  # as Twilio does whose connection broke

    wait_until(lambda: scrape(line.url).get(("assistant_receipts_total", "read")) == 2)
    told = scrape(line.url)
    assert told["assistant_whatsapp_messages_total", "in"] == 2
    assert told["assistant_whatsapp_messages_total", "out"] == 2
    assert [told["assistant_receipts_total", status] for status in ("sent", "delivered")] == [2, 2]
    assert told["assistant_answers_total", "whatsapp", "complete"] == 2


def test_a_webhook_that_is_refused_and_a_page_that_is_not_there_are_told_of_by_what_was_asked_for(line):
    for path, data in (("/voice", b"CallSid=CA1"), ("/+34600000001", None)):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(line.url + path, data=data, timeout=10)

    told = scrape(line.url)
    assert told["assistant_requests_total", "/voice", "403"] == 1
    assert told["assistant_requests_total", "none", "404"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"X-Real-IP": "203.0.113.9"},
        {"Host": "example.ngrok.app"}, {"X-Forwarded-Host": "localhost"},
    ],
)  # fmt: skip
def test_nothing_is_told_to_anybody_but_this_machine(line, headers):
    assert refusal(line.url, **headers) == 401


def test_with_a_public_address_nothing_is_told_without_the_key(open_line):
    without, with_key = (
        open_line(webhook_url="https://shop.example", **key) for key in ({}, {"metrics_key": "a-key"})
    )

    assert (
        refusal(without.url)
        == refusal(with_key.url)
        == refusal(with_key.url, Authorization="Bearer b")
        == 401
    )
    assert ask(with_key.url, Authorization="Bearer a-key", **{"X-Forwarded-For": "203.0.113.9"})


def test_who_has_reached_a_ceiling_is_counted_by_kind(line):
    with line.parts.database.write() as connection:
        for number in range(CEILINGS[Kind.TRANSFER].a_day + 2):
            line.parts.ledger.reserve(
                connection, Account("contact:1", 1), Kind.TRANSFER, f"{number}", utc_now()
            )

    told = scrape(line.url)

    assert told["assistant_ceilings_reached", "transfer"] == 1
    assert told["assistant_ceilings_reached", "photo"] == 0


def test_labels_say_nothing_of_anybody(line, openai):
    openai.default = text("Anotado, Ana Belén.")
    phone, person = (
        line.phone(from_number="+34600000017"),
        line.whatsapp(number="+34600000018", profile_name="Ana"),
    )
    phone.dial()
    phone.say("Soy Ana Belén y vivo en la calle Mayor")
    phone.hang_up()
    person.send("Mi pedido es el 8872231")
    wait_until(lambda: scrape(line.url).get(("assistant_receipts_total", "read")))

    told = samples(ask(line.url))

    assert {name for sample in told for name in sample.labels} == LABELS
    values = {value for sample in told for name, value in sample.labels.items() if name != "le"}
    said = re.compile(r"\d{4}|Ana|Belén|Mayor|pedido|CA[0-9a-f]|SM[0-9a-f]|whatsapp:")
    assert not [value for value in values if said.search(value)]


@pytest.mark.both_databases
def test_what_waits_for_the_worker_is_told_with_its_age(database, work):
    with database.write() as connection:
        work.enqueue(connection, "summarise", {})
        work.enqueue(connection, "summarise", {"n": 2})
        work.enqueue(connection, "note_topic", {}, delay_s=600)
        work.enqueue(connection, "send_whatsapp", {}, partition="a")
    now = utc_now()

    with database.read() as connection:
        soon = queue_ages(connection, now + timedelta(seconds=30))
        late = queue_ages(connection, now + timedelta(seconds=700))

    assert [(q.queue, q.waiting, q.delayed) for q in soon] == [("jobs", 2, 1), ("jobs-one-at-a-time", 1, 0)]
    assert [(q.queue, q.waiting, q.delayed) for q in late] == [("jobs", 3, 0), ("jobs-one-at-a-time", 1, 0)]
    assert all(30 <= q.oldest_s < 30 + PATIENCE_S for q in soon)
    assert 700 <= late[0].oldest_s < 700 + PATIENCE_S


def test_a_job_that_could_not_run_before_its_time_is_as_old_as_its_time(database, work):
    with database.write() as connection:
        work.enqueue(connection, "note_topic", {}, delay_s=600)

    with database.read() as connection:
        [queue, _] = queue_ages(connection, utc_now() + timedelta(seconds=650))

    assert queue.waiting == 1
    assert 50 <= queue.oldest_s < 50 + PATIENCE_S


@pytest.mark.both_databases
def test_jobs_in_hand_and_given_up_are_told_apart_and_done_ones_not_at_all(database, work):
    with database.write() as connection:
        for number in range(5):
            work.enqueue(connection, "summarise", {"n": number})
    jobs = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    ids = [row.workflow_id for row in work.client.list_workflows()]
    with database.write() as connection:
        for job_id, status in zip(ids, ("PENDING", "ERROR", "ERROR", "SUCCESS", "CANCELLED"), strict=True):
            change = sql(f"UPDATE {jobs} SET status = :status WHERE workflow_uuid = :id")
            connection.execute(change, {"status": status, "id": job_id})

    with database.read() as connection:
        told = queue_ages(connection, utc_now())

    assert told == [QueueAge("jobs", in_hand=1, dead_letters=2), QueueAge("jobs-one-at-a-time")]


@pytest.mark.both_databases
def test_queues_and_the_worker_are_told_of_also_when_there_is_nothing_to_tell(line):
    told = scrape(line.url)

    assert told["assistant_database_up",] == 1
    assert told["assistant_worker_up",] == 0
    assert told["assistant_jobs", "jobs", "waiting"] == 0
    assert told["assistant_oldest_job_seconds", "jobs-one-at-a-time"] == 0


def test_without_a_database_the_rest_is_told_all_the_same(line):
    line.phone().dial()
    blind = Exposition(
        line.parts.exposition.metrics,
        Database("sqlite:////nonexistent/a.db"),
        line.parts.ledger,
        line.parts.vitals,
    )

    told = by_name(blind.text().decode())

    assert told["assistant_database_up",] == 0
    assert told["assistant_requests_total", "/voice", "200"] == 1
    assert not [key for key in told if key[0] == "assistant_jobs"]


def test_counts_that_are_watched_for_a_rise_begin_at_0(line):
    line.parts.begin_serving()

    told = scrape(line.url)

    assert told["assistant_receipts_total", "failed"] == 0
    assert told["assistant_answers_total", "phone", "failed"] == 0
    assert told["assistant_whatsapp_messages_total", "out"] == 0


def names_told():
    named = [value for module in (measures, metrics) for value in vars(module).values()]
    gauges = re.findall(r'"(assistant_[a-z_]+)",', Path(metrics.__file__).read_text())
    counts = {m.name: m for m in named if isinstance(m, Counter | Histogram)}
    endings = {name: ("_bucket" if isinstance(m, Histogram) else "_total") for name, m in counts.items()}
    return {f"{name}{endings.get(name, '')}" for name in {*counts, *gauges}}


def test_the_dashboard_shows_each_metric_and_asks_for_no_other():
    panels = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())["panels"]
    asked = " ".join(target["expr"] for panel in panels for target in panel.get("targets", []))

    assert set(re.findall(r"assistant_[a-z_]+", asked)) == names_told()
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_each_metric_is_documented_with_its_labels():
    document = (ROOT / "docs/metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(assistant_[a-z_]+)` \| (.*?) \|", document, re.MULTILINE))

    assert {name.removesuffix("_bucket") for name in names_told()} == set(rows)
    assert {label for labels in rows.values() for label in re.findall(r"`(\w+)`", labels)} == LABELS - {
        "le"
    } | OF_LATE_LOOPS
