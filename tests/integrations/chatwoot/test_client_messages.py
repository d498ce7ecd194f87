"""Chatwoot's client: what is said, by whom, and what is shown beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.chatwoot.client import NOT_CONFIGURED, TOO_MANY_MESSAGES
from integrations.chatwoot.liquid import escape
from integrations.chatwoot.shapes import (
    MessageType,
    ReceiptStatus,
    Status,
    Upload,
)
from integrations.errors import may_have_been_done
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.integrations.chatwoot.requests import ANA, connect, conversation_of, refused


@pytest.fixture(scope="module")
def said_to():
    """Say it as the assistant, and return what is there then. One Chatwoot for all of these."""
    with FakeChatwoot(flood_limit=9999) as fake:
        client = connect(fake)
        id = conversation_of(client)

        def say(words, **how):
            client.post_outgoing(id, words, source_id="flaskbot:1", **how)
            return fake.messages(id)[-1].content

        yield say
        client.close()


# --- the contact's messages


def test_what_a_contact_said_is_there_as_the_contacts(chatwoot, client):
    id = conversation_of(client)

    posted = client.post_incoming(ANA, id, "¿Qué tal? 🙂\n{{contact.name}} `{% x %}`")

    kept = chatwoot.messages(id)[0]
    assert (kept.content, kept.message_type, kept.sender.name) == (
        "¿Qué tal? 🙂\n{{contact.name}} `{% x %}`", "incoming", "Ana",
    )  # fmt: skip
    assert (posted.id, posted.conversation_id, posted.message_type) == (kept.id, id, MessageType.INCOMING)
    assert abs(posted.created_at - datetime.now(UTC)) < timedelta(seconds=60)


def test_files_go_along_as_a_form(chatwoot, client):
    id = conversation_of(client)
    files = [Upload("plano ñ.png", b"\x89PNG\r\n\0", "image/png"), Upload("nota.ogg", b"OggS", "audio/ogg")]

    posted = client.post_incoming(ANA, id, "El plano: «ñ»", files)

    kept = chatwoot.messages(id)[0]
    assert kept.content == "El plano: «ñ»"
    assert [(blob.name, blob.content, blob.content_type) for blob in kept.blobs] == [
        ("plano ñ.png", b"\x89PNG\r\n\0", "image/png"),
        ("nota.ogg", b"OggS", "audio/ogg"),
    ]
    assert [(file.kind, file.size_bytes) for file in posted.attachments] == [("image", 7), ("audio", 4)]


def test_a_file_goes_without_words(chatwoot, client):
    id = conversation_of(client)

    client.post_incoming(ANA, id, "", [Upload("a.pdf", b"%PDF", "application/pdf")])

    assert chatwoot.messages(id)[0].blobs[0].file_type == "file"


def test_what_chatwoot_would_fail_at_is_left_out(chatwoot, client):
    id = conversation_of(client)

    client.post_incoming(ANA, id, "a\0b\ud800c")
    client.post_outgoing(id, "a\0b\ud800c", source_id="flaskbot:1")

    assert [message.content for message in chatwoot.messages(id)] == ["abc", "abc"]


def test_what_a_contact_says_opens_a_resolved_conversation_again(chatwoot, client):
    id = conversation_of(client)
    chatwoot.resolve(id)

    client.post_incoming(ANA, id, "Otra cosa")

    assert chatwoot.conversation(id).status == Status.OPEN


def test_the_newest_twenty_messages_are_had_the_oldest_first_and_no_notes(chatwoot, client):
    id = conversation_of(client)
    for number in range(21):
        client.post_incoming(ANA, id, str(number))
    chatwoot.operator_writes(id, "/bot off", private=True)
    chatwoot.operator_writes(id, "Hola")

    found = client.newest_messages(ANA, id)

    assert [message.content for message in found] == [*map(str, range(2, 21)), "Hola"]
    assert found[-1].message_type == MessageType.OUTGOING


def test_too_many_messages_pass_and_too_long_ones_do_not(chatwoot, client):
    chatwoot.backend.flood_limit = 2
    id = conversation_of(client)
    too_long = refused(client.post_incoming, ANA, id, "a" * 150_001)
    client.post_incoming(ANA, id, "1")
    client.post_incoming(ANA, id, "2")

    for error in (
        refused(client.post_incoming, ANA, id, "3"),
        refused(client.post_outgoing, id, "3", source_id="flaskbot:3"),
    ):
        assert (error.code, error.status, error.permanent) == (TOO_MANY_MESSAGES, 422, False)
        assert not may_have_been_done(error)
    assert (too_long.code, too_long.permanent) == (422, True)


# --- the assistant's messages


def test_what_the_assistant_said_is_there_as_the_assistants(chatwoot, client):
    id = conversation_of(client)

    posted = client.post_outgoing(id, "Hola Ana", source_id="flaskbot:9f0c")

    kept = chatwoot.messages(id)[0]
    assert (kept.message_type, kept.sender, kept.private) == ("outgoing", chatwoot.bot, False)
    assert (kept.source_id, kept.content) == ("flaskbot:9f0c", "Hola Ana")
    assert (posted.id, posted.source_id, posted.private) == (kept.id, "flaskbot:9f0c", False)


@pytest.mark.parametrize("with_file", [False, True])
@pytest.mark.parametrize("private", [False, True])
def test_a_note_is_one_and_a_message_is_none_as_json_and_as_a_form(chatwoot, client, private, with_file):
    id = conversation_of(client)
    files = [Upload("a.txt", b"a", "text/plain")] if with_file else []

    client.post_outgoing(id, "Resumen", source_id="flaskbot:1", private=private, attachments=files)

    kept = chatwoot.messages(id)[0]
    assert (kept.private, kept.message_type, len(kept.blobs)) == (private, "outgoing", len(files))
    assert kept.source_id == "flaskbot:1"


def test_outgoing_words_do_not_open_a_resolved_conversation(chatwoot, client):
    id = conversation_of(client)
    chatwoot.resolve(id)

    client.post_outgoing(id, "Gracias", source_id="flaskbot:1")

    assert chatwoot.conversation(id).status == Status.RESOLVED


@pytest.mark.parametrize(
    "said",
    [
        "Hola {{contact.name}}", "{{{contact.name}}}", "{% if x %}", "{%", "{{", "}} {{", "{ { a } }", "{`a`}",
        "`{{contact.name}}`", "`código` {{contact.name}}", "{{contact.name}} `", "```\n{{contact.name}}\n```",
        "{% raw %}x{% endraw %}", "{% raw %}{{contact.name}}{% endraw %}",
        "`{% endraw %}{{contact.name}}`", "{{'%7B'|url_decode}}",
        "{`{{contact.name}}`}", "{{`{{contact.name}}`}}", "{\n{% comment %} a {% endcomment %}", "100 % {seguro}", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("private", [False, True])
def test_the_assistants_words_come_out_as_they_are(said_to, said, private):
    assert said_to(said, private=private) == said


def test_words_with_nothing_to_escape_are_left_alone():
    said = "`code` { 'a': {'b': 1} } 50% }} %}"

    assert escape(said) == said


@pytest.mark.parametrize(("token", "account_id"), [(None, 1), (None, None), ("bot", None), ("", 1)])
def test_without_a_token_or_an_account_nothing_is_posted_as_the_assistant(chatwoot, token, account_id):
    client = connect(chatwoot, token=token, account_id=account_id)

    assert not client.can_post_outgoing
    error = refused(client.post_outgoing, 42, "Hola", source_id="flaskbot:1")
    assert (error.code, error.permanent) == (NOT_CONFIGURED, True)
    assert chatwoot.requests == []


def test_the_public_api_is_never_sent_the_token(chatwoot, client):
    id = conversation_of(client)
    client.post_incoming(ANA, id, "Hola")
    client.newest_messages(ANA, id)
    client.post_outgoing(id, "Hola", source_id="flaskbot:1")

    with_token = [asked.path for asked in chatwoot.requests if "api_access_token" in asked.headers]
    assert with_token == [f"/api/v1/accounts/1/conversations/{id}/messages"]


def test_a_wrong_token_is_401(chatwoot):
    client = connect(chatwoot, token="wrong")
    id = conversation_of(client)

    error = refused(client.post_outgoing, id, "Hola", source_id="flaskbot:1")

    assert (error.status, error.permanent) == (401, True)
    assert "wrong" not in str(error)


def test_a_conversation_that_is_not_there_any_more_is_404(chatwoot, client):
    id = conversation_of(client)
    chatwoot.delete_conversation(id)

    assert refused(client.post_outgoing, id, "Hola", source_id="flaskbot:1").status == 404
    assert refused(client.post_incoming, ANA, id, "Hola").status == 404
    assert refused(client.newest_messages, ANA, id).status == 404


# --- statuses, typing, labels, receipts


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_set(chatwoot, client, status):
    id = conversation_of(client)

    assert client.set_status(id, status) == status
    assert chatwoot.conversation(id).status == status


def test_a_receipt_is_shown_with_a_users_token(chatwoot):
    client = connect(chatwoot, token="user")
    id = conversation_of(client)
    message = chatwoot.operator_writes(id, "Hola")

    client.set_receipt(id, message.id, ReceiptStatus.READ)
    client.set_receipt(id, message.id, ReceiptStatus.DELIVERED)
    assert (message.status, message.external_error) == ("read", None)

    client.set_receipt(id, message.id, ReceiptStatus.FAILED, "63016")
    assert (message.status, message.external_error) == ("failed", "63016")


def test_a_bots_token_may_show_no_receipts(chatwoot, client):
    id = conversation_of(client)
    message = chatwoot.operator_writes(id, "Hola")

    error = refused(client.set_receipt, id, message.id, ReceiptStatus.READ)

    assert (error.status, error.permanent, message.status) == (401, True, "sent")
