"""Chatwoot's client where Chatwoot refuses, hangs, breaks off or is down."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from integrations.chatwoot.client import MOVED
from integrations.chatwoot.shapes import (
    MessageType,
    Status,
    find_posted,
)
from integrations.errors import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_UNDERSTOOD,
    may_have_been_done,
)
from tests.fakes.chatwoot.fake import Close, Drip, Hang, Page
from tests.fakes.chatwoot.fake import Status as Answer
from tests.integrations.chatwoot.requests import ANA, connect, conversation_of, refused
from tests.waiting import LATE_S

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
    client = connect(chatwoot, total_s=1.5)
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
    client = connect(chatwoot, total_s=1.5)
    chatwoot.fail(fault)
    began = time.monotonic()

    assert refused(client.inbox).code == NO_ANSWER_IN_TIME
    assert 1.4 < time.monotonic() - began < LATE_S


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
