"""Chatwoot's client against a Chatwoot on loopback."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from integrations.chatwoot.api import base_of
from integrations.chatwoot.client import MOVED, NOT_CONFIGURED, TOO_MANY_MESSAGES, Chatwoot
from integrations.chatwoot.liquid import escape
from integrations.chatwoot.shapes import (
    Conversation,
    MessageType,
    ReceiptStatus,
    Status,
    Upload,
    choose,
    find_posted,
)
from integrations.errors import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_UNDERSTOOD,
    IntegrationError,
)
from integrations.twilio.calls import may_have_been_done
from tests.fakes.chatwoot.fake import Close, Drip, FakeChatwoot, Hang, Page
from tests.fakes.chatwoot.fake import Status as Answer

ANA, PHONE = "wa_34600000001", "+34600000001"


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture
def client(chatwoot):
    """With the agent bot's token."""
    made = connect(chatwoot)
    yield made
    made.close()


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


def connect(fake, *, url=None, token="bot", identifier=None, account_id=1, **options):
    tokens = {"bot": fake.bot_token, "user": fake.user_token, None: None}
    return Chatwoot(
        url or fake.url,
        inbox_identifier=identifier or fake.identifier,
        account_id=account_id,
        api_token=tokens.get(token, token),
        **{"total_s": 5, **options},
    )


def conversation_of(client, source_id=ANA):
    client.make_contact(source_id, "Ana", PHONE)
    return client.make_conversation(source_id).id


def refused(ask, *arguments, **given):
    with pytest.raises(IntegrationError) as caught:
        ask(*arguments, **given)
    return caught.value


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
    return Conversation(id, inbox_id, status, 1)


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


def test_typing_is_shown_and_ended(chatwoot, client):
    id = conversation_of(client)

    client.set_typing(id, True)
    client.set_typing(id, False)

    assert chatwoot.conversation(id).typing == ["on", "off"]


def test_labels_are_put_in_place_of_those_that_there_were(chatwoot, client):
    id = conversation_of(client)
    client.set_labels(id, ["vip"])

    assert client.set_labels(id, [*client.labels(id), "handoff"]) == ["vip", "handoff"]
    assert chatwoot.conversation(id).labels == ["vip", "handoff"]


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


# --- what goes wrong


def posts(client, id):
    """Each way to post, to be tried one after the other."""
    return (
        lambda: client.post_incoming(ANA, id, "Hola"),
        lambda: client.post_outgoing(id, "Hola", source_id="flaskbot:1"),
    )


def test_nothing_is_repeated_by_itself(chatwoot, client):
    id = conversation_of(client)

    for post in posts(client, id):
        chatwoot.fail(Answer(503), path="/messages")
        error = refused(post)
        assert (error.status, error.permanent) == (503, False)

    assert chatwoot.messages(id) == []


def test_too_many_requests_pass_and_say_when(chatwoot, client):
    chatwoot.fail(Page(429, "Retry later\n", {"Retry-After": "17"}))

    error = refused(client.inbox)

    assert (error.status, error.permanent, error.retry_after_s) == (429, False, 17)


def test_a_time_out_that_lies_is_found_out_by_the_newest_messages(chatwoot):
    client = connect(chatwoot, total_s=0.3)
    id = conversation_of(client)
    since = datetime.now(UTC)
    chatwoot.fail(Hang(after=True), path="/messages")

    error = refused(client.post_incoming, ANA, id, "Hola")

    assert (error.code, may_have_been_done(error)) == (NO_ANSWER_IN_TIME, True)
    found = find_posted(
        client.newest_messages(ANA, id), "Hola", message_type=MessageType.INCOMING, since=since
    )
    assert found.id == chatwoot.messages(id)[0].id


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_that_is_dropped_may_have_done_it(chatwoot, client, after):
    id = conversation_of(client)
    chatwoot.fail(Close(after=after), path="/messages")

    error = refused(client.post_outgoing, id, "Hola", source_id="flaskbot:1")

    assert (error.code, error.permanent, may_have_been_done(error)) == (CONNECTION_LOST, False, True)
    assert len(chatwoot.messages(id)) == after


