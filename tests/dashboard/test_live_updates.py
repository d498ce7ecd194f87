"""Streams that say when something changed: who gets one, what it says, and that it costs few threads."""

import threading

import pytest

from dashboard.live_updates import CALLS, Live, TooManyViewers, topic_of, version
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import messages, outgoing
from storage.queries.messages import Attachment
from tests.dashboard.conversations import Talks
from tests.waiting import PATIENCE_S

SOON_S = 0.02


@pytest.fixture
def database(sqlite_url):
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def talks(database):
    return Talks(database)


@pytest.fixture
def open_live(database):
    opened = []

    def open_one(**limits):
        opened.append(Live(database, **{"every_s": SOON_S, "keepalive_s": 5.0, **limits}))
        return opened[-1]

    yield open_one
    for live in opened:
        live.close()


def seen(database, topic):
    with database.read() as connection:
        return version(connection, topic)


def until(stream, what):
    """Read a stream up to an event that holds this."""
    return next(event for event in stream if what in event)


def looking():
    return [thread for thread in threading.enumerate() if thread.name == "live-updates"]


CHANGES = {
    "a turn": lambda talks, chat: talks.turn(chat, "Hola", "Buenas"),
    "a message": lambda talks, chat: talks.message(chat, "Hola"),
    "a handoff": lambda talks, chat: talks.handoff(chat),
    "a prompt": lambda talks, chat: talks.prompt(chat, "¿Sigue ahí?"),
}


@pytest.mark.both_databases
@pytest.mark.parametrize("what", CHANGES)
def test_a_viewer_is_told_of_what_changes(database, talks, open_live, what):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    topic = topic_of(chat)
    stream = open_live().watch(topic, seen(database, topic))

    assert next(stream).startswith("retry:")
    CHANGES[what](talks, chat)
    event = until(stream, "changed")

    assert event == f"event: changed\ndata: {seen(database, topic)}\n\n"
    stream.close()


def test_a_viewer_is_told_when_a_file_was_opened_and_when_a_message_arrived(database, talks, open_live):
    chat = talks.chat(talks.contact("Ana", wrote=1))
    note = {"url": "x", "type": "audio/ogg", "words": None}
    unopened = talks.message(chat, "", attachments=[note])
    sent = talks.message(chat, "Hola", outbound=True, status="sent", sid="SM1")
    topic = topic_of(chat)
    stream = open_live().watch(topic, seen(database, topic))

    with database.write() as connection:
        messages.describe(connection, unopened, [Attachment("x", "audio/ogg", words="[voice note] Hola")])
    assert until(stream, "changed")
    before = seen(database, topic)
    with database.write() as connection:
        outgoing.receipt(connection, MessageStatus.READ, None, talks.now, message_id=sent)
    assert until(stream, "changed")

    assert seen(database, topic) != before
    stream.close()


def test_what_changed_before_the_stream_began_is_told_at_once(talks, open_live):
    call = talks.call(talks.contact("Ana"), live=True)

    stream = open_live().watch(topic_of(call), "an older version")

    assert "changed" in until(stream, "changed")
    stream.close()


def test_a_page_of_calls_is_told_that_one_began(database, talks, open_live):
    stream = open_live().watch(CALLS, seen(database, CALLS))

    talks.call(talks.contact("Ana"), live=True)

    assert "changed" in until(stream, "changed")
    stream.close()


def test_a_change_elsewhere_is_no_news(database, talks, open_live):
    chat, other = (talks.chat(talks.contact(wrote=1), "Hola") for _ in range(2))
    topic = topic_of(chat)
    stream = open_live(keepalive_s=SOON_S, lasts_s=0.3).watch(topic, seen(database, topic))

    talks.message(other, "Nada para aquí")

    assert all("changed" not in event for event in stream)


def test_a_stream_ends_in_time_so_that_the_browser_comes_back(talks, open_live):
    chat = talks.chat(talks.contact(wrote=1), "Hola")
    live = open_live(lasts_s=0.1, keepalive_s=SOON_S, most=1)

    events = list(live.watch(topic_of(chat), ""))

    assert events[0].startswith("retry:")
    assert not live.is_full


def test_so_many_viewers_and_no_more(talks, open_live):
    live = open_live(most=2)
    streams = [live.watch(CALLS, "") for _ in range(2)]

    assert live.is_full
    with pytest.raises(TooManyViewers):
        live.watch(CALLS, "")
    streams[0].close()
    streams[0].close()
    again = live.watch(CALLS, "")
    with pytest.raises(TooManyViewers):
        live.watch(CALLS, "")
    for stream in (*streams, again):
        stream.close()


@pytest.mark.both_databases
def test_one_thread_reads_for_all_and_ends_with_the_last(talks, open_live):
    live, before = open_live(), looking()
    streams = [live.watch(CALLS, "") for _ in range(5)]

    [reader] = [thread for thread in looking() if thread not in before]
    for stream in streams:
        stream.close()
    reader.join(PATIENCE_S)
    assert not reader.is_alive()

    stream = live.watch(CALLS, "")
    assert until(stream, "changed")
    stream.close()


def test_closing_ends_every_stream(talks, open_live):
    live = open_live()
    stream = live.watch(CALLS, "")
    next(stream)

    live.close()

    assert all("changed" in event or event.startswith(":") for event in stream)
    assert live.is_full


def test_a_page_that_gets_no_stream_asks_by_itself(open_desk):
    operator = open_desk()
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    live = operator.parts.dashboard.live
    before = operator.read(f"/dashboard/conversations/{chat}")

    streams = [live.watch(CALLS, "") for _ in range(8)]
    after = operator.read(f"/dashboard/conversations/{chat}")
    refused = operator.get(f"/dashboard/conversations/{chat}/live")
    for stream in streams:
        stream.close()

    assert "sse-connect" in before and "sse-connect" not in after
    assert "every 3s" in after
    assert refused.status_code == 503


def test_what_has_not_changed_is_not_sent_again(open_desk):
    operator = open_desk()
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    now = seen(operator.parts.database, topic_of(chat))

    assert operator.get(f"/dashboard/conversations/{chat}/transcript?seen={now}").status_code == 204
    talks.message(chat, "¿Sigue ahí?")
    assert "¿Sigue ahí?" in operator.read(f"/dashboard/conversations/{chat}/transcript?seen={now}")


def test_a_stream_is_one_of_server_sent_events(open_desk):
    operator = open_desk()
    talks = Talks(operator.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    response = operator.get(f"/dashboard/conversations/{chat}/live?seen=old", Accept="text/event-stream")

    assert response.content_type.startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"
    response.close()
    assert not operator.parts.dashboard.live.is_full
