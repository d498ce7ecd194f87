"""A form that is sent twice, as by a double click, is acted upon once."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conversation.ledger import Kind
from dashboard.actions.refusals import DoneBefore
from storage.models import Handoff, Message
from tests.dashboard.conversations import Talks
from tests.dashboard.submitting import talk
from tests.journeys.ledgers import used
from tests.records import every, the_only
from tests.waiting import PATIENCE_S

TEMPLATES = Path(__file__).parents[2] / "dashboard" / "templates"
UNNUMBERED = {"name.html", "login.html", "base.html", "doctor.html", "doctor_fix.html"}
"""Logging in, a name, logging out, looking at the installation and setting it right: twice is as good as once."""


@pytest.fixture
def talks(operator):
    return Talks(operator.parts.database)


@pytest.fixture
def chat(talks):
    return talks.chat(talks.contact("Ana", wrote=1), "Hola")


def press(operator, chat, action, **form):
    response = operator.post(f"/dashboard/conversations/{chat}/{action}", **form)
    assert response.status_code == 303
    return operator.read(response.headers["Location"])


def written(operator):
    return [message.body for message in every(operator.parts.database, Message) if message.outbound]


def number_in(page, action):
    form = page[page.index(f'/{action}"') :]
    return re.search(r'name="form_number" value="([^"]+)"', form)[1]


@pytest.mark.both_databases
def test_a_message_is_written_once(operator, chat):
    number = number_in(operator.read(f"/dashboard/conversations/{chat}"), "write")

    pages = [press(operator, chat, "write", words="Soy Eva", form_number=number) for _ in range(2)]

    assert written(operator) == ["Soy Eva"]
    assert used(operator, Kind.BY_OPERATOR) == 1
    assert all("Mensaje en camino" in page for page in pages)


@pytest.mark.both_databases
def test_of_two_at_once_one_writes(open_desk, operator, chat):
    others = [open_desk(), open_desk()]  # two processes
    for each in others:
        each.parts.busy_timeout_s = PATIENCE_S
    operators = [each.parts.dashboard.operators for each in others]

    def write(each):
        try:
            each.once("form:1").write(chat, "Soy Eva")
        except DoneBefore:
            return "done before"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(write, operators))

    assert written(operator) == ["Soy Eva"]
    assert sorted(outcomes) == ["done", "done before"]


def test_the_next_form_writes_again(operator, chat):
    for number in ("one", "two"):
        press(operator, chat, "write", words="Soy Eva", form_number=number)

    assert written(operator) == ["Soy Eva", "Soy Eva"]


def test_other_words_are_written_from_a_page_that_the_browser_had_kept(operator, chat):
    for words in ("Soy Eva", "Le llamo mañana"):
        press(operator, chat, "write", words=words, form_number="one")

    assert written(operator) == ["Soy Eva", "Le llamo mañana"]


def test_what_was_refused_may_be_sent_again(operator, talks):
    ana = talks.contact("Ana", wrote=1, opted_out=True)
    chat = talks.chat(ana, "Hola")

    press(operator, chat, "write", words="Hola", form_number="one")
    press(operator, chat, "opt-in")
    press(operator, chat, "write", words="Hola", form_number="one")

    assert written(operator) == ["Hola"]


def test_a_person_is_told_and_the_conversation_given_back_once(operator, chat):
    for action, form in (("hand-off", {"reason": "queja"}), ("take-over", {}), ("give-back", {})):
        first = press(operator, chat, action, form_number="one", **form)
        again = press(operator, chat, action, form_number="one", **form)
        assert 'class="said good"' in first and 'class="said good"' in again, action

    assert the_only(operator.parts.database, Handoff).state == "closed"
    assert talk(operator, chat).human_until is None


def test_every_form_that_changes_something_has_a_number():
    forms = {
        (path.name, form)
        for path in TEMPLATES.glob("*.html")
        if path.name not in UNNUMBERED
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text("utf-8"), re.DOTALL)
    }

    assert len(forms) == 10
    assert [
        name for name, form in forms if 'name="form_number" value="{{ form_number() }}"' not in form
    ] == []
