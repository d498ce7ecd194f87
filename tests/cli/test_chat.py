"""The chat in the terminal, as a process: no Twilio, no WhatsApp, no key."""

import os

import pytest

from tests.warm import PROGRAMS


@pytest.fixture
def flask(tmp_path, database_url):
    def run(*arguments, stdin="", **environment):
        return PROGRAMS.run(
            ["-m", "flask", "--app", "app", *arguments], input=stdin, timeout=60,
            env={
                "PATH": os.environ["PATH"], "LANG": "en_US.UTF-8", "ASSISTANT_PROFILE": "reception.en",
                "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": database_url, **environment,
            },
        )  # fmt: skip

    return run


@pytest.mark.both_databases
def test_it_answers_and_remembers(flask):
    done = flask("chat", stdin="When do you open?\n/history\n/exit\n")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("When do you open?") == 1
    assert "open" in done.stdout.partition("When do you open?")[2]


def test_a_script_is_played_and_can_be_read_again(flask, tmp_path):
    script = tmp_path / "script.txt"
    script.write_text("Hello\n\nWhen do you open?\n")

    played = flask("chat", "--script", str(script))
    again = flask("chat", "--history")

    assert [line for line in played.stdout.splitlines() if line.startswith("> ")] == [
        "> Hello",
        "> When do you open?",
    ]
    assert "> Hello" in again.stdout
    assert "> When do you open?" in again.stdout


def test_beginning_anew_forgets(flask):
    done = flask("chat", stdin="Hello\n/reset\n/history\n")

    assert "Nothing was said yet." in done.stdout


def test_what_is_no_command_is_said(flask):
    done = flask("chat", stdin="/hangup\n")

    assert "There is no command /hangup" in done.stderr


def test_a_number_that_cannot_be_is_refused(flask):
    done = flask("chat", "--history", "12")

    assert done.returncode == 2
    assert "NUMBER" in done.stderr


@pytest.mark.both_databases
def test_without_tables_it_makes_them(flask, tmp_path):
    done = flask("chat", stdin="When do you open?\n", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")

    assert done.returncode == 0, done.stderr
    assert done.stderr == "Preparing the database…\n"
    assert "nine in the morning" in done.stdout
