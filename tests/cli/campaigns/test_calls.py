"""`flask --app app campaign ...` for campaigns by phone, as operators type it."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from conversation.daily_ceilings import Begun
from messaging.campaigns.states import Event, happened
from storage.base import utc_now
from storage.models import Campaign, CampaignRecipient
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio, Refuse
from tests.records import every, the_only

LIST = "nombre;teléfono;día\nAna;600 00 00 01;martes\nLuis;+34 600 000 002;jueves\n"
GOAL = ["--channel", "voice", "--goal", "Confirmar la cita"]
TEXT = ["--text", "¿Puede venir el {día}?"]


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def settings():
    return {"twilio_phone_number": "+12025550100", "webhook_url": "https://assistant.example"}


@pytest.fixture
def line(open_line, twilio, monkeypatch, any_hour, settings):
    monkeypatch.setenv("COLUMNS", "160")
    return open_line(
        lang="en_US.UTF-8", twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN,
        twilio_api_url=twilio.url, assistant_profile=any_hour, calls_per_second=50, **settings,
    )  # fmt: skip


@pytest.fixture
def run(line):
    def run(*arguments, code=0):
        result = line.app.test_cli_runner().invoke(args=["campaign", *arguments])
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    return run


@pytest.fixture
def create(run, tmp_path):
    def create(*more, code=0):
        path = tmp_path / "list.csv"
        path.write_text(LIST, encoding="utf-8")
        return run("create", "Cita", "--csv", str(path), *more, code=code)

    return create


def test_create_calls_nobody_and_the_preview_says_who_calls(create, run, line, twilio):
    said = create(*GOAL, *TEXT)

    assert "2 lines were read." in said
    assert "Nobody was called. Next: campaign preview “Cita”, campaign test, campaign run." in said
    assert "need a template" not in said
    assert twilio.requests == []
    campaign = the_only(line.parts.database, Campaign)
    assert (campaign.channel, campaign.goal, campaign.leave_message) == ("voice", "Confirmar la cita", True)
    words = run("preview", "Cita")
    assert (
        "Hola, soy Lucía, un asistente automático, y llamo de parte de Fisioterapia Los Almendros." in words
    )
    assert "¿Puede venir el martes?" in words


def test_without_a_text_the_profiles_greeting_is_said(create, line):
    create(*GOAL, "--hang-up-on-machines")

    first = every(line.parts.database, CampaignRecipient)[0]
    assert first.body.startswith("Hola, soy Lucía, el asistente automático de Fisioterapia Los Almendros.")
    assert the_only(line.parts.database, Campaign).leave_message is False


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--channel", "voice", *TEXT], "Say with --goal what the assistant is to achieve in each call."),
        ([*GOAL, "--template", "HX" + "0" * 32], "are for WhatsApp: leave them out."),
        ([*GOAL, "--try-anyway"], "are for WhatsApp: leave them out."),
        (["--goal", "x", *TEXT], "are for calls: add --channel voice."),
        (["--hang-up-on-machines", *TEXT], "are for calls: add --channel voice."),
        ([*GOAL, "--text", "Hola {hora}"], "hora"),
        (["--channel", "fax"], "fax"),
    ],
)
def test_create_refuses_what_makes_no_call(create, line, options, said):
    assert said in create(*options, code=2)
    assert every(line.parts.database, Campaign) == []


@pytest.mark.parametrize("settings", [{}])
def test_run_names_the_settings_that_are_missing(create, run):
    create(*GOAL)

    said = run("run", "Cita", code=2)

    assert "TWILIO_PHONE_NUMBER" in said
    assert "WEBHOOK_URL" in said


def test_status_and_report_say_why_it_is_paused_and_who_was_not_called(create, run, twilio):
    create(*GOAL)
    twilio.fail(Refuse(400, 21211), method="POST", path="/Calls.json")
    twilio.fail(Refuse(400, 21210), method="POST", path="/Calls.json")

    run("run", "Cita", code=1)

    status = run("status", "Cita")
    assert "It has paused itself: nobody is called from this account or number." in status
    assert "set TWILIO_PHONE_NUMBER" in status
    assert "1 wait" in status
    assert "1 have a number that Twilio does not call" in status
    rows = list(
        csv.DictReader(
            io.StringIO(run("report", "Cita", "--csv", "-").replace(" 2,", "\n2,").replace(" 3,", "\n3,"))
        )
    )
    assert {(row["state"], row["status"], row["code"]) for row in rows} >= {("failed", "refused", "21211")}


def test_a_changed_list_of_calls_keeps_who_calls_before_the_text_and_landlines_on_the_list(
    create, run, line, tmp_path
):
    day = datetime.now(UTC).date() + timedelta(days=10)
    path = tmp_path / "list.csv"
    listed = "nombre;teléfono;día\nAna;600 00 00 01;{day}\nLuis;910 000 002;{day}\n"
    path.write_text(listed.format(day=day), encoding="utf-8")
    run("create", "Cita", "--csv", str(path), *GOAL, *TEXT, "--remind", "24 h before {día}")
    path.write_text(listed.format(day=day + timedelta(days=1)), encoding="utf-8")

    said = run("update", "Cita", "--csv", str(path))

    assert "2 have another date" in said
    for recipient in every(line.parts.database, CampaignRecipient):
        assert recipient.body.startswith("Hola, soy Lucía, un asistente automático")
        assert recipient.state == "waiting"


@pytest.mark.parametrize(
    "settings",
    [{"twilio_phone_number": "+12025550100", "webhook_url": "https://assistant.example", "daily_calls": 1}],
)
def test_status_says_that_calls_wait_for_the_next_day(create, run, line):
    create(*GOAL)
    with line.parts.database.write() as connection:
        line.parts.daily_ceilings.take(connection, Begun.CALL, 1, utc_now())
        happened(connection, the_only(line.parts.database, Campaign).id, Event.STARTED, utc_now())

    assert "DAILY_CALLS is used up for today (1)." in run("status", "Cita")


def test_status_and_report_are_in_words_of_calls(create, run, line):
    create(*GOAL, *TEXT)
    with line.parts.database.write() as connection:
        values = {"begun_at": utc_now(), "attempts": 1, "due_at": utc_now() + timedelta(hours=2)}
        connection.execute(update(CampaignRecipient).values(values))
        skipped = update(CampaignRecipient).where(CampaignRecipient.line == 3)
        connection.execute(skipped.values(state="skipped", reason="opted_out"))

    said = run("report", "Cita")

    assert "The next call is due on" in said and "Called" in said and "1 want no calls" in said
    assert "message" not in said and "Sent" not in said
