"""`flask --app app handoffs`: who wanted a person, as the operator reads it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from conversation.handoff import Request, hand_off, leave_message
from conversation.observers import NULL_OBSERVER
from jobs.migrate import is_up_to_date
from storage.models import MessageStatus
from storage.queries import calls, offers, outgoing
from storage.queries.calls import CallFacts

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def call_from(line, address, *, simulated=False):
    facts = CallFacts(
        f"CA{address[-4:]}", "inbound", address, "+12025550100", "in-progress", address, simulated
    )
    with line.parts.database.write() as connection:
        return calls.open_call(connection, facts, NOW).id


def shown(line):
    return " ".join(line.app.test_cli_runner().invoke(args=["handoffs"]).output.split())


@pytest.mark.both_databases
def test_what_callers_left_is_shown_with_who_and_when(open_line, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    line = open_line(lang="en_US.UTF-8")
    first, second = call_from(line, "+12025550123"), call_from(line, "withheld:CA9", simulated=True)
    with line.parts.database.write() as connection:
        leave_message(connection, NULL_OBSERVER, first, 1, "Please call me back.", NOW)
        hand_off(connection, NULL_OBSERVER, second, 2, Request("a complaint", "Charged twice."), NOW)

    output = shown(line)

    assert "2026-11-21 13:00" in output  # the shop's own time
    assert "+12025550123" in output and "Please call me back." in output
    assert "withheld number (simulated)" in output and "a complaint" in output
    assert output.index("+12025550123") < output.index("withheld number")


def test_what_would_steer_the_terminal_is_made_visible(open_line):
    line = open_line(lang="en_US.UTF-8")
    conversation = call_from(line, "+12025550123")
    with line.parts.database.write() as connection:
        hand_off(connection, NULL_OBSERVER, conversation, 1, Request("a\x1b[2Jquote", "\x9b31mred"), NOW)
        leave_message(connection, NULL_OBSERVER, conversation, 2, "\x07ring", NOW)

    output = line.app.test_cli_runner().invoke(args=["handoffs"]).output

    assert all(word in output for word in ("�[2Jquote", "�31mred", "�ring"))


@pytest.mark.parametrize(("lang", "said"), [("es_ES", "Nadie ha pedido"), ("en_US", "Nobody has asked")])
def test_with_nothing_left_it_says_so(open_line, lang, said):
    assert said in shown(open_line(lang=lang))


def run(tmp_path, command, url):
    from app import create_app
    from settings import load_settings

    app = create_app(load_settings(None, data_dir=tmp_path, database_url=url, lang="en"))
    return app.test_cli_runner().invoke(args=[command])


@pytest.mark.parametrize("command", ["handoffs", "worker"])
def test_without_a_database_a_command_says_so_in_one_sentence(tmp_path, command):
    result = run(tmp_path, command, f"sqlite:///{tmp_path}/no/such/folder.db")

    assert result.exit_code == 1
    assert "DATABASE_URL" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize("command", ["handoffs", "worker"])
def test_a_database_of_another_version_is_left_as_it_is(tmp_path, sqlite_url, command):
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    result = run(tmp_path, command, sqlite_url)

    assert result.exit_code == 1
    assert "flask --app app db upgrade" in result.output and "Traceback" not in result.output
    assert not is_up_to_date(sqlite_url)


def test_an_empty_database_is_prepared(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"

    result = run(tmp_path, "handoffs", url)

    assert result.exit_code == 0
    assert "Preparing the database" in result.output and "Nobody has asked" in result.output
    assert is_up_to_date(url)


def test_who_took_it_is_shown(open_line, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    line = open_line(lang="en_US.UTF-8")
    conversation, other = call_from(line, "+12025550123"), call_from(line, "+12025550124")
    with line.parts.database.write() as connection:
        first = hand_off(connection, NULL_OBSERVER, conversation, 1, Request("a complaint"), NOW)
        second = hand_off(connection, NULL_OBSERVER, other, 1, Request("a quote"), NOW)
        now = NOW + timedelta(minutes=3)
        for handoff, seller in ((first.id, "+34600000011"), (second.id, "+34600000012")):
            message = outgoing.add_outbound(
                connection, conversation, "notice", "x", NOW, MessageStatus.SENT, author="handoff"
            )
            offers.make_offer(connection, handoff, seller, message, NOW, now)
        offers.move(connection, first.id, "open", "owned", now, owner="+34600000011")

    output = shown(line)

    assert "taken by +34600000011 at 13:03" in output
    assert "told: +34600000012" in output
