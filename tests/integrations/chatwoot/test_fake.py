"""The stand-in for Chatwoot does what Chatwoot's own code does, seen through plain HTTP."""

import hashlib
import hmac
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
from tests.fakes.chatwoot.liquid import render_message

ANA = "wa_34600000001"
VALUES = {"contact": {"name": "Ana"}}


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture(scope="module")
def http():
    with httpx2.Client(timeout=5, trust_env=False) as client:
        yield client


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


class Caller:
    """Asks the public API and, with a token, the application's."""

    def __init__(self, fake, http):
        self.fake, self.http = fake, http
        self.inbox = f"{fake.url}/public/api/v1/inboxes/{fake.identifier}"

    def contact(self, **given):
        return self.http.post(f"{self.inbox}/contacts", json=given)

    def conversation(self, source_id=ANA, **given):
        return self.http.post(f"{self.inbox}/contacts/{source_id}/conversations", json=given)

    def made(self):
        self.contact(source_id=ANA, name="Ana", phone_number="+34600000001")
        return self.conversation().json()["id"]

    def says(self, id, content, **more):
        url = f"{self.inbox}/contacts/{ANA}/conversations/{id}/messages"
        return self.http.post(url, json={"content": content, **more})

    def account(self, method, path, token, **given):
        return self.http.request(
            method,
            f"{self.fake.url}/api/v1/accounts/1{path}",
            headers={"api_access_token": token} if token else {},
            **given,
        )


@pytest.fixture
def caller(chatwoot, http):
    return Caller(chatwoot, http)


# --- the public API


def test_making_a_contact_is_idempotent_and_changes_none_that_there_is(caller):
    first = caller.contact(source_id=ANA, name="Ana", phone_number="+34600000001")
    again = caller.contact(source_id=ANA, name="Eva", phone_number="+34600000002")

    assert (first.status_code, again.json()) == (200, first.json())
    assert set(first.json()) == {"source_id", "pubsub_token", "id", "name", "email", "phone_number"}


def test_a_contact_is_found_by_its_number_to_the_letter(caller):
    first = caller.contact(source_id="a", phone_number="whatsapp:+34600000001").json()

    assert first["phone_number"] == "whatsapp:+34600000001"
    assert caller.contact(source_id="b", phone_number="+34600000001").json()["id"] != first["id"]
    assert caller.contact(source_id="c", phone_number="+34600000001", name="X").json()["name"] != "X"


def test_bad_numbers_and_addresses_are_422_in_the_public_apis_way(caller):
    refused = caller.contact(source_id=ANA, phone_number="34600000001")

    assert refused.status_code == 422
    assert refused.json() == {
        "message": "Phone number should be in e164 format",
        "attributes": ["phone_number"],
    }
    assert caller.contact(source_id=ANA, email="nobody").json()["attributes"] == ["email"]
    assert caller.contact(source_id="").status_code == 500


def test_what_is_not_there_is_404_in_rails_way(caller, http, chatwoot):
    caller.contact(source_id=ANA)
    for url in (
        f"{chatwoot.url}/public/api/v1/inboxes/unknown",
        f"{caller.inbox}/contacts/unknown",
        f"{caller.inbox}/contacts/{ANA}/conversations/1/messages",
        f"{chatwoot.url}/nowhere",
    ):
        answer = http.get(url)
        assert (answer.status_code, answer.json()) == (404, {"status": 404, "error": "Not Found"})


def test_a_conversation_of_another_inbox_is_404(chatwoot, caller, http):
    id = caller.made()
    chatwoot.add_inbox("Web", identifier="web", id=4)
    other = f"{chatwoot.url}/public/api/v1/inboxes/web/contacts"
    http.post(other, json={"source_id": ANA, "phone_number": "+34600000001"})

    assert http.post(f"{other}/{ANA}/conversations/{id}/messages", json={"content": "x"}).status_code == 404


def test_conversations_come_in_no_order_with_all_their_messages(chatwoot, caller, http):
    caller.contact(source_id=ANA)
    ids = [caller.conversation().json()["id"] for _ in range(12)]
    caller.says(ids[0], "Hola")
    chatwoot.operator_writes(ids[0], "nota", private=True)

    listed = http.get(f"{caller.inbox}/contacts/{ANA}/conversations").json()

    assert [found["id"] for found in listed] != ids
    assert sorted(found["id"] for found in listed) == ids == list(range(42, 54))
    [first] = [found for found in listed if found["id"] == 42]
    assert [message["content"] for message in first["messages"]] == ["Hola"]


