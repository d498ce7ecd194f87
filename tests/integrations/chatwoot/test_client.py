"""Chatwoot's client against a Chatwoot on loopback."""

import pytest

from integrations.chatwoot.api import base_of
from integrations.chatwoot.shapes import (
    Conversation,
    Status,
    choose,
)
from tests.integrations.chatwoot.requests import ANA, PHONE, connect, conversation_of, refused

# --- where it is


@pytest.mark.parametrize(
    "ending",
    ["", "/", "//", "/public/api/v1", "/public/api/v1/", "/api/v1", "/app/accounts/1/dashboard", " \n"],
)
def test_the_address_may_be_written_in_many_ways(chatwoot, ending):
    assert connect(chatwoot, url=chatwoot.url + ending).inbox().name == "WhatsApp"


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("http://app/", "http://app"),
        ("http://api:3000", "http://api:3000"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://example.com/support/public/api/v1/", "https://example.com/support"),
        ("https://example.com/app/accounts/1/inbox/3?x=1#y", "https://example.com"),
    ],
)
def test_a_host_or_a_folder_is_not_taken_for_a_route(written, base):
    assert base_of(written) == base


def test_the_inbox_says_whether_it_asks_for_identities(chatwoot, client):
    assert not client.inbox().requires_identity

    chatwoot.inbox.hmac_mandatory = True
    assert client.inbox().requires_identity


def test_an_unknown_inbox_is_404(chatwoot):
    error = refused(connect(chatwoot, identifier="another").inbox)

    assert (error.status, error.permanent) == (404, True)


def test_an_identifier_cannot_lead_to_another_route(chatwoot):
    assert refused(connect(chatwoot, identifier=f"../inboxes/{chatwoot.identifier}").inbox).status == 404


# --- contacts


def test_a_contact_is_made_once_however_often_it_is_asked_for(chatwoot, client):
    first = client.make_contact(ANA, "Ana", PHONE)
    second = client.make_contact(ANA, "Somebody else", "+34600000002")

    assert (first.source_id, first.name, first.phone) == (ANA, "Ana", PHONE)
    assert second == first
    assert len(chatwoot.contacts) == 1


def test_the_seeds_source_id_of_digits_alone_is_taken(client):
    assert client.make_contact("34600000001", "Ana", PHONE).source_id == "34600000001"


@pytest.mark.parametrize(
    ("phone", "kept"),
    [("whatsapp:" + PHONE, PHONE), ("", None), ("anonymous", None), ("34600000001", None), ("+0123", None)],
)
def test_a_number_is_kept_without_its_prefix_and_what_is_none_is_left_out(chatwoot, client, phone, kept):
    client.make_contact(ANA, "Ana", phone)

    assert chatwoot.contacts[0].phone_number == kept


def test_a_contact_that_chatwoot_knew_by_the_number_is_taken_up_again(chatwoot, client):
    other = chatwoot.add_inbox("Web", identifier="web", id=4)
    connect(chatwoot, identifier=other.identifier).make_contact("abc", "Ana García", PHONE)

    assert client.make_contact(ANA, "Ana", PHONE).name == "Ana García"
    assert len(chatwoot.contacts) == 1


def test_a_contact_with_no_name_gets_one_of_chatwoots(client):
    assert "-" in client.make_contact(ANA).name


@pytest.mark.parametrize("source_id", ["", "a/b", "a.b", "..", "a b", "ñ", "whatsapp:+1/../x", "a\n"])
def test_a_source_id_that_would_break_the_route_is_refused_unasked(chatwoot, client, source_id):
    for ask in (client.make_contact, client.conversations, client.make_conversation):
        with pytest.raises(ValueError, match="source_id"):
            ask(source_id)
    assert chatwoot.requests == []


# --- conversations


def test_a_new_conversation_is_listed(client):
    made = client.make_contact(ANA) and client.make_conversation(ANA)

    assert client.conversations(ANA) == [made]
    assert (made.id, made.inbox_id, made.status, made.account_id) == (42, 3, "open", 1)


def test_an_open_inbox_makes_a_conversation_each_time_and_a_locked_one_does_not(chatwoot, client):
    client.make_contact(ANA)
    assert client.make_conversation(ANA) != client.make_conversation(ANA)

    chatwoot.inbox.locked_to_single_conversation = True
    assert client.make_conversation(ANA).id == 43


def test_with_an_agent_bot_a_conversation_is_pending(chatwoot, client):
    chatwoot.inbox.has_bot = True

    assert chatwoot.conversation(conversation_of(client)).status == Status.PENDING


def test_a_contact_that_is_not_there_is_404(client):
    assert refused(client.conversations, ANA).status == 404
    assert refused(client.make_conversation, ANA).status == 404
    assert refused(client.post_incoming, ANA, 42, "Hola").status == 404


def conversation(id, status="open", inbox_id=3):
    return Conversation(id=id, inbox_id=inbox_id, status=status)


@pytest.mark.parametrize(
    ("conversations", "chosen"),
    [
        ([], None),
        ([conversation(1)], 1),
        ([conversation(2), conversation(9), conversation(5)], 9),
        ([conversation(9, "resolved"), conversation(2, "snoozed"), conversation(1)], 2),
        ([conversation(2, "resolved"), conversation(9, "resolved")], 9),
        ([conversation(9, inbox_id=4), conversation(1, "resolved")], 1),
        ([conversation(9, inbox_id=4)], None),
        ([conversation(9, inbox_id=None)], None),
    ],
)
def test_the_newest_that_is_not_resolved_is_chosen_of_this_inbox(conversations, chosen):
    found = choose(conversations, 3)

    assert (found and found.id) == chosen


def test_without_an_inbox_any_is_chosen():
    assert choose([conversation(9, inbox_id=4), conversation(1)]).id == 9
