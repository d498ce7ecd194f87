"""What Chatwoot tells in a webhook, read from its body."""

import copy
import json
import random
from datetime import UTC, datetime

import pytest

from integrations.chatwoot.shapes import MessageType
from integrations.chatwoot.webhooks import (
    ConversationEvent,
    MessageEvent,
    Sender,
    SenderType,
    TypingEvent,
    read_event,
)

MESSAGE = {
    "event": "message_created",
    "id": 903,
    "content": "Hola, soy **Pedro** de ventas",
    "content_type": "text",
    "content_attributes": {},
    "message_type": "outgoing",
    "private": False,
    "source_id": None,
    "created_at": "2026-07-28T10:01:02.345Z",
    "account": {"id": 1, "name": "Acme"},
    "inbox": {"id": 3, "name": "WhatsApp"},
    "sender": {"id": 7, "name": "Pedro", "email": "pedro@example.com", "type": "user"},
    "attachments": [
        {
            "id": 1,
            "file_type": "image",
            "data_url": "https://cw.example.com/rails/active_storage/blobs/redirect/a/plano.png",
            "file_size": 1234,
            "content_type": "image/png",
        }
    ],
    "conversation": {
        "id": 42,
        "inbox_id": 3,
        "status": "open",
        "updated_at": 1753700062.5,
        "contact_inbox": {"id": 9, "source_id": "wa_34600000001"},
        "meta": {"assignee": {"id": 7, "name": "Pedro", "type": "user"}, "assignee_type": "User"},
        "messages": [{"id": 999, "message_type": 0, "content": "otro", "source_id": "x"}],
    },
}
CONVERSATION = {
    **MESSAGE["conversation"],
    "event": "conversation_status_changed",
    "status": "resolved",
    "changed_attributes": [{"status": {"previous_value": "pending", "current_value": "resolved"}}],
}


def message(**changes):
    return read_event({**copy.deepcopy(MESSAGE), **changes})


# --- messages


def test_an_operators_message_is_read_with_all_that_decides_about_it():
    event = read_event(MESSAGE)

    assert isinstance(event, MessageEvent)
    assert (event.created, event.id, event.inbox_id, event.key) == (True, 903, 3, "message_created:903")
    assert (event.message_type, event.private, event.source_id) == (MessageType.OUTGOING, False, "")
    assert event.content == "Hola, soy **Pedro** de ventas"
    assert event.sender == Sender(type="user", id=7, name="Pedro")
    assert event.created_at == datetime(2026, 7, 28, 10, 1, 2, 345000, UTC)
    link = "https://cw.example.com/rails/active_storage/blobs/redirect/a/plano.png"
    [file] = event.attachments
    assert (file.url, file.kind, file.content_type, file.size_bytes) == (link, "image", "image/png", 1234)
    conversation = event.conversation
    assert (conversation.id, conversation.inbox_id, conversation.source_id) == (42, 3, "wa_34600000001")
    assert (conversation.status, conversation.assignee_type, conversation.assignee_id) == ("open", "User", 7)
    assert conversation.updated_at == datetime.fromtimestamp(1753700062.5, UTC)


def test_the_same_message_by_another_webhook_has_the_same_key_and_its_change_has_none():
    assert message().key == message(additional_attributes={"x": 1}).key
    assert message(event="message_updated").key is None


def test_the_conversations_latest_message_is_not_taken_for_the_one_that_is_told_of():
    event = message()

    assert (event.id, event.content, event.message_type) == (903, "Hola, soy **Pedro** de ventas", "outgoing")


@pytest.mark.parametrize(
    ("sender", "type"),
    [
        ({"id": 5, "name": "Bot", "type": "agent_bot"}, SenderType.AGENT_BOT),
        ({"id": 17, "name": "Ana", "phone_number": "+34600000001"}, SenderType.CONTACT),
        ({"id": 17, "name": "Ana", "type": "contact"}, SenderType.CONTACT),
        ({"id": 3, "type": "captain_assistant"}, SenderType.OTHER),
        ({"id": 3, "type": ["user"]}, SenderType.OTHER),
        (None, SenderType.NOBODY),
        ({}, SenderType.NOBODY),
        ("user", SenderType.NOBODY),
    ],
)
def test_who_wrote_is_told_apart(sender, type):
    assert message(sender=sender).sender.type == type


@pytest.mark.parametrize("private", [True, "true", 1])
def test_what_may_be_a_note_is_one(private):
    assert message(private=private).private


def test_a_deleted_message_says_so():
    event = message(event="message_updated", content_attributes={"deleted": True})

    assert (event.deleted, event.created) == (True, False)
    assert not message().deleted