def test_a_locked_inbox_gives_back_the_last_conversation_even_a_resolved_one(chatwoot, caller):
    chatwoot.inbox.locked_to_single_conversation = True
    id = caller.made()
    chatwoot.resolve(id)

    again = caller.conversation(status="open").json()

    assert (again["id"], again["status"]) == (id, "resolved")


def test_two_first_calls_at_once_make_two_even_in_a_locked_inbox(http):
    with FakeChatwoot(locked=True, create_takes_s=0.1) as fake:
        caller = Caller(fake, http)
        caller.contact(source_id=ANA)
        threads = [threading.Thread(target=caller.conversation) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(fake.conversations_of(ANA)) == 2
        caller.conversation()
        assert len(fake.conversations_of(ANA)) == 2


def test_a_blocked_contacts_conversation_is_resolved_and_stays_so(chatwoot, caller):
    caller.contact(source_id=ANA)
    chatwoot.block(ANA)
    id = caller.conversation().json()["id"]

    caller.says(id, "Hola")

    assert chatwoot.conversation(id).status == "resolved"


def test_what_is_posted_there_is_the_contacts_whatever_is_said_of_it(chatwoot, caller):
    id = caller.made()

    said = caller.says(
        id, "Hola {{contact.name}}", message_type="outgoing", private=True, is_bot=True, source_id="x"
    )

    assert said.json()["message_type"] == 0
    assert said.json()["sender"]["type"] == "contact"
    kept = chatwoot.messages(id)[0]
    assert (kept.content, kept.private, kept.source_id) == ("Hola {{contact.name}}", False, None)


def test_a_post_repeated_is_a_message_more_in_spite_of_its_echo_id(chatwoot, caller):
    id = caller.made()
    for _ in range(2):
        caller.says(id, "Hola", echo_id="1")

    assert chatwoot.words(id) == [("incoming", "Hola")] * 2


@pytest.mark.parametrize(
    ("before", "has_bot", "after"),
    [
        ("resolved", False, "open"),
        ("resolved", True, "pending"),
        ("snoozed", True, "open"),
        ("pending", True, "pending"),
    ],
)
def test_a_message_of_the_contacts_opens_a_conversation_again(chatwoot, caller, before, has_bot, after):
    id = caller.made()
    chatwoot.inbox.has_bot = has_bot
    {"resolved": chatwoot.resolve, "snoozed": chatwoot.snooze, "pending": chatwoot.pend}[before](id)

    caller.says(id, "Hola")

    assert chatwoot.conversation(id).status == after


def test_the_flood_limit_is_of_a_conversation_and_a_minute(http):
    now = [1_753_700_000.0]
    with FakeChatwoot(flood_limit=3, clock=lambda: now[0]) as fake:
        caller = Caller(fake, http)
        id = caller.made()
        statuses = [caller.says(id, "Hola").status_code for _ in range(4)]
        refused = caller.says(id, "Hola")
        other = caller.says(caller.conversation().json()["id"], "Hola")
        now[0] += 61
        later = caller.says(id, "Hola")

    assert statuses == [200, 200, 200, 422]
    assert refused.json() == {"message": "Too many messages", "attributes": ["base"]}
    assert (other.status_code, later.status_code) == (200, 200)


def test_identities_are_checked_by_the_vector_of_chatwoots_own_hmac(chatwoot, caller, http):
    identifier = "+5491122334455"
    chatwoot.inbox.hmac_token, chatwoot.inbox.hmac_mandatory = "hmac_token", True
    digest = "e9ee83f82d57dcbad220a873c3547f7b03805b872a51daaee6954b8f42bc48de"
    proof = {"identifier": identifier, "identifier_hash": digest}

    assert caller.contact(source_id=ANA).status_code == 500
    assert caller.contact(source_id=ANA, **proof).status_code == 200
    assert not chatwoot.backend.links[0].hmac_verified
    http.get(f"{caller.inbox}/contacts/{ANA}", params=proof)
    assert chatwoot.backend.links[0].hmac_verified
    assert hmac.new(b"hmac_token", identifier.encode(), hashlib.sha256).hexdigest() == digest


# --- the application API


def test_an_answer_of_the_bots_is_outgoing_and_rendered(chatwoot, caller):
    id = caller.made()

    said = caller.account(
        "POST",
        f"/conversations/{id}/messages",
        chatwoot.bot_token,
        json={"content": "Hola {{contact.name}}", "source_id": "flaskbot:1"},
    ).json()

    assert (said["content"], said["message_type"], said["source_id"]) == ("Hola Ana", 1, "flaskbot:1")
    assert (said["sender"]["type"], said["status"], said["private"]) == ("agent_bot", "sent", False)


@pytest.mark.parametrize(
    ("method", "path", "bot", "user"),
    [
        ("POST", "/messages", 200, 200),
        ("GET", "/messages", 401, 200),
        ("PATCH", "/messages/901", 401, 200),
        ("POST", "/toggle_status", 200, 200),
        ("POST", "/toggle_typing_status", 200, 200),
        ("POST", "/labels", 200, 200),
        ("GET", "/labels", 200, 200),
        ("GET", "", 200, 200),
    ],
)
def test_a_bot_may_do_less_than_a_user(chatwoot, caller, method, path, bot, user):
    id = caller.made()
    caller.says(id, "Hola")
    body = {} if method == "GET" else {"json": {"content": "x", "status": "open", "labels": ["a"]}}

    got = [
        caller.account(method, f"/conversations/{id}{path}", token, **body).status_code
        for token in (chatwoot.bot_token, chatwoot.user_token, "wrong", None)
    ]

    assert got == [bot, user, 401, 401]


def test_refusals_have_the_words_of_chatwoots(chatwoot, caller):
    def said(token, path="/conversations/42/messages", method="POST"):
        return caller.account(method, path, token, json={}).json()

    assert said("wrong") == {"error": "Invalid Access Token"}
    assert said(None) == {"errors": ["You need to sign in or sign up before continuing."]}
    assert said(chatwoot.bot_token) == {"error": "Resource could not be found"}
    assert "bots" in said(chatwoot.bot_token, "/conversations/42/messages/1", "PATCH")["error"]


def test_a_flood_is_422_in_the_applications_way(chatwoot, caller):
    chatwoot.backend.flood_limit = 0
    id = caller.made()

    refused = caller.account(
        "POST", f"/conversations/{id}/messages", chatwoot.bot_token, json={"content": "a"}
    )

    assert (refused.status_code, refused.json()) == (422, {"error": "Validation failed: Too many messages"})


def test_a_status_that_is_toggled_answers_with_what_it_is(chatwoot, caller):
    id = caller.made()

    answer = caller.account(
        "POST", f"/conversations/{id}/toggle_status", chatwoot.bot_token, json={"status": "pending"}
    ).json()

    expected = {"success": True, "conversation_id": id, "current_status": "pending", "snoozed_until": None}
    assert answer == {"meta": {}, "payload": expected}


def test_an_agent_who_opens_is_assigned_and_a_bot_is_not(chatwoot, caller):
    first, second = caller.made(), caller.conversation().json()["id"]
    for id, token in ((first, chatwoot.user_token), (second, chatwoot.bot_token)):
        caller.account("POST", f"/conversations/{id}/toggle_status", token, json={"status": "open"})

    assert chatwoot.conversation(first).assignee == chatwoot.operator
    assert chatwoot.conversation(second).assignee is None


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("Hola {{contact.name}}", "Hola Ana"),
        ("Hola {{ contact.name }}{{ nobody }}", "Hola Ana"),
        ("`{{contact.name}}` {{contact.name}}", "`{{contact.name}}` Ana"),
        ("{% raw %}{{contact.name}}{% endraw %}", "{{contact.name}}"),
        ("{% raw %}`{{contact.name}}` x{% endraw %}", "{% raw %}`{{contact.name}}` x{% endraw %}"),
        ("{{contact.name}} {% unknown %}", "{{contact.name}} {% unknown %}"),
        ("{{contact.name", "{{contact.name"),
        ("{% if", "{% if"),
        ("{{'%7B%60'|url_decode}}", "{`"),
        ("50 % { a }", "50 % { a }"),
    ],
)
def test_liquid_does_what_liquid_5_4_does(content, kept):
    assert render_message(content, VALUES) == kept


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

    thread.join(5)
    assert not thread.is_alive()
