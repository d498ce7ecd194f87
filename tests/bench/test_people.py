"""The bench of bringing in people: its Chatwoot says what the faithful one says, and a tiny run loses nothing."""

import asyncio
import json
import threading
from contextlib import contextmanager
from functools import partial

import pytest

from bench.backlog import INBOX, TOKEN, Backlog
from bench.backlog import Chatwoot as Desk
from bench.handovers import PATH, ask_by_turns
from bench.servers.chatwoot_server import FLOOD_LIMIT, Connection, Inbox
from bench.servers.stand_in import StandIn
from integrations.chatwoot.client import TOO_MANY_MESSAGES, Chatwoot
from integrations.chatwoot.shapes import Status
from integrations.errors import IntegrationError
from tests.bench.tables import table_of
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.waiting import PATIENCE_S

ANA, SOURCE = "+34600000001", "34600000001"
TINY = (
    "--turns", "2", "--contacts", "10", "--exchanges", "2", "--backlog", "3", "--handoffs", "3",
)  # fmt: skip


@contextmanager
def served(connection):
    """Serve a stand-in in a thread of its own, and give its port."""
    loop, ports = asyncio.new_event_loop(), []
    ready = threading.Event()

    async def listen():
        server = await loop.create_server(connection, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()

    def run():
        loop.run_until_complete(listen())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE_S)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)


@pytest.fixture
def desk():
    with served(partial(Connection, Inbox())) as port:
        yield Desk(port)


@contextmanager
def client_of(url, identifier, token, **options):
    client = Chatwoot(url, inbox_identifier=identifier, account_id=1, api_token=token, **options)
    try:
        yield client
    finally:
        client.close()


def talk(client):
    """Ask whatever the mirror asks, and return the answers without numbers, which each gives as it likes."""
    contact = client.make_contact(SOURCE, "Ana", ANA)
    client.rename_contact(SOURCE, "Ana López")
    renamed = client.contact(SOURCE)
    before = client.conversations(SOURCE)
    conversation = client.make_conversation(SOURCE)
    messages = [
        client.post_incoming(SOURCE, conversation.id, "¿Abren hoy?"),
        client.post_outgoing(conversation.id, "Sí, hasta las ocho.", source_id="flaskbot:1:0"),
        client.post_outgoing(conversation.id, "Solo para el equipo", source_id="flaskbot:2:0", private=True),
    ]
    newest = client.newest_messages(SOURCE, conversation.id)
    status = client.set_status(conversation.id, Status.OPEN)
    assert {message.conversation_id for message in (*messages, *newest)} == {conversation.id}
    assert [found.id for found in client.conversations(SOURCE)] == [conversation.id]
    assert [message.id for message in newest] == [message.id for message in messages[:2]]
    return {
        "contact": (contact.source_id, contact.name, contact.phone),
        "renamed": (renamed.source_id, renamed.name, renamed.phone),
        "before": before,
        "conversation": (conversation.inbox_id, conversation.status, conversation.account_id),
        "said": [(m.content, m.message_type, m.private, m.source_id, m.created_at is None) for m in messages],
        "newest": [(m.content, m.message_type, m.private) for m in newest],
        "status": status,
    }


def refusals(client):
    """Ask for what is not there; return how each is refused."""
    asked = [
        lambda: client.contact("34600000009"),
        lambda: client.conversations("34600000009"),
        lambda: client.make_conversation("34600000009"),
        lambda: client.post_incoming(SOURCE, 9999, "Hola"),
        lambda: client.newest_messages(SOURCE, 9999),
        lambda: client.post_outgoing(9999, "Hola", source_id="flaskbot:3:0"),
        lambda: client.set_status(9999, Status.OPEN),
    ]
    return [refusal_of(ask) for ask in asked]


def refusal_of(ask):
    with pytest.raises(IntegrationError) as refused:
        ask()
    return refused.value.status, refused.value.code


def test_the_benchs_chatwoot_answers_what_the_faithful_one_answers(desk):
    with FakeChatwoot() as fake, client_of(fake.url, fake.identifier, fake.bot_token) as client:
        expected = talk(client), refusals(client)

    with client_of(desk.url, INBOX, TOKEN) as client:
        assert (talk(client), refusals(client)) == expected


@pytest.mark.parametrize("as_assistant", [False, True])
def test_the_benchs_chatwoot_takes_no_more_than_200_messages_of_a_conversation_in_a_minute(
    desk, as_assistant
):
    with client_of(desk.url, INBOX, TOKEN) as client:
        client.make_contact(SOURCE)
        conversation = client.make_conversation(SOURCE)
        for n in range(FLOOD_LIMIT):
            client.post_incoming(SOURCE, conversation.id, f"Mensaje {n}")

        def one_more():
            if as_assistant:
                client.post_outgoing(conversation.id, "Otro", source_id="flaskbot:1:0")
            else:
                client.post_incoming(SOURCE, conversation.id, "Otro")

        assert refusal_of(one_more) == (422, TOO_MANY_MESSAGES)

    assert desk.counts()["messages"] == FLOOD_LIMIT


