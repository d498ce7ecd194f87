"""`campaign create --remind` and `campaign update`."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from storage.models import Campaign, CampaignRecipient
from tests.cli.campaigns.conftest import TEMPLATE
from tests.records import every, the_only

ZONE = ZoneInfo("Europe/Madrid")  # the profile's
DAY = (datetime.now(ZONE) + timedelta(days=10)).date()
WHAT = ["--template", TEMPLATE, "--var", "1={nombre}", "--var", "2=pronto"]


def listed(*lines):
    return "nombre;teléfono;fecha;zona horaria\n" + "".join(f"{line}\n" for line in lines)


def local(day, hour, zone=ZONE):
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)


@pytest.fixture
def remind(create):
    def remind(*lines, rule="24 h before {fecha}", code=0):
        return create(listed(*lines), "--remind", rule, what=WHAT, code=code)

    return remind


@pytest.fixture
def update(run, tmp_path):
    def update(*lines, code=0):
        path = tmp_path / "changed.csv"
        path.write_text(listed(*lines))
        return run("update", "Cita", "--csv", str(path), code=code)

    return update


def due(line):
    return [recipient.due_at for recipient in every(line.parts.database, CampaignRecipient)]


def test_each_is_due_by_the_clock_of_their_line_else_of_the_profile(remind, run, line):
    remind(f"Ana;600000001;{DAY} 17:00;", f"Luis;600000002;{DAY} 17:00;America/Lima", f"Eva;600000003;{DAY};")

    before = DAY - timedelta(days=1)
    assert due(line) == [
        local(before, 17),
        local(before, 17, ZoneInfo("America/Lima")),
        local(before, 0),
    ]
    said = run("preview", "Cita")
    assert f"{before} 17:00" in said
    assert f"The next message is due on {before} 00:00." in run("status", "Cita")


def test_who_is_past_is_counted_and_gets_nothing(remind, run, twilio):
    said = remind("Ana;600000001;2026-01-02 17:00;", f"Luis;600000002;{DAY} 17:00;")

    assert "1 are not reminded: it is past" in said
    assert "are not reminded: it is past" in run("preview", "Cita")


@pytest.mark.parametrize(
    ("line_", "rule", "said"),
    [
        (
            "Ana;600000001;;",
            "24 h before {fecha}",
            'Line 2: the column "fecha", which the reminder needs, is empty.',
        ),
        ("Ana;600000001;pronto;", "24 h before {fecha}", "Line 2: pronto is no date"),
        (f"Ana;600000001;{DAY};", "24 h before {día}", 'has no column "día"'),
        (f"Ana;600000001;{DAY};", "tomorrow", "write how long before which column"),
    ],
)
def test_nothing_is_kept_of_what_is_wrong(remind, line, line_, rule, said):
    assert said in remind(line_, rule=rule, code=2)

    assert every(line.parts.database, Campaign) == []


def test_a_changed_list_moves_who_has_another_date(remind, update, line):
    remind(f"Ana;600000001;{DAY} 17:00;", f"Luis;600000002;{DAY} 17:00;")
    later = DAY + timedelta(days=3)

    said = update(f"Ana;600 00 00 01;{later} 9:00;", f"Eva;600000003;{DAY} 9:00;")

    assert "1 have another date" in said
    assert "1 are new on the list" in said
    assert "1 are no longer on the list" in said
    assert due(line)[0] == local(later - timedelta(days=1), 9)


def test_a_changed_list_with_mistakes_changes_nothing(remind, update, line):
    remind(f"Ana;600000001;{DAY} 17:00;")
    before = due(line)

    said = update(f"Ana;600000001;{DAY} 18:00;", f"Luis;12;{DAY};", code=2)

    assert "Line 3: 12 is not a possible phone number." in said
    assert due(line) == before


def test_only_reminders_have_lists_that_change(create, update, run, remind):
    create()

    assert "“Cita” is no reminder (--remind)" in update(f"Ana;600000001;{DAY};", code=3)


def test_a_cancelled_one_has_not(remind, update, run):
    remind(f"Ana;600000001;{DAY} 17:00;")
    run("cancel", "Cita", "--yes")

    assert "“Cita” is cancelled." in update(f"Ana;600000001;{DAY} 18:00;", code=3)


def test_of_a_cancelled_one_no_message_is_due(remind, run):
    remind(f"Ana;600000001;{DAY} 17:00;")
    assert "The next message is due on" in run("status", "Cita")
    run("cancel", "Cita", "--yes")

    assert "is due" not in run("status", "Cita")


def test_a_text_may_be_a_reminder_too(create, line):
    create(
        listed(f"Ana;600000001;{DAY} 17:00;"),
        "--remind",
        "2 días antes de {fecha}",
        what=["--text", "Hola {nombre}"],
    )

    assert the_only(line.parts.database, Campaign).remind == "2 días antes de {fecha}"
    assert due(line) == [local(DAY - timedelta(days=2), 17)]


def test_a_number_may_have_several_dates_and_each_once(remind, update, line):
    later = DAY + timedelta(days=3)
    said = remind(
        f"Ana;600000001;{DAY} 17:00;", f"Ana;600000001;{later} 9:00;", f"Ana;600 00 00 01;{DAY} 17:00;"
    )

    assert "Line 4: 600 00 00 01 is already in line 2." in said
    assert due(line) == [local(DAY - timedelta(days=1), 17), local(later - timedelta(days=1), 9)]
    assert "2 have the same date as before" in update(
        f"Ana;600000001;{later} 9:00;", f"Ana;600000001;{DAY} 17:00;"
    )
