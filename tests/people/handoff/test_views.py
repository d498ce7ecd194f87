"""Who may use the API for handoffs, and how often."""

import shutil

import pytest

from app import create_app
from integrations.elevenlabs.openapi import PATH
from people.handoff.views import DOCUMENT, EVERYBODY, TOTAL_LIMIT, rate_limits

KEY = {"X-API-Key": "s3cret"}
MOST = 30
"""Requests of an address in a minute."""


@pytest.fixture
def open_api(make_settings):
    """Start an application that asks for a key, and return a client of it."""
    opened = []

    def open_one(**values):
        opened.append(create_app(make_settings(**{"handoff_api_key": "s3cret"} | values)))
        return opened[-1].test_client()

    yield open_one
    for app in opened:
        app.extensions["container"].end_serving()
        app.extensions["container"].database.close()


@pytest.fixture
def ask(monkeypatch):
    """Send a body that is no handoff; a request that may is told 422. No window ends meanwhile."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_030.0)
    return lambda client, headers=KEY: client.post(PATH, data="{}", headers=headers)


def test_the_limit_is_said_with_what_is_left_of_it(open_api, ask):
    client = open_api()

    first, *_, last, refused = [ask(client) for _ in range(MOST + 1)]

    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("30", "29")
    assert (last.status_code, last.headers["X-RateLimit-Remaining"]) == (422, "0")
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) == 30
    assert {answer.headers["X-RateLimit-Reset"] for answer in (first, refused)} == {"1800000060"}
    assert "Retry-After" not in first.headers


def test_requests_without_the_key_are_not_counted(open_api, ask):
    client = open_api()

    assert {ask(client, {}).status_code for _ in range(MOST + 1)} == {401}
    assert ask(client).headers["X-RateLimit-Remaining"] == "29"


def test_the_document_is_not_limited(open_api):
    client = open_api()

    answers = [client.get(DOCUMENT) for _ in range(MOST + 1)]

    assert {(answer.status_code, "X-RateLimit-Limit" in answer.headers) for answer in answers} == {
        (200, False)
    }


@pytest.mark.both_databases
def test_the_processes_of_an_installation_count_together(open_api, ask):
    clients = [open_api(), open_api()]

    answers = [ask(client).status_code for _ in range(MOST // 2) for client in clients]

    assert set(answers) == {422}
    assert [ask(client).status_code for client in clients] == [429, 429]


@pytest.mark.both_databases
def test_all_addresses_together_have_a_limit_above(open_api, ask):
    client = open_api()
    with client.application.app_context():
        for _ in range(TOTAL_LIMIT.most - 1):
            rate_limits().count([(TOTAL_LIMIT, EVERYBODY)])

    answers = [ask(client, KEY | {"X-Forwarded-For": f"198.51.100.{number}"}) for number in (1, 2)]

    assert [answer.status_code for answer in answers] == [422, 429]
    assert answers[0].headers["X-RateLimit-Limit"] == "30"
    assert 60 < int(answers[1].headers["Retry-After"]) <= 3600
    assert "600 per 1 hour" in answers[1].json["detail"]


def test_installations_in_one_process_count_apart(open_api, ask, sqlite_template, tmp_path):
    first = open_api()
    for _ in range(MOST + 1):
        ask(first)
    shutil.copy(sqlite_template, tmp_path / "second.db")
    second = open_api(
        webhook_url="https://second.example", database_url=f"sqlite:///{tmp_path / 'second.db'}"
    )

    assert (ask(first).status_code, ask(second).status_code) == (429, 422)
    assert second.get(DOCUMENT).json["servers"] == [{"url": "https://second.example"}]
    assert first.get(DOCUMENT).json["servers"] != second.get(DOCUMENT).json["servers"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}, {"Via": "1.1 proxy"}],
)  # fmt: skip
def test_without_a_key_no_page_of_another_site_may_ask(open_api, ask, headers):
    client = open_api(handoff_api_key=None)

    assert ask(client, {}).status_code == 422
    assert ask(client, headers).status_code == 401


def test_with_a_public_address_and_without_a_key_nobody_may_ask(open_api, ask):
    answer = ask(open_api(handoff_api_key=None, webhook_url="https://shop.example"), {})

    assert answer.status_code == 401
    assert "HANDOFF_API_KEY" in answer.json["detail"] and "WEBHOOK_URL" in answer.json["detail"]
