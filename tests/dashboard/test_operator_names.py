"""The name that an operator gives, and where it is shown."""

import pytest

from dashboard.operator_names import MOST_NAME, clean_name
from storage.models import Handoff, Message, MirrorItem
from tests.dashboard.conversations import Talks
from tests.dashboard.operator import PASSWORD, link_of
from tests.dashboard.submitting import do, talk
from tests.records import every, the_only

CHATWOOT = {
    "chatwoot_enabled": True,
    "chatwoot_url": "http://127.0.0.1:9",
    "chatwoot_inbox_id": "inbox",
    "chatwoot_account_id": 1,
}


@pytest.fixture
def eva(open_desk):
    operator = open_desk(dashboard_password=PASSWORD, **CHATWOOT)
    operator.log_in(name="  Eva   Núñez ")
    return operator


@pytest.fixture
def chat(eva):
    talks = Talks(eva.parts.database)
    return talks.chat(talks.contact("Ana", wrote=1), "Hola")


@pytest.mark.both_databases
def test_what_an_operator_does_is_shown_under_their_name(eva, chat):
    written = do(eva, chat, "write", words="Buenas")
    given_back = do(eva, chat, "give-back")

    assert "La lleva Eva Núñez" in written and ">Eva Núñez<" in written
    assert "La lleva" not in given_back
    [_, message] = every(eva.parts.database, Message)
    assert message.author == "dashboard:Eva Núñez"
    notes = [item.body for item in every(eva.parts.database, MirrorItem) if item.kind == "note"]
    assert notes == [
        "Eva Núñez la lleva desde el panel.",
        "Eva Núñez la ha devuelto al asistente desde el panel.",
    ]
    assert "(lo escribió Eva Núñez)" in " ".join(eva.read("/dashboard/messages").split())


@pytest.mark.both_databases
def test_a_handoff_is_taken_and_settled_by_somebody_with_a_name(eva, chat):
    talks = Talks(eva.parts.database)
    taken = talks.handoff(chat)
    call = talks.call(talks.contact("Bea"))
    missed = talks.handoff(call, state="closed", missed_at=talks.now)

    do(eva, chat, "take-handoff", handoff=taken)
    do(eva, call, "settle-handoff", handoff=missed)

    assert [handoff.owner for handoff in every(eva.parts.database, Handoff)] == ["Eva Núñez", "Eva Núñez"]
    assert talk(eva, chat).human == "Eva Núñez"
    assert "La atendió Eva Núñez, según el panel." in [
        item.body for item in every(eva.parts.database, MirrorItem)
    ]


def test_who_asks_for_a_person_without_a_reason_is_named(eva, chat):
    do(eva, chat, "hand-off")

    assert the_only(eva.parts.database, Handoff).reason == "Eva Núñez"


@pytest.mark.parametrize("name", ["", "   ", "+34600000011", "12 34", "<>"])
def test_a_name_that_names_nobody_is_asked_for_again(open_desk, name):
    desk = open_desk(dashboard_password=PASSWORD)

    refused = desk.log_in(name=name)

    assert refused.status_code == 400 and "Diga quién es" in refused.text
    assert desk.get().status_code == 302


def test_a_wrong_password_does_not_cost_the_name(open_desk):
    refused = open_desk(dashboard_password=PASSWORD).log_in("incorrect horse", name="Eva")

    assert refused.status_code == 401 and 'value="Eva"' in refused.text


def test_a_login_without_the_field_is_let_in_and_asked_later(open_desk):
    desk = open_desk(dashboard_password=PASSWORD)

    assert desk.post("/dashboard/login", password=PASSWORD).status_code == 302
    assert "¿Quién es usted?" in desk.read()


@pytest.mark.parametrize("public", ["https://shop.example", None])
def test_a_link_asks_for_a_name_and_so_does_this_machine(open_desk, public):
    desk = open_desk(webhook_url=public)
    where = desk.get(link_of(desk)).location
    asked = desk.read(where)

    named = desk.post("/dashboard/name?next=/dashboard/calls", name="Eva")

    assert where == "/dashboard/name" and 'name="name"' in asked
    assert named.location == "/dashboard/calls" and "Eva" in desk.read(named.location)
    talks = Talks(desk.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")
    assert "La lleva Eva" in do(desk, chat, "take-over")


def test_a_name_leads_nowhere_but_to_the_dashboard(operator):
    assert operator.post("/dashboard/name?next=//evil.example/", name="Eva").location == "/dashboard/"


def test_another_operators_name_is_ones_own(open_desk):
    one, other = (open_desk(dashboard_password=PASSWORD) for _ in range(2))
    one.log_in(name="Eva")
    other.log_in(name="Juan")
    talks = Talks(one.parts.database)
    chat = talks.chat(talks.contact("Ana", wrote=1), "Hola")

    do(one, chat, "take-over")
    do(other, chat, "take-over")

    assert talk(one, chat).human == "Juan"


@pytest.mark.parametrize(("given", "name"), [
    ("Eva", "Eva"),
    ("José Mª O’Neill-Núñez", "José Mª O’Neill-Núñez"),
    ("Ana\u202eavE\x00", "AnaavE"),
    ("<b>Eva</b> {{7*7}} *x* [y](z)", "b Eva b 7 7 x y (z)"),
    ("chatwoot:Eva", "chatwoot Eva"),
    ("李雷", "李雷"),
    ("a" * 200, "a" * MOST_NAME),
    ("\n\t", ""),
])  # fmt: skip
def test_a_name_holds_nothing_that_passes_for_something_else(given, name):
    assert clean_name(given) == name
