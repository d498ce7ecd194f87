"""`flask --app app campaign ...`, as operators type it."""

import csv
import io
from datetime import timedelta

import pytest

from jobs.leases import take_slot
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.models import Campaign, CampaignRecipient, Message
from storage.queries import contacts
from tests.cli.campaigns.conftest import LIST
from tests.fakes.twilio.server import Refuse
from tests.records import every, the_only


def opt_out(line, number):
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, number, utc_now())
        contacts.opt_out(connection, recipient.contact_id, utc_now())


def test_create_sends_nothing_and_says_whom_it_reaches(create, line, twilio):
    opt_out(line, "+34600000002")

    said = create(f"{LIST}Ana;0034600000001;lunes\n")

    assert "Left out: Line 4: 0034600000001 is already in line 2." in said
    assert "2 lines were read." in said
    assert "1 want no messages" in said
    assert "--consent" in said
    assert twilio.posted() == []
    assert the_only(line.parts.database, Campaign).state == "draft"


def test_create_says_who_needs_a_template(create):
    assert "2 have not written for 24 hours and need a template" in create(what=["--text", "Hola {nombre}"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{LIST}Eva;12;lunes\n", "Line 4: 12 is not a possible phone number."),
        (f"{LIST}Eva;600000003;\n", 'Line 4: the column "día", which variable 2 needs, is empty.'),
        (
            "nombre;phone\nAna;600000001\n",
            'Variable 2 needs the column "día", which list.csv lacks: it has nombre, phone.',
        ),
        ("nombre;día\nAna;lunes\n", "list.csv has no column that is named for phone numbers"),
        (b"\xff\xfe\x00", "list.csv is"),
        ("nombre;telefono;día\n", "Nobody is left on the list."),
    ],
)
def test_nothing_is_kept_of_a_list_with_mistakes_and_each_is_named(create, line, content, said):
    assert said in create(content, code=2)

    assert every(line.parts.database, Campaign) == []


def test_a_name_is_given_once(create):
    create()

    assert "There is a campaign “Cita” already." in create(code=2)


def test_preview_shows_the_first_lines_filled_in(create, run):
    create(what=["--text", "Hola {nombre}, hasta el {día}."])

    said = run("preview", "Cita", "--rows", "1")

    assert "Hola Ana, hasta el martes." in said
    assert "Luis" not in said


def test_test_sends_the_first_line_to_ones_own_number(create, run, twilio, line):
    create()

    run("test", "Cita", "--to", "+34600000099")

    assert twilio.messages.last.to == "whatsapp:+34600000099"
    assert twilio.messages.bodies() == ["Hola Ana, le esperamos el martes."]
    assert {one.state for one in every(line.parts.database, CampaignRecipient)} == {"waiting"}


def test_run_sends_it_here_where_no_worker_does_and_says_what_became_of_it(create, run, twilio, line):
    create()

    said = run("run", "Cita")

    assert sorted(twilio.messages.bodies()) == [
        "Hola Ana, le esperamos el martes.",
        "Hola Luis, le esperamos el jueves.",
    ]
    assert "2 were sent theirs" in said
    assert the_only(line.parts.database, Campaign).state == "finished"
    assert "That cannot be done with “Cita”: finished." in run("run", "Cita", code=3)


def test_any_name_is_shown_as_it_is(create, run, twilio):
    create(name="Cita 50% [/x] {1} \"a/b\" 'c'")

    assert "[/x] {1} \"a/b\" 'c'" in run("run", "Cita 50% [/x] {1} \"a/b\" 'c'")
    assert "[/x]" in run("status")


def test_a_campaign_that_a_worker_runs_is_not_run_again(create, run, line):
    create()
    with line.parts.database.write() as connection:
        take_slot(connection, "worker", "somebody", now=utc_now(), lease_s=30)
        campaign = campaigns.of_name(connection, "Cita")
        campaigns.change_state(connection, campaign.id, "running", utc_now())

    assert "“Cita” is being run already" in run("run", "Cita", code=3)


def test_what_was_running_when_its_process_died_goes_on_with_run(create, run, twilio, line):
    create()
    with line.parts.database.write() as connection:
        campaign = campaigns.of_name(connection, "Cita")
        campaigns.change_state(connection, campaign.id, "running", utc_now())
        ago = utc_now() - timedelta(minutes=1)
        campaigns.take_lease(connection, campaign.id, "dead", ago, timedelta(seconds=10))

    run("run", "Cita")

    assert len(twilio.messages.made) == 2


def test_run_says_why_it_has_paused_and_what_to_do(create, run, twilio):
    twilio.fail(Refuse(400, 21655), method="POST", times=9)
    create()

    said = run("run", "Cita", code=1)

    assert "It has paused itself: the template is not sent to anybody." in said
    assert "[21655] This account has no such template" in said
    twilio.forgive()
    assert "2 were sent theirs" in run("resume", "Cita")


def test_pause_cancel_and_what_is_over(create, run):
    create()

    assert "That cannot be done with “Cita”: not started." in run("pause", "Cita", code=3)
    run("cancel", "Cita", code=1, input="n\n")
    assert "“Cita” is cancelled." in run("cancel", "Cita", "--yes")
    assert "That cannot be done with “Cita”: cancelled." in run("run", "Cita", code=3)


def test_retry_sends_again_to_whom_it_did_not_reach(create, run, twilio):
    twilio.fail(Refuse(400, 63024), method="POST")
    create()
    run("run", "Cita")
    assert len(twilio.messages.made) == 1

    assert "--failed" in run("retry", "Cita", code=2)
    assert "It goes to 1 recipient again." in run("retry", "Cita", "--failed")
    run("run", "Cita")

    assert len(twilio.messages.made) == 2
    assert "There is nobody" in run("retry", "Cita", "--failed", code=1)


def test_status_and_the_list_of_campaigns(create, run):
    assert run("status") == "There are no campaigns yet."
    create()

    assert "Cita: not started 2 wait" in run("status", "Cita")
    assert "Cita" in run("status")
    assert "There is no campaign “Otra”." in run("status", "Otra", code=2)


def test_the_report_has_a_line_for_each_and_no_formulas(create, run, line, tmp_path):
    create('nombre;teléfono;día\n"=HYPERLINK(1)";600000001;martes\n')
    run("run", "Cita")
    path = tmp_path / "report.csv"

    run("report", "Cita", "--csv", str(path))

    [row] = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    assert (row["line"], row["number"], row["state"], row["status"]) == (
        "2",
        "+34600000001",
        "sent",
        "queued",
    )
    assert row["nombre"] == "'=HYPERLINK(1)"
    assert the_only(line.parts.database, Message).kind == "campaign"


def test_the_commands_speak_spanish(open_line):
    line = open_line(lang="es_ES.UTF-8")

    result = line.app.test_cli_runner().invoke(args=["campaign", "status"])

    assert result.output.strip() == "Aún no hay campañas."
