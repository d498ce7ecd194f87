"""What is tried in the simulator counts in none of the day's numbers, and is shown apart."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.charts.costs import Prices
from dashboard.charts.days import LastDays
from dashboard.pages.home import today
from storage.reports.overview import Now, Tokens, Written
from tests.dashboard.conversations import Talks
from tests.dashboard.pages.lists import title

pytestmark = pytest.mark.both_databases

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 3, 29, 12, 0, tzinfo=MADRID)


def busy(talks, *, simulated):
    """A call, a chat and a call that is going on, with all that is counted of them."""
    person = talks.contact(wrote=1, simulated=simulated)
    call = talks.call(person, ("Buenas", "Dígame."))
    chat = talks.chat(person, "Hola", human="Eva", human_until=talks.ago(-60))
    turn = talks.turn(chat, "Hola", "Buenas", number=1)
    talks.message(chat, "Buenas", outbound=True, status="failed", turn_id=turn, part=0)
    talks.call(talks.contact(simulated=simulated), live=True)
    talks.handoff(call)


def numbers(database, **options):
    with database.read() as connection:
        return today(connection, NOON, MADRID, **options)


def test_the_days_numbers_are_of_people_alone(database):
    talks = Talks(database, now=NOON.astimezone(UTC))
    busy(talks, simulated=False)
    before = numbers(database)
    for _ in range(2):
        busy(talks, simulated=True)

    found = numbers(database, prices=Prices(read=1, written=1))

    assert (found.calls, found.written, found.now) == (2, Written(1, 1, 1), Now(1, 1, 1, 1))
    assert (found.answers, found.half_ms, found.call_s) == (1, 800, 60)
    assert found.tokens == before.tokens == Tokens(1400, 84)
    assert found.cost == pytest.approx(1484 / 1e6)
    assert (found.tried.calls, found.tried.messages, found.tried.tokens) == (4, 4, Tokens(2800, 168))
    assert found.tried.cost == pytest.approx(2968 / 1e6)


def test_the_last_days_are_of_people_alone(database):
    talks = Talks(database, now=NOON.astimezone(UTC))
    busy(talks, simulated=True)
    busy(talks, simulated=False)

    with database.read() as connection:
        plots = LastDays().plots(connection, NOON, MADRID)

    assert {name: plot.bars[-1].count for name, plot in plots.items()} == {"calls": 2, "messages": 2}


def test_what_was_tried_is_shown_apart(operator):
    talks = Talks(operator.parts.database)
    busy(talks, simulated=True)

    page = operator.read()

    assert "En el simulador, y sin contar en lo anterior: llamadas 2, mensajes 2, tokens 1.484." in page
    assert "Todavía no ha llamado ni escrito nadie" in page
    assert title(page) == "Inicio · " + operator.parts.phone.manager.profile.business


def test_people_who_wait_are_counted_in_the_windows_title(operator):
    talks = Talks(operator.parts.database)
    for simulated in (False, False, True):
        talks.handoff(talks.chat(talks.contact(wrote=1, simulated=simulated), "Hola"))
    missed = talks.chat(talks.contact(wrote=1), "Hola")
    talks.handoff(missed, state="closed", missed_at=talks.now - timedelta(hours=1))

    pages = {path: operator.read(f"/dashboard/{path}") for path in ("", "conversations", "handoffs")}

    for simulated in (False, True):
        talks.call(talks.contact(simulated=simulated), live=True)
    assert title(operator.read("/dashboard/calls")).startswith("(1) ")

    assert all(title(page).startswith("(2) ") for page in pages.values())
    assert "Esperan a una persona (2)" in pages["handoffs"] and "Sin atender (1)" in pages["handoffs"]
