"""The stand-in for Chatwoot does what Chatwoot's own code does, seen through plain HTTP."""

import hashlib
import hmac
import threading

import pytest

from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.integrations.chatwoot.callers import ANA, Caller

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
    assert not chatwoot.backend.contacts.links[0].hmac_verified
    http.get(f"{caller.inbox}/contacts/{ANA}", params=proof)
    assert chatwoot.backend.contacts.links[0].hmac_verified
    assert hmac.new(b"hmac_token", identifier.encode(), hashlib.sha256).hexdigest() == digest