@pytest.mark.parametrize("fault", [Hang(), Drip(0.02)])
def test_a_chatwoot_that_comes_to_no_end_is_left_at_the_deadline(chatwoot, fault):
    client = connect(chatwoot, total_s=0.4)
    chatwoot.fail(fault)
    began = time.monotonic()

    assert refused(client.inbox).code == NO_ANSWER_IN_TIME
    assert 0.35 < time.monotonic() - began < 0.8


def test_a_chatwoot_that_is_down_has_certainly_not_done_it_and_goes_on_when_it_is_up(chatwoot, client):
    id = conversation_of(client)
    chatwoot.down()

    for _ in range(3):
        error = refused(client.post_incoming, ANA, id, "Hola")
    assert (error.code, error.permanent, may_have_been_done(error)) == (NO_CONNECTION, False, False)

    chatwoot.up()
    client.post_incoming(ANA, id, "Hola")
    assert chatwoot.words(id) == [("incoming", "Hola")]


def test_an_address_that_sends_one_on_is_no_success(chatwoot, client):
    id = conversation_of(client)

    for post in posts(client, id):
        chatwoot.fail(Answer(301, None, {"Location": "https://example.com/"}), path="/messages")
        error = refused(post)
        assert (error.code, error.permanent, may_have_been_done(error)) == (MOVED, False, False)


@pytest.mark.parametrize(
    "answer", [Page(200), Answer(200, []), Answer(200, {}), Answer(200, {"id": "1"}), Answer(200, None)]
)
def test_an_answer_that_is_not_chatwoots_is_no_success(chatwoot, client, answer):
    id = conversation_of(client)
    asks = (
        *posts(client, id), client.inbox, lambda: client.make_contact("34600000002"),
        lambda: client.make_conversation(ANA), lambda: client.set_status(id, Status.OPEN),
        lambda: client.labels(id),
    )  # fmt: skip

    for ask in asks:
        chatwoot.fail(answer)
        error = refused(ask)
        assert (error.code, error.permanent, may_have_been_done(error)) == (NOT_UNDERSTOOD, False, True)


def test_what_is_raised_quotes_neither_words_nor_tokens_nor_addresses(chatwoot, client):
    id = conversation_of(client)
    chatwoot.fail(Answer(422, {"error": "Validation failed: Hola secreta"}), path="/messages")

    said = repr(refused(client.post_outgoing, id, "Hola secreta", source_id="flaskbot:1"))

    for secret in ("secreta", chatwoot.bot_token, "http://", chatwoot.identifier):
        assert secret not in said


def test_many_threads_get_their_own_answers(chatwoot, client):
    client.make_contact(ANA)
    ids = [client.make_conversation(ANA).id for _ in range(8)]
    got = {}

    def post(id):
        got[id] = [client.post_incoming(ANA, id, f"{id}-{n}").content for n in range(5)]

    threads = [threading.Thread(target=post, args=(id,)) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == {id: [f"{id}-{n}" for n in range(5)] for id in ids}


# --- what a post without an answer made


def test_a_message_is_found_by_its_words_its_type_and_its_time(chatwoot, client):
    id = conversation_of(client)
    first = client.post_incoming(ANA, id, "Sí")
    second = client.post_incoming(ANA, id, "Sí")
    client.post_outgoing(id, "Sí", source_id="flaskbot:1")
    messages = client.newest_messages(ANA, id)
    now = datetime.now(UTC) - timedelta(seconds=2)

    def find(content="Sí", message_type=MessageType.INCOMING, since=now, **more):
        found = find_posted(messages, content, message_type=message_type, since=since, **more)
        return found and found.id

    assert find() == first.id
    assert find(known={first.id}) == second.id
    assert find(known={first.id, second.id}) is None
    assert find("Sí\r\n\0") == first.id
    assert find("No") is None
    assert find(message_type=MessageType.OUTGOING) == messages[-1].id
    assert find(since=now + timedelta(seconds=60)) is None
    assert find(files=1) is None
