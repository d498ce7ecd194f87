# ruff: noqa: E501  (tables of command lines and of rows are read by the line)
"""The dashboard's pages: their words, in Spanish and in English, over a small past."""

import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser

import pytest

from tests.contract.seams import LANGUAGES, application
from tests.contract.snapshot import hold

AT = "2026-11-21 {}:00.000000"
PASSWORD = "correct horse"
READ_ALOUD = (
    "title",
    "placeholder",
    "aria-label",
    "alt",
    "label",
    "value",
    "data-confirm",
    "content",
    "datetime",
)
PAGES = (
    "/dashboard/", "/dashboard/today", "/dashboard/conversations", "/dashboard/conversations?q=hablar",
    "/dashboard/conversations?q=nothing+at+all", "/dashboard/conversations/1", "/dashboard/conversations/2",
    "/dashboard/conversations/3", "/dashboard/conversations/2/transcript", "/dashboard/conversations/99",
    "/dashboard/calls", "/dashboard/calls/going-on", "/dashboard/messages", "/dashboard/messages?status=failed",
    "/dashboard/handoffs", "/dashboard/assistant", "/dashboard/campaigns", "/dashboard/phone", "/dashboard/whatsapp",
    "/dashboard/nothing", "/dashboard/media/1/1",
)  # fmt: skip


def rows():
    """Each table's rows, written as columns: the contract is theirs, not the code's."""

    def contact(id, address, name=""):
        return {"id": id, "address": address, "name": name, "simulated": 0, "created_at": AT.format("09:00")}

    def conversation(id, contact_id, channel, **more):
        return {
            "id": id, "key": f"{channel}:{id}", "contact_id": contact_id, "channel": channel, "background": "",
            "summary": "", "summary_upto": 0, "topic": "", "created_at": AT.format("10:00"),
        } | more  # fmt: skip

    def turn(id, conversation_id, number, heard, said, **more):
        return {
            "id": id, "conversation_id": conversation_id, "number": number, "kind": "speech", "heard": heard,
            "state": "complete", "sentences": f'["{said}"]', "failures": 0, "owner": "x", "epoch": 1,
            "beat_at": AT.format("10:01"), "created_at": AT.format("10:01"), "first_sentence_ms": 700 * id,
            "model": "gpt-test", "prompt_tokens": 1000, "completion_tokens": 50,
        } | more  # fmt: skip

    def message(id, outbound, body, status, **more):
        return {
            "id": id, "conversation_id": 2, "outbound": outbound, "kind": "text", "body": body, "status": status,
            "created_at": AT.format(f"10:{id:02}"), "changed_at": AT.format(f"10:{id:02}"),
        } | more  # fmt: skip

    def call(id, conversation_id, status, **more):
        return {
            "id": id, "call_sid": f"CA{id:032}", "conversation_id": conversation_id, "direction": "inbound",
            "from_number": "+34600000001", "to_number": "+12025550100", "status": status, "started_at": AT.format("10:00"),
        } | more  # fmt: skip

    statuses = ("queued", "sent", "delivered", "read", "undelivered", "failed", "sending", "waiting", "held")
    return {
        "contacts": [contact(1, "+34600000001"), contact(2, "+34600000002", "Ana"), contact(3, "withheld:1")],
        "conversations": [
            conversation(1, 1, "phone", closed_at=AT.format("10:05")),
            conversation(2, 2, "whatsapp", human_until=AT.format("18:00"), human="Eva", our_address="whatsapp:+12025550100"),
            conversation(3, 3, "phone", topic="Horario"),
        ],
        "turns": [
            turn(1, 1, 1, "¿A qué hora abren?", "A las nueve."),
            turn(2, 1, 2, "Quiero hablar con una persona", "Le paso.", state="failed", ending="transfer"),
            turn(3, 2, 1, "Hola", "Buenas."),
            turn(4, 3, 1, "1", "Un momento.", kind="digits", ending="hang-up"),
        ],
        "calls": [
            call(1, 1, "completed", ended_at=AT.format("10:05"), answered_at=AT.format("10:00"), duration_s=300),
            call(2, 3, "in-progress"),
        ],
        "messages": [
            message(1, 0, "Hola", "settled"), message(2, 0, "", "settled", kind="image"),
            *(message(n, 1, "Buenas", status, error_code=63016 if status == "failed" else None) for n, status in enumerate(statuses, 3)),
        ],
        "handoffs": [
            {
                "id": n, "conversation_id": n, "reason": "Pide una persona", "summary": "Quiere una cita", "message": words,
                "state": state, "owner": owner, "source": source, "created_at": AT.format("10:04"), "updated_at": AT.format("10:04"),
            }
            for n, words, state, owner, source in (
                (1, "Llámenme", "message", "", "assistant"), (2, "", "open", "Eva", "words"), (3, "", "open", "", "key"),
            )
        ],
    }  # fmt: skip


class Words(HTMLParser):
    """What a page shows, a piece of text a line; also what attributes and its scripts' data say."""

    def __init__(self):
        super().__init__()
        self.lines, self._hidden = [], ""

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "style" or (tag == "script" and "json" not in (given.get("type") or "")):
            self._hidden = tag
        for name, value in attributes:
            told = name in READ_ALOUD or name.startswith("data-")
            if (
                told
                and value
                and given.get("name") not in ("csrf-token", "csrf_token", "form_number", "viewport", "wanted")
            ):
                self._add(f"[{name}] {value}")

    def handle_endtag(self, tag):
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data):
        if not self._hidden:
            self._add(data)

    def _add(self, text):
        if text.strip():
            self.lines.append(" ".join(text.split()))


def words_of(response):
    if "html" not in response.content_type:
        return f"({response.content_type})\n{response.text.strip()}"
    page = Words()
    page.feed(response.text)
    return "\n".join(page.lines)


@pytest.fixture
def app(make_app, monkeypatch):
    application.stop_the_clock(monkeypatch)
    app = make_app(secret_key="s", openai_price_in=1, openai_price_out=2)
    with closing(sqlite3.connect(application.database_file(app))) as connection, connection:
        for table, found in rows().items():
            for row in found:
                names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({names}) values ({marks})", tuple(row.values()))
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_dashboard(app, language):
    client = app.test_client()
    told = []
    for path in PAGES:
        response = client.get(path, headers={"Accept-Language": language})
        told.append(f"## {path}: {response.status_code}\n\n{words_of(response)}\n")

    hold(f"pages_{language}.txt", "\n".join(told))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_login_and_what_it_refuses(make_app, monkeypatch, language):
    application.stop_the_clock(monkeypatch)
    app = make_app(secret_key="s", dashboard_password=PASSWORD)
    client, asked, told = app.test_client(), {"Accept-Language": language}, []
    page = client.get("/dashboard/login", headers=asked)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]
    told.append(words_of(page))
    for form in ({"password": "x"}, {"password": "x", "csrf_token": token}):
        refused = client.post("/dashboard/login", data=form, headers=asked)
        told.append(f"{refused.status_code}\n{words_of(refused)}")
    stranger = make_app().test_client().get("/dashboard/", headers=asked | {"X-Forwarded-For": "203.0.113.9"})
    told.append(f"{stranger.status_code}\n{words_of(stranger)}")

    hold(f"login_{language}.txt", "\n\n".join(told))
