"""What Prometheus is told by several processes is their sum."""

from pathlib import Path

import pytest

from tests.fakes.openai.replies import text
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Refuse
from tests.observability.scraping import scrape
from tests.processes import a_phone, process, web
from tests.simulator.phones import whatsapp_at
from tests.waiting import wait_until

# Several processes


@pytest.fixture
def site(environment):
    return environment | {"WEB_CONCURRENCY": "2", "WHATSAPP_SETTLE_S": "0", "WHATSAPP_TWIML_WAIT_S": "0.1"}


def url_of(site):
    return f"http://127.0.0.1:{site['PORT']}"


def counted_by(site, route):
    """How many processes have counted requests of a route."""
    files = (Path(site["DATA_DIR"]) / "metrics").glob("counter_*.db")
    return sum(f'"{route}"'.encode() in file.read_bytes() for file in files)


def test_web_processes_tell_their_sum_whichever_is_asked(site, make_settings):
    with web(site):
        asked = 0
        while counted_by(site, "/voice") < 2:
            with a_phone(site, make_settings()) as phone:
                phone.dial()
            asked += 1
            assert asked < 200, "one process answered all"

        told = [scrape(url_of(site))["assistant_requests_total", "/voice", "200"] for _ in range(6)]

    assert told == [asked] * 6


def test_what_the_worker_counts_is_told_by_the_web_processes(site, openai):
    openai.default = text("Aquí estoy.", first_token_s=1)
    with FakeTwilio() as twilio:
        twilio.fail(Refuse(400, 63003), method="POST", path="Messages.json")
        site |= {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_API_URL": twilio.url,
            "WEBHOOK_URL": url_of(site),
        }  # fmt: skip
        with web(site), process(site, "flask", "--app", "app", "worker"):
            with whatsapp_at(url_of(site), ACCOUNT_SID, AUTH_TOKEN) as person:
                person.send("Hola")
            wait_until(lambda: scrape(url_of(site)).get(("assistant_receipts_total", "failed")))
            told = scrape(url_of(site))

    assert told["assistant_worker_up",] == 1
    assert told["assistant_receipts_total", "failed"] == 1
    assert told["assistant_whatsapp_messages_total", "in"] == 1
    assert told["assistant_whatsapp_messages_total", "out"] == 1
