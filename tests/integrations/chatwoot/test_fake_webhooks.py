"""The stand-in's webhooks and faults come as Chatwoot's own."""

import json
import threading
import time
from collections import deque
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from integrations.chatwoot.webhooks import MessageEvent, header, is_signed, read_event, verify
from tests.fakes.chatwoot.fake import Close, FakeChatwoot, Hang, Status, signature
from tests.integrations.chatwoot.callers import ANA, Caller
from tests.waiting import PATIENCE_S


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


class Ear:
    """Takes webhooks. status: what each is answered; hears: called with each body before that."""

    def __init__(self):
        self.heard = []
        self.raw = []
        self.statuses = deque()
        self.hears = lambda body: None
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                ear.hears(json.loads(raw))
                ear.raw.append((dict(self.headers.items()), raw))
                ear.heard.append(json.loads(raw))
                self.send_response(ear.statuses.popleft() if ear.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def messages(self):
        return [
            (body["event"], body["content"]) for body in self.heard if body["event"].startswith("message")
        ]


# --- webhooks


@pytest.fixture
def told(ear, http):
    """A Chatwoot that tells the ear."""
    with FakeChatwoot(webhook_url=ear.url) as fake:
        yield fake


def test_what_is_posted_is_told_signed_and_readable(told, ear, http):
    id = Caller(told, http).made()
    told.operator_writes(id, "Hola", attachments=[("a.png", b"png", "image/png")])
    told.webhooks.settle()

    headers, raw = ear.raw[-1]
    assert verify("webhook-secret", headers, raw, datetime.now(UTC))
    event = read_event(json.loads(raw))
    assert isinstance(event, MessageEvent)
    assert (event.content, event.sender.type, event.conversation.id, event.inbox_id) == (
        "Hola",
        "user",
        id,
        3,
    )
    assert (event.conversation.source_id, event.attachments[0].size_bytes) == (ANA, 3)


def test_the_signature_is_chatwoots_by_its_vector():
    expected = "sha256=4fbf414139098588cc31e819ccebf960699d147368b51572e7657c1332d9c962"

    assert signature("secret", "1700000000", b'{"event":"message_created"}') == expected


def test_before_chatwoot_signed_nothing_is_signed(told, ear, http):
    told.webhooks.secret = None
    Caller(told, http).made()
    told.webhooks.settle()

    assert not is_signed(ear.raw[0][0])


def test_everything_is_told_notes_included_and_activity_not(told, ear, http):
    caller = Caller(told, http)
    id = caller.made()
    caller.says(id, "Hola")
    told.operator_writes(id, "/bot off", private=True)
    told.chatwoot_writes(id, "Estamos cerrados")
    told.resolve(id)
    told.assign(id)
    told.operator_types(id)
    told.webhooks.settle()

    assert [body["event"] for body in ear.heard] == [
        "conversation_created", "message_created", "message_created", "message_created",
        "conversation_status_changed", "conversation_updated", "conversation_updated", "conversation_typing_on",
    ]  # fmt: skip
    contact, note, template = ear.heard[1:4]
    assert ("type" in contact["sender"], contact["message_type"]) == (False, "incoming")
    assert (note["private"], note["sender"]["type"]) == (True, "user")
    assert (template["message_type"], template["sender"]) == ("template", None)
    assert ear.heard[4]["changed_attributes"] == [
        {"status": {"previous_value": "open", "current_value": "resolved"}}
    ]


def test_webhooks_come_twice_with_delivery_ids_of_their_own(told, ear, http):
    told.webhooks.copies = 2
    Caller(told, http).made()
    told.webhooks.settle()

    deliveries = [header(headers, "X-Chatwoot-Delivery") for headers, _ in ear.raw]
    assert len(ear.heard) == 2
    assert len(set(deliveries)) == 2


def test_webhooks_that_are_held_come_when_and_in_the_order_they_are_let_go(told, ear, http):
    caller = Caller(told, http)
    id = caller.made()
    told.webhooks.settle()
    told.webhooks.hold()
    for text in ("1", "2", "3"):
        caller.says(id, text)
    assert told.wait_for(lambda: told.webhooks.held == 3)
    assert ear.messages() == []

    told.webhooks.release(lambda held: held[::-1])
    told.webhooks.settle()

    assert [content for _, content in ear.messages()] == ["3", "2", "1"]
    assert {body["conversation"]["messages"][0]["content"] for body in ear.heard[1:]} == {"3"}


def test_a_webhook_can_come_before_the_post_that_made_it_returns(told, ear, http):
    caller = Caller(told, http)
    id = caller.made()
    told.webhooks.settle()
    told.webhooks.before_reply = True
    heard_at = []
    ear.hears = lambda body: heard_at.append(time.monotonic())

    caller.account("POST", f"/conversations/{id}/messages", told.bot_token, json={"content": "Hola"})

    assert heard_at
    assert heard_at[0] < time.monotonic()
    assert ear.heard[-1]["sender"]["type"] == "agent_bot"


def test_a_message_whose_webhook_fails_is_failed(told, ear, http):
    id = Caller(told, http).made()
    told.webhooks.settle()
    ear.statuses.extend([500])

    message = told.operator_writes(id, "Hola")
    told.webhooks.settle()

    assert (message.status, message.external_error) == ("failed", "500 status")
    assert len(ear.messages()) == 1


# --- faults


def test_what_is_done_though_the_answer_is_lost_is_told_too(told, ear, http):
    caller = Caller(told, http)
    id = caller.made()
    told.fail(Close(after=True), path="/messages")

    with pytest.raises(httpx2.HTTPError):
        caller.says(id, "Hola")
    told.webhooks.settle()

    assert told.words(id) == [("incoming", "Hola")]
    assert ear.messages() == [("message_created", "Hola")]


def test_faults_come_in_the_order_planned_and_then_no_more(chatwoot, caller):
    id = caller.made()
    chatwoot.fail(Status(503), path="/messages", times=2)
    chatwoot.fail(Status(429), path="/messages")

    statuses = [caller.says(id, str(number)).status_code for number in range(4)]

    assert statuses == [503, 503, 429, 200]
    assert chatwoot.words(id) == [("incoming", "3")]


def test_it_keeps_everything_while_it_is_down(chatwoot, caller):
    id = caller.made()
    chatwoot.down()
    with pytest.raises(httpx2.HTTPError):
        caller.says(id, "Hola")

    chatwoot.up()

    assert caller.says(id, "Hola").status_code == 200
    assert caller.conversation().json()["id"] == id + 1


def test_it_closes_though_somebody_waits_for_an_answer(http):
    def ask(url):
        with pytest.raises(httpx2.HTTPError):
            http.get(url)

    with FakeChatwoot() as fake:
        fake.fail(Hang())
        thread = threading.Thread(target=ask, args=(fake.url + "/api",))
        thread.start()
        assert fake.wait_for(lambda: fake.hanging)

    thread.join(PATIENCE_S)
    assert not thread.is_alive()