def test_a_message_with_no_words_and_no_files_is_empty():
    event = read_event(
        {name: value for name, value in MESSAGE.items() if name not in ("content", "attachments")}
    )

    assert (event.content, event.attachments) == ("", ())


def test_a_type_may_be_a_number_too():
    types = [message(message_type=number).message_type for number in range(5)]

    assert types == ["incoming", "outgoing", "activity", "template", ""]
    assert message(message_type="letter").message_type == MessageType.UNKNOWN


def test_what_no_database_keeps_is_left_out_of_the_words():
    assert message(content="a\0b\ud800c\x1bd\ne\t🙂").content == "abcd\ne\t🙂"


# --- conversations and typing


def test_a_status_that_changed_is_read_with_what_it_was():
    event = read_event(CONVERSATION)

    assert isinstance(event, ConversationEvent)
    assert (event.conversation.id, event.inbox_id, event.key) == (42, 3, None)
    assert (event.conversation.status, event.previous_status, event.status_changed) == (
        "resolved",
        "pending",
        True,
    )
    assert not event.assignee_changed


def test_a_status_that_comes_as_an_update_alone_is_read_too():
    event = read_event({**CONVERSATION, "event": "conversation_updated"})

    assert (event.status_changed, event.previous_status) == (True, "pending")


def test_an_update_of_something_else_changes_no_status():
    changes = [{"label_list": {"previous_value": [], "current_value": ["a"]}}]
    event = read_event({**CONVERSATION, "event": "conversation_updated", "changed_attributes": changes})

    assert (event.status_changed, event.assignee_changed, event.previous_status) == (False, False, None)


def test_a_new_assignee_is_read():
    changes = [{"assignee_id": {"previous_value": None, "current_value": 7}}]
    event = read_event({**CONVERSATION, "event": "conversation_updated", "changed_attributes": changes})

    assert (event.assignee_changed, event.conversation.assignee_type) == (True, "User")
    assert event.conversation.assignee_name == "Pedro"


@pytest.mark.parametrize("on", [True, False])
def test_typing_is_read_with_who_and_where(on):
    event = read_event(
        {
            "event": f"conversation_typing_{'on' if on else 'off'}",
            "user": MESSAGE["sender"],
            "conversation": MESSAGE["conversation"],
            "is_private": True,
        }
    )

    assert isinstance(event, TypingEvent)
    assert (event.on, event.private, event.by.type, event.inbox_id) == (on, True, SenderType.USER, 3)
    assert event.conversation.source_id == "wa_34600000001"


# --- whatever a body holds


@pytest.mark.parametrize(
    "body",
    [
        None, [], "message_created", 7, True, {}, {"event": None}, {"event": ["message_created"]}, {"event": {}},
        {"event": "conversation_created", "id": 42}, {"event": "webwidget_triggered"}, {"event": "message_created"},
        {"event": "message_created", "id": "903"}, {"event": "message_created", "id": True},
        {"event": "message_created", "id": 2**63}, {"event": "message_created", "id": -1},
        {"event": "conversation_updated"}, {"event": "conversation_typing_on", "conversation": []},
    ],
)  # fmt: skip
def test_what_is_no_event_of_interest_is_none(body):
    assert read_event(body) is None


def test_a_message_with_an_id_alone_is_read():
    event = read_event({"event": "message_created", "id": 1})

    assert (event.inbox_id, event.conversation.id, event.message_type) == (None, None, MessageType.UNKNOWN)
    assert event.sender.type == SenderType.NOBODY


@pytest.mark.parametrize(
    "at", [1e30, float("nan"), float("inf"), -(10**18), 10**400, "ayer", "9999-99-99", [], True, ""]
)
def test_a_time_that_is_none_is_none(at):
    assert message(created_at=at).created_at is None


@pytest.mark.parametrize("whole", [MESSAGE, CONVERSATION], ids=["message", "conversation"])
def test_no_body_of_however_strange_values_makes_reading_fail(whole):
    chance = random.Random(3)
    strange = [
        None,
        True,
        -1,
        2**70,
        1e400,
        float("nan"),
        "",
        "\0\ud800",
        [],
        [[]],
        {},
        {"id": {}},
        "x" * 3000,
    ]

    def spoilt(value):
        if chance.random() < 0.15:
            return chance.choice(strange)
        if isinstance(value, dict):
            return {name: spoilt(inner) for name, inner in value.items()}
        return [spoilt(inner) for inner in value] if isinstance(value, list) else value

    for _ in range(3000):
        event = read_event(
            {name: (name == "event" and inner) or spoilt(inner) for name, inner in whole.items()}
        )
        if isinstance(event, MessageEvent):
            json.dumps(event.content).encode()
            (event.content + event.conversation.source_id + event.sender.name).encode("utf-8")
