"""Settings: read once, checked at the start, and wrong ones named in one sentence."""

import os

import pytest
from pydantic_core import PydanticCustomError
from sqlalchemy import text

from jobs.migrate import upgrade
from observability.settings_errors import settings_sentence
from phone_numbers import parse_e164
from settings import ROOT, load_settings, misspelt_names
from settings.checks import SettingProblem, SettingsError, require_sqlite
from storage.database import Database, sqlite_path
from tests.product import modules_that_read_the_attribute
from tests.warm import PROGRAMS
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


@pytest.mark.parametrize("name", ["a?b", "50%20off", "a#b", "100%", "with space", "año"])
def test_a_data_folder_may_have_any_name(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()

    url = load_settings(None, data_dir=folder).database_url

    upgrade(url)
    database = Database(url)
    with database.write() as connection:
        connection.execute(text("CREATE TABLE found (word TEXT)"))
    database.close()
    assert sqlite_path(url) == folder / "assistant.db"
    assert (folder / "assistant.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:5000"), ("::", "http://127.0.0.1:5000"), ("[::]", "http://127.0.0.1:5000"),
        ("0:0:0:0:0:0:0:0", "http://127.0.0.1:5000"), ("::1", "http://[::1]:5000"), ("[::1]", "http://[::1]:5000"),
        ("127.0.0.1", "http://127.0.0.1:5000"), ("localhost", "http://localhost:5000"),
    ],
)  # fmt: skip
def test_a_host_is_reached_however_it_is_spelt(host, url):
    assert load_settings(None, host=host).local_url == url


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("http://127.0.0.1:5000", False), ("http://127.0.0.2:5000", False), ("http://[::1]:5000", False),
        ("http://[::ffff:127.0.0.1]:5000", False), ("http://localhost.:5000", False),
        ("https://example.com", True), ("http://192.168.1.5:5000", True),
    ],
)  # fmt: skip
def test_an_address_of_this_machine_is_no_public_one(url, is_public):
    assert load_settings(None, webhook_url=url).is_public == is_public


def test_a_data_folder_without_a_root_is_the_same_wherever_a_program_is_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    settings = load_settings(None, data_dir="things")

    assert settings.data_dir == ROOT / "things"
    assert settings.database_url == f"sqlite:///{ROOT / 'things' / 'assistant.db'}"


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
        ("OPENAI_BASE_URL", "http://localhost:11434/v1#x"), ("OPENAI_API", "completions"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_right_is_named_in_one_sentence(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        load_settings(None)

    sentence = settings_sentence(caught.value).said_in("en")
    assert sentence.startswith(name) and sentence.endswith(".") and "\n" not in sentence


def test_a_wrong_setting_stops_the_program_with_that_sentence_alone():
    environment = {"PATH": os.environ["PATH"], "PORT": "70000"}
    run = PROGRAMS.run(["-m", "flask", "--app", "app", "worker"], env=environment, timeout=60)

    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1].startswith("PORT ")
    assert "Traceback" not in run.stderr


def test_a_wrong_profile_stops_the_program_with_one_sentence():
    environment = {"PATH": os.environ["PATH"], "ASSISTANT_PROFILE": "nobody"}
    run = PROGRAMS.run(["-m", "flask", "--app", "app", "routes"], env=environment, timeout=60)

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


def test_a_region_is_read_as_people_write_it():
    settings = load_settings(None, twilio_region=" IE1", twilio_edge="Dublin ")

    assert (settings.twilio_region, settings.twilio_edge) == ("ie1", "dublin")


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
    assert modules_that_read_the_attribute("twilio_auth_token") <= {"settings/__init__.py"}


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TWILIO_AUTHTOKEN", "TWILIO_AUTH_TOKEN"), ("OPENAI_KEY", "OPENAI_API_KEY"), ("WEBHOOKURL", "WEBHOOK_URL"),
        ("VENDEDORES_WHATSAPP", "VENDEDOR_WHATSAPP"), ("TWILIO_WHATSAPP", "TWILIO_WHATSAPP_NUMBER"),
        ("TWILIO_WHATSAPP_FROM", None), ("LC_ALL", None), ("POSTGRES_PASSWORD", None), ("HOSTNAME", None),
        ("TWILIO_API_KEY", None), ("NGROK_AUTHTOKEN", None),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_found_in_the_file_and_in_the_environment(monkeypatch, tmp_path, written, meant):
    expected = {} if meant is None else {written: meant}
    file = tmp_path / ".env"
    file.write_text(f"export {written}=x\n")

    assert misspelt_names(file) == expected
    monkeypatch.setenv(written, "x")
    assert misspelt_names(None) == expected


def test_a_name_is_not_misspelt_if_what_it_resembles_is_set(tmp_path):
    file = tmp_path / ".env"
    file.write_text("OPENAI_API_KEY_OLD=x\nOPENAI_API_KEY=y\n")

    assert misspelt_names(file) == {}
