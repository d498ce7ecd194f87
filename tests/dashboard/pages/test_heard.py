"""A call's page shows what the caller heard, in the order in which it was said."""

import re
from html import unescape

import pytest

from dashboard.pages.transcript import AT_ONCE

pytestmark = pytest.mark.both_databases


def entries(page):
    """The words of each entry, in order."""
    found = re.findall(r'<li class="(?:ours|theirs)">.*?<p class="words">(.*?)</p>', page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", words)) for words in found]


def test_greeting_questions_and_fillers_stand_where_they_were_said(operator, talks):
    call = talks.call(talks.contact("Ana"))
    talks.prompt(call, "Buenas, soy Lucía.")
    talks.prompt(call, "No le he oído bien.", seconds=0.5)
    turn = talks.turn(call, "¿Abren hoy?", "Sí.", number=1, finished_at=talks.ago(4.9))
    talks.filler(turn, 6, seconds=2)
    talks.prompt(call, "¿Sigue ahí?", minutes=4)

    fillers = operator.parts.phone.manager.profile.phrases.fillers
    assert entries(operator.read(f"/dashboard/conversations/{call}")) == [
        "Buenas, soy Lucía.", "No le he oído bien.", "¿Abren hoy?", fillers[6 % len(fillers)], "Sí.", "¿Sigue ahí?",
    ]  # fmt: skip


def test_each_part_of_a_long_call_has_its_own(operator, talks):
    call = talks.call(talks.contact("Ana"), minutes=200)
    talks.prompt(call, "el saludo", minutes=200)
    for number in range(1, 2 * AT_ONCE + 1):
        talks.turn(call, f"oye {number}", "", number=number, minutes=190 - number, ending="hang-up")
        talks.prompt(call, f"pregunta {number}", minutes=190 - number, seconds=number + 20)

    path, found = f"/dashboard/conversations/{call}", []
    while path:
        page = operator.read(path)
        found = entries(page.partition("<aside")[0]) + found
        earlier = re.search(r'class="earlier"><a href="([^"]+)"', page)
        path = earlier and earlier[1]

    asked = [words for n in range(1, 2 * AT_ONCE + 1) for words in (f"oye {n}", f"pregunta {n}")]
    assert found == ["el saludo", *asked]


def test_a_live_call_shows_its_greeting_at_once(operator, talks):
    call = talks.call(talks.contact("Ana"), live=True)
    talks.prompt(call, "Buenas, soy Lucía.")

    page = operator.read("/dashboard/calls")

    assert "Buenas, soy Lucía." in page and "Todavía no se ha dicho nada" not in page


def test_what_somebody_did_and_when_are_two_words(operator, talks):
    call = talks.call(talks.contact("Ana"))
    talks.turn(call, "Soy Ana, llámenme", "Queda anotado.", kind="message")
    talks.turn(call, "0", "", kind="digits", number=2)

    words = " ".join(re.sub(r"<[^>]+>", "", operator.read(f"/dashboard/conversations/{call}")).split())

    assert re.search(r"dejó un recado \d\d:\d\d:\d\d", words) and re.search(r"pulsó \d\d:\d\d:\d\d", words)
