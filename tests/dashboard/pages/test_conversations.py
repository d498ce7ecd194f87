"""The list of conversations, the search, and a conversation's page."""

import re
from datetime import datetime
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from storage.models import Call
from storage.reports import search as searching
from storage.reports.conversations import SEEN_AT_ONCE
from storage.reports.search import Pace
from tests.dashboard.conversations import Talks

pytestmark = pytest.mark.both_databases


@pytest.fixture
def talks(operator):
    return Talks(operator.parts.database)


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


# A conversation's page


def test_a_calls_page_shows_who_said_what_and_what_it_cost(operator, talks):
    ana = talks.contact("Ana")
    call = talks.call(ana, topic="Cita", summary="Quiere una cita.")
    talks.turn(call, "Buenas, ¿tienen hueco?", "Sí, el lunes. O el martes.", heard_upto=13, tools=["look_up"])

    page = operator.read(f"/dashboard/conversations/{call}")

    assert "Buenas, ¿tienen hueco?" in page
    assert re.search(r"Sí, el lunes\.<del[^>]*> O el martes\.</del>", page)
    for words in ("0,8 s", "700 + 42 tokens", "test-model", "look_up", "Quiere una cita.", "1:00"):
        assert words in page
    assert 'class="good" x="0"' in page


def test_a_chats_page_shows_receipts_reasons_and_who_wrote(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    turn = talks.turn(chat, "Hola", "Buenas")
    talks.message(chat, "Buenas", outbound=True, status="read", turn_id=turn, part=0)
    talks.message(chat, "Soy Eva", outbound=True, status="failed", error_code=63016, author="chatwoot:Eva")

    page = operator.read(f"/dashboard/conversations/{chat}")

    for words in ("leído", "700 + 42 tokens", ">Eva<", "Pasaron más de 24 horas", "fallido"):
        assert words in page


def test_an_answer_that_is_being_written_is_shown_as_far_as_it_is(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    talks.turn(chat, "Hola", "Vamos a ver", state="writing", finished_at=None)

    page = operator.read(f"/dashboard/conversations/{chat}")

    assert "Vamos a ver" in page and "está escribiendo" in page


def test_a_long_conversation_is_read_page_by_page(operator, talks):
    chat = talks.chat(talks.contact("Ana", wrote=1), *[f"mensaje-{n}." for n in range(130)])

    path, found = f"/dashboard/conversations/{chat}", []
    while path:
        page = operator.read(path)
        found = re.findall(r"mensaje-(\d+)\.", page.partition("<aside")[0]) + found
        earlier = re.search(r'class="earlier"><a href="([^"]+)"', page)
        path = earlier and earlier[1]

    assert found == [str(n) for n in range(130)]


def test_other_conversations_of_the_same_person_are_beside_it(operator, talks):
    ana = talks.contact("Ana", wrote=1)
    chat, call = talks.chat(ana, "Hola"), talks.call(ana, ("Buenas", "Dígame."))

    assert f'href="/dashboard/conversations/{call}"' in operator.read(f"/dashboard/conversations/{chat}")


@pytest.mark.parametrize("path", ["conversations/999999", "media/1/0"])
def test_what_is_not_there_is_a_page_that_says_so(operator, path):
    response = operator.get(f"/dashboard/{path}")

    assert response.status_code == 404
    assert "Esta página no existe" in response.text


@pytest.mark.parametrize("number", ["2147483648", "99999999999999999999"])
def test_a_number_that_no_row_can_have_is_not_looked_for(operator, number):
    for path in (f"conversations/{number}", f"media/{number}/0", f"media/1/{number}"):
        assert operator.get(f"/dashboard/{path}").status_code == 404
    for path in ("conversations?contact={}", "conversations?after=2026-01-01T00:00:00Z_{}", "calls?before={}",
                 "messages?before={}", "handoffs?before={}", "conversations?q=a&turn={0}&message={0}"):  # fmt: skip
        operator.read("/dashboard/" + path.format(number))


HOSTILE = "</p><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


class Runs(HTMLParser):
    """Looks for whatever a browser would run, or that is not of our own templates."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag in ("style", "iframe", "object", "embed", "base") or (
            tag == "script" and not names.get("src")
        ):
            self.found.append(tag)
        self.found += [name for name in names if name.startswith("on") or name in ("style", "srcdoc")]
        targets = [value or "" for name, value in attributes if name in ("src", "href", "action")]
        self.found += [target for target in targets if not target.startswith(("/dashboard/", "#"))]


def test_what_people_say_runs_nowhere(operator, talks):
    ana = talks.contact(HOSTILE[:80], number=HOSTILE[:100], wrote=1)
    chat = talks.chat(
        ana, HOSTILE, topic=HOSTILE, summary=HOSTILE, human=HOSTILE[:80], human_until=talks.ago(-60)
    )
    file = {"url": HOSTILE, "type": "image/" + HOSTILE, "words": HOSTILE}
    talks.message(chat, HOSTILE, kind=HOSTILE[:20], attachments=[file, file | {"type": HOSTILE}])
    talks.message(chat, HOSTILE, outbound=True, status="failed", error_code=1, author=HOSTILE[:80])
    call = talks.call(ana, (HOSTILE, HOSTILE), live=True)
    talks.turn(call, HOSTILE, HOSTILE, number=2, tools=[HOSTILE[:80]], model=HOSTILE[:80], error=HOSTILE)
    for conversation in (chat, call):
        talks.handoff(conversation, HOSTILE, summary=HOSTILE, message=HOSTILE, owner=HOSTILE)

    for path in (
        "conversations", f"conversations/{chat}", f"conversations/{call}", "calls", "calls/going-on", "messages",
        "handoffs", "conversations?q=script", f"conversations/{chat}/transcript", "conversations?q=%3Cscript%3E",
        "conversations?channel=%22%3E%3Cscript%3E&day=%22%3E%3Cscript%3E&contact=%22%3E%3Cscript%3E",
    ):  # fmt: skip
        page = operator.read(f"/dashboard/{path}")
        runs = Runs()
        runs.feed(page)
        assert runs.found == [], path


def test_pages_are_behind_the_password(open_desk, database_url):
    guarded = open_desk(dashboard_password="correct horse")
    talks = Talks(guarded.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    for path in ("conversations", f"conversations/{chat}", f"conversations/{chat}/transcript", "calls", "messages",
                 "handoffs", f"media/{chat}/0"):  # fmt: skip
        assert guarded.get(f"/dashboard/{path}").status_code == 302, path
    assert guarded.get(f"/dashboard/conversations/{chat}/live", Accept="text/event-stream").status_code == 401
    assert guarded.post(f"/dashboard/conversations/{chat}/take-over").status_code == 401


def test_a_call_that_came_in_and_goes_on_is_not_said_to_ring(operator):
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"), ("Buenas", "Dígame."), live=True)
    with operator.parts.database.write() as connection:
        connection.execute(update(Call).where(Call.conversation_id == call).values(status="ringing"))

    for path in (f"/dashboard/conversations/{call}", "/dashboard/calls"):
        page = operator.read(path)
        assert "en curso" in page and "sonando" not in page


@pytest.mark.parametrize(
    "ending, is_missed", [("take-message", False), ("transfer", False), ("gather", True)]
)
def test_an_answer_is_missed_only_where_the_model_should_have_given_one(operator, ending, is_missed):
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"))
    talks.turn(call, "Quiero hablar con una persona", "", ending=ending)

    page = operator.read(f"/dashboard/conversations/{call}")

    assert "Quiero hablar con una persona" in page
    assert ("sin respuesta del modelo" in page) == is_missed


def test_an_excerpt_has_dots_only_where_it_was_cut(operator):
    talks = Talks(operator.parts.database)
    call = talks.call(talks.contact("Ana"), ("La primera visita, " + "por favor, " * 20, ""))

    page = operator.read("/dashboard/conversations?q=visita")

    assert f"/dashboard/conversations/{call}" in page
    assert ">La primera <mark>visita</mark>" in page and "…</span>" in page
