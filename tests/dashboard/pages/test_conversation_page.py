"""A conversation's page, and what no page may run."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from phone_numbers import MatchingNumber
from storage.identities import merging
from storage.identities.finding import Evidence, attach, identity_of_number
from storage.models import Call
from tests.dashboard.conversations import HOSTILE, Talks

pytestmark = pytest.mark.both_databases


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


def test_two_chats_of_one_person_are_one_page(operator, talks):
    ana, hidden = talks.contact("Ana", wrote=2), talks.contact("", number="bsuid:MX.1", wrote=1)
    first, second = talks.chat(ana, "Esto es lo primero", minutes=3), talks.chat(hidden, "Y esto lo segundo")
    talks.handoff(first, "Quiere un presupuesto")
    with operator.parts.database.write() as connection:
        merging.merge(connection, ana, hidden, talks.now, Evidence.MESSAGE)

    moved, page = (
        operator.get(f"/dashboard/conversations/{first}"),
        operator.read(f"/dashboard/conversations/{second}"),
    )

    assert moved.headers["Location"].endswith(f"/dashboard/conversations/{second}")
    for words in (
        "Esto es lo primero",
        "Y esto lo segundo",
        "Quiere un presupuesto",
        "resultaron ser esta persona",
    ):
        assert words in page
    waiting = operator.read("/dashboard/conversations?state=waiting")
    assert f"/dashboard/conversations/{second}" in waiting and f'conversations/{first}"' not in waiting


def test_a_number_that_has_passed_on_is_told_to_staff_at_both(operator, talks):
    ana, new = talks.contact("Ana", wrote=2), talks.contact("Eva", number="bsuid:MX.1", wrote=1)
    chats = [talks.chat(ana, "Hola"), talks.chat(new, "Buenas")]
    with operator.parts.database.write() as connection:
        number = identity_of_number(MatchingNumber("+34600000001"), simulated=False)
        attach(connection, number, ana, talks.now, Evidence.MESSAGE)
        merging.pass_on(connection, number, ana, new, talks.now, Evidence.MESSAGE)

    before, now = (operator.read(f"/dashboard/conversations/{chat}") for chat in chats)

    assert "Su número es ahora de otra persona" in before
    assert "Este número era antes de otra persona" in now


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
