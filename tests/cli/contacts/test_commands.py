"""`flask --app app contacts ...`: who it is, all that is kept, and its end."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cli.console import Terminal
from cli.contacts import erasing
from cli.contacts.commands import ContactServices, contacts_group
from people.privacy.erasures import Erasures
from storage.database import sqlite_path
from storage.models import Contact, Mirror, Turn
from storage.privacy.digests import Digests
from storage.privacy.record_file import RecordFile
from storage.privacy.tasks import Place
from tests.people.privacy.everywhere import tables_that_hold
from tests.people.privacy.rows import WORDS, Rows
from tests.records import every

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBER = "+34600000001"


@pytest.fixture
def rows(database):
    return Rows(database, NOW)


@pytest.fixture
def run(database, work, tmp_path):
    def run(*arguments, language="en", places=(), given=None):
        record = RecordFile(tmp_path / "erasures")
        erasures = Erasures(database, work, Digests(lambda: "key"), record, places=places)
        services = ContactServices(database, ZoneInfo("Europe/Madrid"), "ES", erasures, frozenset(places))
        group = contacts_group(Terminal(language), lambda: services, lambda: None)
        return CliRunner(env={"COLUMNS": "160"}).invoke(group, arguments, input=given)

    return run


@pytest.mark.parametrize("who", [NUMBER, "600 000 001", "whatsapp:+34 600 000 001", "0034600000001", "#1"])
def test_a_person_is_found_by_their_number_however_it_is_written(run, rows, who):
    rows.everything(NUMBER)

    result = run("show", who)

    assert result.exit_code == 0, result.output
    for said in ("#1", "Ana", NUMBER, "2026-11-21 13:00", "turns  2", "messages  2"):
        assert said in result.output


def test_a_number_of_mexico_is_found_in_both_of_its_forms(run, rows):
    rows.contact("+525512345678", whatsapp_address="whatsapp:+5215512345678")

    assert run("show", "+52 1 55 1234 5678").exit_code == run("show", "+525512345678").exit_code == 0


def test_somebody_without_a_number_is_found_by_their_user_id(run, rows):
    rows.contact("bsuid:ES.13491208655302741918", whatsapp_user_id="ES.13491208655302741918")

    assert "ES.13491208655302741918" in run("show", "ES.13491208655302741918").output


def test_contacts_that_were_made_one_are_one_person(run, rows, database):
    kept = rows.everything(NUMBER)
    rows.contact("bsuid:ES.1", whatsapp_user_id="ES.1", merged_into=kept)

    assert run("show", "ES.1").output.count("Contact") == 2
    assert run("erase", "ES.1", "--yes").exit_code == 0
    assert tables_that_hold(database, [NUMBER[1:], "ES.1", WORDS]) == []


def test_what_is_no_number_and_who_is_not_known_is_said(run):
    assert (run("show", "nobody").exit_code, run("erase", NUMBER).exit_code) == (2, 1)
    assert "no WhatsApp user id" in run("show", "nobody").output
    assert f"No se conoce a nadie con {NUMBER}" in run("show", NUMBER, language="es").output


def test_the_export_has_every_row_and_says_where_the_files_are(run, rows, tmp_path):
    rows.everything(NUMBER)
    rows.turn(rows.conversation(rows.contact("+34600000002")), 1, heard="somebody else's")

    shown = run("export", NUMBER).stdout
    written = run("export", NUMBER, "--output", str(tmp_path / "ana.json"))

    found = json.loads(shown)
    assert written.exit_code == 0
    assert json.loads((tmp_path / "ana.json").read_text("utf-8")) == found
    assert (tmp_path / "ana.json").stat().st_mode & 0o077 == 0
    assert "Twilio" in found["about_files"]
    assert [turn["heard"] for turn in found["turns"]] == [WORDS, WORDS]
    assert found["calls"][0]["from_number"] == NUMBER
    assert {"contacts", "conversations", "messages", "handoffs", "tool_runs", "mirror_items"} <= found.keys()
    assert "somebody else's" not in shown
    assert "+34600000011" not in shown  # the seller's


def test_a_dry_run_and_a_no_erase_nothing(run, rows, database):
    rows.everything(NUMBER)

    dry, refused = run("erase", NUMBER, "--dry-run"), run("erase", NUMBER, given="n\n")

    assert (dry.exit_code, refused.exit_code) == (0, 1)
    assert "turns" in dry.output and "Nothing was erased" in dry.output
    assert [contact.address for contact in every(database, Contact)] == [NUMBER]


def test_an_erasure_is_asked_for_and_says_what_it_does_not_reach(run, rows, database):
    rows.everything(NUMBER)

    result = run("erase", NUMBER, given="y\n")

    assert result.exit_code == 0, result.output
    assert "Erased here." in result.output
    for place in ("Twilio", "OpenAI", "backup"):
        assert place in result.output
    assert tables_that_hold(database, [NUMBER[1:], WORDS, "Ana"]) == []
    assert len(every(database, Turn)) == 2
    assert run("show", NUMBER).exit_code == 1


@pytest.mark.sqlite_alone
def test_copies_of_the_database_are_named(run, rows, database):
    rows.everything(NUMBER)
    path = sqlite_path(database.url)
    copy = path.with_name(f"{path.stem}-0010-20261121T120000{path.suffix}")
    copy.touch()

    assert str(copy) in run("erase", NUMBER, "--yes").output


def test_what_the_worker_has_not_done_yet_is_said(run, rows, database, monkeypatch):
    monkeypatch.setattr(erasing, "WAIT_S", 0)
    contact_id = rows.everything(NUMBER)
    rows.add(Mirror, contact_id=contact_id, source_id="34600000001", created_at=NOW)

    result = run("erase", NUMBER, "--yes", places=[Place.CHATWOOT, Place.CRM])

    assert "Chatwoot: the worker does it" in result.output
    assert "CRM: the worker does it" in result.output


def test_a_chatwoot_that_is_not_set_up_any_more_is_named(run, rows):
    contact_id = rows.everything(NUMBER)
    rows.add(Mirror, contact_id=contact_id, source_id="34600000001", created_at=NOW)

    assert "Chatwoot is not set up any more" in run("erase", NUMBER, "--yes").output
