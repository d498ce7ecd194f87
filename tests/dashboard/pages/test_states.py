"""The state of a conversation: one at a time, and the same wherever it is shown."""

import re

import pytest

from tests.dashboard.conversations import Talks
from tests.dashboard.pages.lists import badges, rows

pytestmark = pytest.mark.both_databases

HELD = {"human": "Eva"}


@pytest.fixture
def made(talks):
    """A conversation in each state, by its name."""
    until = {"human_until": talks.ago(-60)} | HELD
    conversations = {
        "held": talks.chat(talks.contact(wrote=1), "Hola", **until),
        "held and waiting": talks.chat(talks.contact(wrote=2), "Hola", **until),
        "held of old": talks.chat(talks.contact(wrote=3), "Hola", human="Eva", human_until=talks.ago(60)),
        "waiting": talks.chat(talks.contact(wrote=4), "Hola"),
        "taken": talks.chat(talks.contact(wrote=5), "Hola"),
        "missed": talks.chat(talks.contact(wrote=6), "Hola"),
        "missed, and asks again": talks.chat(talks.contact(wrote=7), "Hola"),
        "live": talks.call(talks.contact(), live=True, minutes=8),
        "live and waiting": talks.call(talks.contact(), live=True, minutes=9),
        "being transferred": talks.call(talks.contact(), live=True, minutes=10, **until),
        "over": talks.call(talks.contact(), minutes=11),
        "over and waiting": talks.call(talks.contact(), minutes=12),
        "over, once held": talks.call(talks.contact(), minutes=13, **until),
    }
    for name in (
        "held and waiting",
        "waiting",
        "missed, and asks again",
        "live and waiting",
        "over and waiting",
    ):
        talks.handoff(conversations[name])
    talks.handoff(conversations["taken"], owner="Eva", owned_at=talks.now, state="owned")
    talks.handoff(conversations["being transferred"], state="transferring")
    for name in ("missed", "missed, and asks again"):
        talks.handoff(conversations[name], "Otra vez", state="closed", missed_at=talks.now)
    return conversations


PERSON, WAITING, MISSED, LIVE = "con una persona", "espera a una persona", "sin atender", "en curso"
STATES = {
    "held": PERSON,
    "held and waiting": PERSON,
    "held of old": None,
    "waiting": WAITING,
    "taken": None,
    "missed": MISSED,
    "missed, and asks again": WAITING,
    "live": LIVE,
    "live and waiting": WAITING,
    "being transferred": WAITING,
    "over": None,
    "over and waiting": WAITING,
    "over, once held": None,
}
FILTERS = {"person": PERSON, "waiting": WAITING, "missed": MISSED, "live": LIVE}


def test_a_row_has_one_state(operator, made):
    page = operator.read("/dashboard/conversations")

    found = {name: badges(page, id_) for name, id_ in made.items()}

    assert found == {name: [state] if state else [] for name, state in STATES.items()}


@pytest.mark.parametrize("state", FILTERS)
def test_a_state_finds_those_that_are_in_it_and_no_others(operator, made, state):
    page = operator.read(f"/dashboard/conversations?state={state}")

    assert {name for name, id_ in made.items() if id_ in rows(page)} == {
        name for name, shown in STATES.items() if shown == FILTERS[state]
    }


def test_a_conversations_page_says_the_same_as_the_list(operator, made):
    for name, id_ in made.items():
        page = operator.read(f"/dashboard/conversations/{id_}")
        stand = re.search(r'class="stand row">\s*<p>(.*?)</p>', page, re.DOTALL)[1]
        expected = {None: "Contesta el asistente", PERSON: "La lleva Eva"}.get(STATES[name], STATES[name])
        if name.startswith("over") and STATES[name] is None:
            expected = ""
        shown = re.findall(r'class="badge[^"]*">([^<]+)<', stand)
        assert shown == [expected] * bool(expected), name


def test_a_live_call_that_waits_is_still_seen_to_be_live(operator, made):
    page = operator.read("/dashboard/conversations")

    assert {name: "en curso" in rows(page)[made[name]] for name in ("live and waiting", "over and waiting")} == {
        "live and waiting": True, "over and waiting": False,
    }  # fmt: skip


def test_who_has_a_conversation_is_counted_as_the_list_has_it(operator, made):
    page = operator.read()

    assert "conversaciones que lleva una persona: 2" in page
    assert len(rows(operator.read("/dashboard/conversations?state=person"))) == 2


def test_many_that_are_in_another_state_hide_none(operator, talks):
    """A page of the waiting ones is filled from behind those that only look as if they waited."""
    waiting = talks.chat(talks.contact(wrote=900), "Hola", minutes=900)
    talks.handoff(waiting)
    for minutes in range(35):
        held = {"human": "Eva", "human_until": talks.ago(-60)}
        talks.handoff(talks.chat(talks.contact(wrote=minutes), "Hola", **held))

    assert list(rows(operator.read("/dashboard/conversations?state=waiting"))) == [waiting]


def test_what_waits_is_known_however_long_ago_it_was_asked_for(operator, talks):
    """The page's own part of the conversation need not reach back to it."""
    chat = talks.chat(talks.contact("Ana", wrote=1), minutes=900)
    talks.handoff(chat, minutes=800)
    for n in range(70):
        talks.message(chat, f"mensaje {n}", minutes=700 - n)

    assert "espera a una persona" in operator.read(f"/dashboard/conversations/{chat}")


def test_nobody_set_up_is_said_where_somebody_waits(open_desk):
    alone = open_desk()
    told = open_desk(
        vendedor_whatsapp="+34600000011", twilio_account_sid="AC" + "1" * 32, twilio_auth_token="t",
        twilio_whatsapp_number="+12025550100",
    )  # fmt: skip
    pages = []
    for desk in (alone, told):
        talks = Talks(desk.parts.database)
        chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
        talks.handoff(chat)
        pages.append([desk.read(f"/dashboard/{path}") for path in ("", "handoffs", f"conversations/{chat}")])

    nobody = "no hay nadie configurado a quien avisar"
    assert all(nobody in page.casefold() for page in pages[0])
    assert "se está avisando" not in pages[0][1] and "VENDEDOR_WHATSAPP" in pages[0][1]
    assert not any(nobody in page.casefold() for page in pages[1]) and "se está avisando" in pages[1][1]


def test_of_simulated_handoffs_nobody_is_said_to_be_told(operator, talks):
    talks.handoff(talks.chat(talks.contact("Bea", wrote=1, simulated=True), "Hola"))

    assert "de las simuladas no se avisa a nadie" in operator.read("/dashboard/handoffs")
