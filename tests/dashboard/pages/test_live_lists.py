"""Lists that are looked at again and again: nothing while nothing is new, then the list and the window's title."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import update

from dashboard.pages.handoffs import Listed
from storage import model_failures
from storage.models import Call, Conversation
from storage.reports.lists import handoff_log
from tests.dashboard.pages.lists import title

pytestmark = pytest.mark.both_databases


def again(page):
    """What a page asks for again, as htmx does."""
    return unescape(re.search(r'id="live"[^>]*hx-get="([^"]+)"', page)[1])


def ana(talks):
    return talks.chat(talks.contact("Ana", wrote=1), "Hola")


def somebody_waits(talks, chat):
    talks.handoff(chat)


def a_call_ends(talks, call):
    with talks.database.write() as connection:
        over = update(Call).where(Call.conversation_id == call)
        connection.execute(over.values(status="completed", ended_at=talks.now, duration_s=61))


def its_topic_is_noted(talks, call):
    with talks.database.write() as connection:
        connection.execute(update(Conversation).where(Conversation.id == call).values(topic="Quiere un bono"))


@pytest.mark.parametrize(("path", "made", "happens", "shown", "count"), [
    ("conversations", ana, lambda talks, chat: talks.message(chat, "¿Sigue ahí?", minutes=1), "¿Sigue ahí?", ""),
    ("conversations", ana, somebody_waits, "espera a una persona", "(1) "),
    ("conversations?channel=whatsapp", ana, somebody_waits, "espera a una persona", "(1) "),
    ("handoffs", ana, somebody_waits, "Pide una persona", "(1) "),
    ("handoffs?which=waiting", ana, somebody_waits, "Pide una persona", "(1) "),
    ("calls", ana, lambda talks, _: talks.call(talks.contact("Bea"), live=True), "Bea", "(1) "),
    ("calls", lambda talks: talks.call(talks.contact("Bea"), live=True), a_call_ends, ">1:01<", ""),
    ("calls", lambda talks: talks.call(talks.contact("Bea")), its_topic_is_noted, "Quiere un bono", ""),
])  # fmt: skip
def test_a_list_is_up_to_date_without_being_opened_again(operator, talks, path, made, happens, shown, count):
    conversation = made(talks)
    page = operator.read(f"/dashboard/{path}")
    before = operator.get(again(page))
    happens(talks, conversation)

    part = operator.read(again(page))

    assert (before.status_code, before.text) == (204, "")
    assert shown not in page.partition('id="live"')[2] and shown in part
    assert title(part).startswith(count) and title(part).removeprefix("(1) ") == title(page).removeprefix(
        "(1) "
    )
    assert "<html" not in part and operator.get(again(part)).status_code == 204


def a_message_is_sent(talks, chat):
    talks.message(chat, "Dígame", outbound=True, status="sent")


def the_model_fails(talks, _chat):
    with talks.database.write() as connection:
        model_failures.note_failure(connection, "key", "401", talks.now)


def somebody_is_missed(talks, chat):
    talks.handoff(chat, "Quiere otro precio", state="closed", missed_at=talks.now)


@pytest.mark.parametrize(("path", "happens", "shown"), [
    ("messages", a_message_is_sent, "Dígame"),
    ("messages?which=outgoing", a_message_is_sent, "enviado"),
    ("", the_model_fails, "rechaza la clave"),
    ("", somebody_is_missed, "Quiere otro precio"),
    ("", lambda talks, chat: talks.handoff(chat), "nadie configurado"),
])  # fmt: skip
def test_what_is_no_list_of_conversations_is_up_to_date_too(operator, talks, path, happens, shown):
    chat = ana(talks)
    page = operator.read(f"/dashboard/{path}")
    before = operator.get(again(page))
    happens(talks, chat)

    part = operator.read(again(page))

    assert (before.status_code, before.text) == (204, "")
    assert shown not in page.partition('id="live"')[2] and shown in part
    assert "<html" not in part and operator.get(again(part)).status_code == 204


@pytest.mark.parametrize(("values", "is_new"), [({}, True), ({"owner": "Eva", "state": "owned"}, False)])
def test_how_long_somebody_waits_is_shown_anew_each_minute(operator, talks, values, is_new):
    talks.handoff(ana(talks), **values)
    with operator.parts.database.read() as connection:
        page = handoff_log(connection)

    now, later = (Listed(page, 1, 0, talks.now + timedelta(minutes=minutes)).seen for minutes in (0, 1))

    assert (now != later) is is_new


@pytest.mark.parametrize(
    "path",
    [
        "conversations?after=2020-01-01T00:00:00Z_1",
        "handoffs?before=1",
        "calls?before=1",
        "messages?before=1",
    ],
)
def test_older_pages_stay_as_they_are(operator, path):
    assert "hx-get" not in operator.read(f"/dashboard/{path}")
