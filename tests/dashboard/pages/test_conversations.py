"""The list of conversations and the search."""

import re
from datetime import datetime

import pytest

from storage.reports import search as searching
from storage.reports.conversations import SEEN_AT_ONCE
from storage.reports.search import Pace
from tests.dashboard.conversations import Talks

pytestmark = pytest.mark.both_databases


def listed(page):
    """The ids of the conversations in a list, in order."""
    return [
        int(id_) for id_ in re.findall(r'class="conversation" href="/dashboard/conversations/(\d+)"', page)
    ]


def walk(operator, path="/dashboard/conversations"):
    """The ids on all pages of a list, in order."""
    found = []
    while path is not None:
        page = operator.read(path)
        found += listed(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None
    return found


# The list


def test_an_empty_list_says_what_will_be_there(operator):
    assert "Todavía no ha llamado ni escrito nadie" in operator.read("/dashboard/conversations")


def test_calls_and_chats_are_in_one_list_by_when_the_person_called_or_wrote_last(operator, talks):
    old_chat = talks.chat(talks.contact("Ana", wrote=1), "Hola", minutes=900)
    call = talks.call(talks.contact("Bea"), ("¿Abren hoy?", "Sí."), minutes=3)
    unanswered = talks.chat(talks.contact("Carla"), minutes=2)

    assert listed(operator.read("/dashboard/conversations")) == [old_chat, unanswered, call]


def test_every_conversation_is_on_one_page_and_on_one_alone(operator, talks):
    made = []
    for n in range(25):
        made.append((n, talks.call(talks.contact(), ("Buenas", "Dígame."), minutes=3 * n)))
        made.append((n + 0.3, talks.chat(talks.contact(wrote=3 * n + 1), "Hola", minutes=5000 + n)))
        made.append((n + 0.6, talks.chat(talks.contact(), minutes=3 * n + 2)))

    found = walk(operator)

    assert found == [id_ for _, id_ in sorted(made)]


@pytest.mark.parametrize(("query", "expected"), [
    ("channel=phone", ["call", "live"]),
    ("channel=whatsapp", ["held", "chat"]),
    ("state=live", ["live"]),
    ("state=person", ["held"]),
    ("state=waiting", ["chat"]),
    ("channel=phone&state=waiting", []),
    ("channel=nonsense&state=nonsense&day=nonsense&after=nonsense&contact=-1", ["held", "chat", "call", "live"]),
])  # fmt: skip
def test_the_list_is_filtered(operator, talks, query, expected):
    made = {
        "live": talks.call(talks.contact(), ("Buenas", "Dígame."), minutes=9, live=True),
        "call": talks.call(talks.contact(), ("Buenas", "Dígame."), minutes=8),
        "chat": talks.chat(talks.contact(wrote=7), "Hola"),
        "held": talks.chat(talks.contact(wrote=6), "Hola", human="Eva", human_until=talks.ago(-60)),
    }
    talks.handoff(made["chat"])

    assert listed(operator.read(f"/dashboard/conversations?{query}")) == [made[name] for name in expected]


def test_a_day_is_one_of_the_business_and_holds_whoever_wrote_or_called_on_it(operator):
    zone = operator.parts.phone.manager.profile.time_zone
    midnight = Talks(operator.parts.database, now=datetime(2026, 3, 2, tzinfo=zone))
    chat = midnight.chat(midnight.contact(wrote=-5000), minutes=9000)
    midnight.message(chat, "Hola", minutes=-30)
    call = midnight.call(midnight.contact(), minutes=-10)
    midnight.call(midnight.contact(), minutes=10)

    assert listed(operator.read("/dashboard/conversations?day=2026-03-02")) == [chat, call]


def test_a_persons_conversations_are_listed_together(operator, talks):
    ana, bea = talks.contact("Ana", wrote=1), talks.contact("Bea", wrote=1)
    mine = [talks.chat(ana, "Hola"), talks.call(ana, minutes=7), talks.call(ana, minutes=90)]
    talks.chat(bea, "Hola")

    assert listed(operator.read(f"/dashboard/conversations?contact={ana}")) == mine


def test_those_that_only_we_wrote_in_stand_in_their_place_behind_many_that_are_not(operator, talks):
    talks.chats(SEEN_AT_ONCE - 1, minutes=10, wrote=1)
    last_seen_at_once = talks.chat(talks.contact(), minutes=10 + SEEN_AT_ONCE - 1)
    talks.chats(2 * SEEN_AT_ONCE, minutes=10 + SEEN_AT_ONCE, wrote=2)
    others = [talks.call(talks.contact(), minutes=minutes) for minutes in (320, 940)]
    silent = talks.chat(talks.contact(), minutes=950)
    others += [talks.call(talks.contact(), minutes=minutes) for minutes in (1000, 2500)]

    found = walk(operator)

    assert len(found) == len(set(found)) == 3 * SEEN_AT_ONCE + 5
    assert found[-6:] == [last_seen_at_once, *others[:2], silent, *others[2:]]


# The search


@pytest.mark.parametrize("looked_for", ["maría lópez", "MARIA", "López", "600 111 222", "+34600111222"])
def test_a_person_is_found_by_name_and_number_without_accents(operator, talks, looked_for):
    found = talks.contact("María López", number="+34600111222")
    talks.contact("Mario", number="+34600111333")

    page = operator.get("/dashboard/conversations?q=" + looked_for.replace("+", "%2B")).text

    assert re.findall(r"conversations\?contact=(\d+)", page) == [str(found)]


@pytest.mark.parametrize("looked_for", ["lumbalgía", "LUMBALGIA ", "el jueves"])
def test_words_are_found_in_what_was_heard_said_and_written(operator, talks, looked_for):
    ana = talks.contact("Ana", wrote=1)
    heard = talks.call(ana, ("Tengo lumbalgia desde el jueves", "Vaya."), minutes=9)
    said = talks.call(ana, ("¿Qué tratan?", "Tratamos la lumbalgia, también el jueves."), minutes=8)
    written = talks.chat(ana, "¿Y la lumbalgia? Puedo el jueves")
    talks.chat(talks.contact("Bea", wrote=1), "Nada de eso")

    page = operator.read(f"/dashboard/conversations?q={looked_for}")

    assert set(listed(page)) == {heard, said, written}
    assert page.count("<mark>") == 3


def test_what_stands_for_anything_in_a_pattern_is_looked_for_as_it_is(operator, talks):
    ana = talks.contact("Ana", wrote=1)
    found = talks.chat(ana, 'El 100% de "todo"_o\\nada')
    talks.call(ana, ("El 100 de todo", "Nada"))

    for looked_for in ("100%25", "%22todo%22_o", "o\\nada"):
        assert listed(operator.read(f"/dashboard/conversations?q={looked_for}")) == [found]


def test_what_a_photo_shows_is_found(operator, talks):
    chat = talks.chat(talks.contact(wrote=1))
    shown = {"url": "x", "type": "image/jpeg", "words": "[sent photo 1: un perro marrón]"}
    talks.message(chat, "", attachments=[shown])

    assert listed(operator.read("/dashboard/conversations?q=perro marron")) == [chat]


def test_a_search_ends_in_time_and_goes_on_where_it_was(operator, talks):
    ana = talks.contact("Ana", wrote=1)
    chat = talks.chat(ana, "la aguja", *["paja"] * 35)

    with operator.parts.database.read() as connection:
        first = searching.words(connection, "aguja", pace=Pace(piece=10, budget_s=0))
        second = searching.words(connection, "aguja", since=first.next)

    assert not first.hits and first.next is not None and first.looked_back_to is not None
    assert [hit.conversation_id for hit in second.hits] == [chat]
    assert second.next is None


def test_many_candidates_in_one_piece_are_all_looked_at(operator, talks):
    chats = [talks.chat(talks.contact(wrote=1), "la aguja", "oguja") for _ in range(5)]

    with operator.parts.database.read() as connection:
        found = searching.words(connection, "aguja", pace=Pace(most_candidates=3, budget_s=60))

    assert {hit.conversation_id for hit in found.hits} == set(chats)


def test_a_search_that_finds_nothing_says_so(operator, talks):
    talks.chat(talks.contact("Ana", wrote=1), "Hola")

    assert "No se ha encontrado nada" in operator.read("/dashboard/conversations?q=zzz")
