"""What a campaign waits for is said on its page, and until when."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conversation.daily_ceilings import Begun
from storage.base import utc_now
from tests.dashboard.campaigns import Campaigns

pytestmark = pytest.mark.both_databases
MADRID = ZoneInfo("Europe/Madrid")  # the profile's
PROFILE = Path(__file__).parents[3] / "profiles" / "recepcion.es.toml"


@pytest.fixture
def desk_at(open_desk, tmp_path):
    """Open a dashboard whose profile has such quiet hours; return it and its campaigns."""

    def desk_at(quiet="", **settings):
        file = tmp_path / "hours.es.toml"
        rules = f'\n[campaigns]\nquiet = "{quiet}"\nweekends = true\n'
        file.write_text(PROFILE.read_text(encoding="utf-8") + rules, encoding="utf-8")
        desk = open_desk(assistant_profile=str(file), **settings)
        return desk, Campaigns(desk.parts.database)

    return desk_at


def use_up(desk, kind, many):
    with desk.parts.database.write() as connection:
        assert desk.parts.daily_ceilings.take(connection, kind, many, utc_now()) == many


@pytest.mark.parametrize(
    ("channel", "kind", "setting", "limit"),
    [
        ("whatsapp", Begun.MESSAGE, "daily_messages", 3),
        ("voice", Begun.CALL, "daily_calls", 2),
    ],
)
def test_a_ceiling_of_the_day_is_named_with_when_it_goes_on(desk_at, said, channel, kind, setting, limit):
    desk, campaigns = desk_at(**{setting: limit})
    made = campaigns.make(3, state="running", channel=channel)
    assert "se ha agotado" not in said(desk, f"/{made}")

    use_up(desk, kind, limit)

    name = setting.upper()
    assert f"{name} se ha agotado por hoy ({limit}): sigue sola a partir de esta hora:" in said(
        desk, f"/{made}"
    )
    until = desk.parts.daily_ceilings.next_day(utc_now()).isoformat()
    assert until in desk.read(f"/dashboard/campaigns/{made}")


def test_the_ceiling_on_spending_is_named(desk_at, said):
    desk, campaigns = desk_at(daily_spend=1.0, message_price=0.5)
    made = campaigns.make(3, state="running")

    use_up(desk, Begun.MESSAGE, 2)

    assert "DAILY_SPEND se ha agotado por hoy (1.00)" in said(desk, f"/{made}")


@pytest.mark.parametrize("state", ["draft", "paused", "finished", "cancelled"])
def test_what_is_not_running_waits_for_no_ceiling(desk_at, said, state):
    desk, campaigns = desk_at(daily_messages=1)
    made = campaigns.make(3, state=state)
    use_up(desk, Begun.MESSAGE, 1)

    assert "se ha agotado" not in said(desk, f"/{made}")


def test_quiet_hours_are_named_with_their_end(desk_at, said):
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=3), now + timedelta(hours=3)
    quiet = f"{begin.astimezone(MADRID):%H:%M}-{end.astimezone(MADRID):%H:%M}"
    desk, campaigns = desk_at(quiet)
    made = campaigns.make(3, state="running")

    assert "horas de silencio" in said(desk, f"/{made}")
    assert end.replace(second=0, microsecond=0).isoformat() in desk.read(f"/dashboard/campaigns/{made}")


def test_reminders_say_when_the_next_is_due_and_not_how_long_it_takes(desk_at, said):
    desk, campaigns = desk_at()
    made, due_at = (
        campaigns.make(3, state="running", remind="24 h before {fecha}"),
        utc_now() + timedelta(days=3),
    )
    campaigns.sent(made, 2)
    for line in (3, 4):
        campaigns.person(made, line, "waiting", due_at=due_at)

    found = said(desk, f"/{made}")

    assert "El próximo recordatorio toca:" in found and not re.search(r"\d min", found)
    assert due_at.isoformat() in desk.read(f"/dashboard/campaigns/{made}")


@pytest.mark.parametrize(("state", "is_said"), [("draft", True), ("paused", True), ("cancelled", False)])
def test_the_next_reminder_is_named_unless_it_was_cancelled(desk_at, said, state, is_said):
    desk, campaigns = desk_at()
    made = campaigns.make(1, state=state, remind="24 h before {fecha}")
    campaigns.person(made, 2, "waiting", due_at=utc_now() + timedelta(days=3))

    assert ("El próximo recordatorio toca:" in said(desk, f"/{made}")) is is_said


def test_who_is_called_again_later_is_waited_for(desk_at, said):
    desk, campaigns = desk_at()
    made = campaigns.make(1, state="running", channel="voice")
    campaigns.called(made, 2, "busy", "waiting", due_at=utc_now() + timedelta(minutes=14))

    assert "La próxima llamada toca:" in said(desk, f"/{made}")


def test_where_nothing_is_waited_for_it_is_said_how_long_it_takes(desk_at, said):
    desk, campaigns = desk_at()
    made = campaigns.make(50, state="running")
    for line in range(2, 12):
        campaigns.person(made, line, "sent", begun_at=utc_now())

    found = said(desk, f"/{made}")

    assert "10 mensajes en el último minuto" in found and "4 min" in found
    assert "toca:" not in found
