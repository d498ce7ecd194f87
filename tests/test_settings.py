"""Settings: read once, checked at the start, and wrong ones named in one sentence."""

import os
import subprocess
import sys

import pytest
from pydantic_core import PydanticCustomError

from observability.settings_errors import settings_sentence
from phone_numbers import parse_e164
from settings import ROOT, SettingProblem, SettingsError, load_settings, require_sqlite
from tests.product import modules_that_read_the_attribute
from translations import language_of_locale

ACCOUNT = "AC" + "12" * 16


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("TWILIO_", "OPENAI_", "WEBHOOK", "DATABASE", "PORT", "DATA_", "LANG", "LC_")):
            monkeypatch.delenv(name)


def test_with_nothing_set_it_runs_on_this_machine_with_sqlite():
    settings = load_settings(None)

    assert (settings.host, settings.port, settings.has_model) == ("127.0.0.1", 5000, False)
    assert settings.database_url == f"sqlite:///{ROOT / 'data' / 'assistant.db'}"


def test_the_environment_goes_before_the_file(tmp_path, monkeypatch):
    file = tmp_path / ".env"
    file.write_text("PORT=6001\nOPENAI_MODEL=from-the-file\n")
    monkeypatch.setenv("PORT", "6002")

    settings = load_settings(file)

    assert (settings.port, settings.openai_model) == (6002, "from-the-file")


def test_an_empty_value_counts_as_unset(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.setenv("PORT", "")

    assert load_settings(None).has_model is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "seventy"), ("PORT", "70000"), ("WEBHOOK_URL", "shop.example.com"), ("WEBHOOK_URL", "https://a/?b"),
        ("DATABASE_URL", "mysql://h/d"), ("DATABASE_URL", "nonsense"), ("TWILIO_ACCOUNT_SID", "AC1"),
        ("TO_PHONE_NUMBER", "600000001"), ("HUMAN_PHONE_NUMBER", "+34"), ("ANSWER_WAIT_S", "60"),
        ("CALL_MAX_MINUTES", "0"), ("LOG_LEVEL", "loud"), ("WORKER_ID", "a b"), ("OPENAI_BASE_URL", "localhost:11434"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_right_is_named_in_one_sentence(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        load_settings(None)

    sentence = settings_sentence(caught.value).said_in("en")
    assert sentence.startswith(name) and sentence.endswith(".") and "\n" not in sentence


def test_a_wrong_setting_stops_the_program_with_that_sentence_alone():
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "worker"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PORT": "70000"},
    )  # fmt: skip

    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1].startswith("PORT ")
    assert "Traceback" not in run.stderr


def test_a_wrong_profile_stops_the_program_with_one_sentence():
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "routes"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "ASSISTANT_PROFILE": "nobody"},
    )  # fmt: skip

    assert run.returncode != 0
    assert "nobody" in run.stderr and "recepcion.es" in run.stderr
    assert "Traceback" not in run.stderr


def test_secrets_do_not_show_in_a_settings_representation(monkeypatch):
    for name in ("OPENAI_API_KEY", "TWILIO_AUTH_TOKEN", "SECRET_KEY"):
        monkeypatch.setenv(name, "hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://user:hush-hush@host/name")

    assert "hush-hush" not in repr(load_settings(None))


@pytest.mark.parametrize(
    "url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"]
)
def test_hosts_postgres_urls_get_the_driver_that_is_installed(url):
    assert load_settings(None, database_url=url).database_url == "postgresql+psycopg://u:p@h/d"


def test_several_auth_tokens_may_be_good_while_one_is_rotated():
    assert load_settings(None, twilio_auth_token="new, old").twilio_auth_tokens == ("new", "old")


def test_the_first_token_signs_in_while_one_is_rotated():
    settings = load_settings(None, twilio_account_sid=ACCOUNT, twilio_auth_token=" new , old")

    assert settings.twilio_credentials == (ACCOUNT, "new")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"twilio_account_sid": ACCOUNT},
        {"twilio_auth_token": "new,old"},
        {"twilio_account_sid": ACCOUNT, "twilio_auth_token": " , "},
    ],
)
def test_without_an_account_and_a_token_there_are_no_credentials(values):
    assert load_settings(None, **values).twilio_credentials is None


def test_nobody_else_reads_the_tokens_as_they_are_written():
    assert modules_that_read_the_attribute("twilio_auth_token") <= {"settings.py"}


@pytest.mark.parametrize("written", ["+34600000001", "+34 600 00 00 01", "+34-600-000-001"])
def test_a_number_may_be_written_as_people_do(written):
    assert parse_e164(written) == "+34600000001"


@pytest.mark.parametrize(
    ("lang", "language"), [("es_MX.UTF-8", "es"), ("en_US.UTF-8", "en"), ("fr_FR", "en"), ("C", "en")]
)
def test_the_terminal_speaks_the_language_of_the_environment(monkeypatch, lang, language):
    monkeypatch.setenv("LANG", lang)

    assert language_of_locale(load_settings(None).lang) == language


@pytest.mark.parametrize("version", [(3, 34, 1), (3, 7, 17)])
def test_an_sqlite_that_is_too_old_is_refused_with_what_to_install(version):
    with pytest.raises(PydanticCustomError) as refused:
        require_sqlite(version)

    assert (refused.value.type, refused.value.context["needed"]) == (SettingProblem.OLD_SQLITE, "3.35")


@pytest.mark.parametrize("version", [(3, 35, 0), (3, 40, 1), (3, 50, 2)])
def test_an_sqlite_that_is_new_enough_is_taken(version):
    require_sqlite(version)