def test_a_chatwoot_that_hangs_counts_whom_it_left_waiting(desk):
    desk.pace(0, hangs=True)
    with client_of(desk.url, INBOX, TOKEN, total_s=0.2) as client, pytest.raises(IntegrationError):
        client.make_contact(SOURCE)

    assert desk.counts()["left"] == 1


@pytest.mark.parametrize(
    ("words", "astray"),
    [
        (["¿Y a qué hora abren ustedes? Pregunta 1 de +34600000001", "Mañana abrimos a las nueve, 1."], 0),
        (["Mañana abrimos a las nueve, 1.", "¿Y a qué hora abren ustedes? Pregunta 1 de +34600000001"], 1),
        (["¿Y a qué hora abren ustedes? Pregunta 1 de +34600000001"], 1),
    ],
)
def test_words_that_are_missing_or_out_of_order_are_astray(desk, tmp_path, words, astray):
    with client_of(desk.url, INBOX, TOKEN) as client:
        client.make_contact(SOURCE)
        conversation = client.make_conversation(SOURCE)
        for said in words:
            client.post_incoming(SOURCE, conversation.id, said)

    backlog = Backlog(f"sqlite:///{tmp_path / 'bench.db'}", desk)
    try:
        assert backlog.astray([ANA], 1) == astray
    finally:
        backlog.close()


def test_a_second_conversation_of_a_contact_is_astray(desk, tmp_path):
    with client_of(desk.url, INBOX, TOKEN) as client:
        client.make_contact(SOURCE)
        for _ in range(2):
            conversation = client.make_conversation(SOURCE)
        client.post_incoming(SOURCE, conversation.id, "Hola")

    backlog = Backlog(f"sqlite:///{tmp_path / 'bench.db'}", desk)
    try:
        assert backlog.astray([ANA, "+34600000002"], 1) == 2
    finally:
        backlog.close()


class Answering(StandIn):
    """Both servers in one: says the same to each handoff, and takes each message."""

    def __init__(self, status, body, asked):
        super().__init__()
        self._status, self._body, self._asked = status, body, asked

    def asked(self, method, target, body):
        if target == PATH:
            self._asked.append(json.loads(body))
            self.reply(self._body, self._status)
        else:
            self.reply({"sid": "SM1"}, "201 Created")


@pytest.mark.parametrize(
    ("status", "body", "errors"),
    [
        ("200 OK", {"status": "ok", "message_sid": "SM1"}, {}),
        ("200 OK", {"status": "queued", "message_sid": None}, {"HTTP 200": 8}),
        ("429 Too Many Requests", {"detail": "Too many"}, {"HTTP 429": 8}),
    ],
)
def test_a_handoff_counts_where_the_seller_was_told_and_is_an_error_elsewhere(status, body, errors):
    asked = []
    with served(lambda: Answering(status, body, asked)) as port:
        done = ask_by_turns(port, port, 2)

    assert done.errors == errors
    assert (len(done.took_s), len(done.twilio_s)) == (0 if errors else 2, 2)
    assert len({one["conversation_id"] for one in asked}) == len(asked) == 8


@pytest.mark.bench
@pytest.mark.timeout(400)
def test_a_tiny_run_measures_and_shows_every_contact_whole():
    rows = measured("hanging", "drain", "drain-one", "handoff")

    assert rows["Chatwoot hanging: errors"] == "0 in 4 turns"
    assert float(rows["Chatwoot hanging: requests it left waiting"]) >= 1
    assert "40 in " in rows["mirrored messages a second, 10 contacts, SQLite"]
    assert "6 in " in rows["mirrored messages a second, one contact, SQLite"]
    assert [rows[name] for name in rows if name.endswith("whole, once and in order")] == ["0", "0"]
    assert rows["handoff API: errors"] == "0 in 3 requests"


@pytest.mark.bench
@pytest.mark.timeout(400)
def test_a_tiny_run_on_postgres_shows_every_contact_whole(postgres):
    rows = measured("drain-postgres")

    assert "40 in " in rows["mirrored messages a second, 10 contacts, PostgreSQL, two workers"]
    assert [rows[name] for name in rows if name.endswith("whole, once and in order")] == ["0"]


def measured(*figures):
    return table_of(*TINY, figures=tuple(f"people-{figure}" for figure in figures), within_s=390)
