"""`flask --app app chatwoot test`: what it says of a connection, and what to change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cli.chatwoot import ChatwootServices, chatwoot_group
from cli.console import Terminal
from cli.exit_codes import ExitCode
from doctor.chatwoot_advice import advice_for
from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.setup_check import Problem
from storage.models import Contact
from storage.queries.helpdesk import add_words
from storage.queries.helpdesk_events import take_in_order
from storage.queries.helpdesk_items import Kind
from tests.fakes.chatwoot.fake import FakeChatwoot
from translations import in_language

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture
def run(database, chatwoot):
    """Run the test against the fake; return its exit code and what it said."""

    def run(language="es", *, url=None, inbox=None, token="bot", account_id=1, is_signed=True, is_on=True):
        tokens = {"bot": chatwoot.bot_token, "user": chatwoot.user_token, None: None}
        client = Chatwoot(
            url or chatwoot.url,
            inbox_identifier=inbox or chatwoot.identifier,
            account_id=account_id,
            api_token=tokens.get(token, token),
            total_s=5,
        )
        runner = CliRunner()
        with runner.isolation() as (out, err, _):
            group = chatwoot_group(
                Terminal(language),
                lambda: ChatwootServices(
                    database, ZoneInfo("Europe/Madrid"), client=client if is_on else None,
                    public_url="https://a.example.com", is_signed=is_signed,
                ),
                lambda: None,
            )  # fmt: skip
            try:
                group.main(["test"], standalone_mode=True)
            except SystemExit as ended:
                code = ended.code
            said = (out.getvalue() + err.getvalue()).decode()
        client.close()
        return code, said

    return run


def test_all_is_well(run):
    code, said = run()

    assert code == ExitCode.COMPLETED
    assert "Bandeja: WhatsApp (Chatwoot 4.16.2)." in said
    assert "La conexión está bien." in said
    assert "https://a.example.com/webhook/chatwoot" in said


@pytest.mark.parametrize(
    ("wrong", "problem", "code"),
    [
        ({"url": "http://127.0.0.1:9"}, Problem.UNREACHABLE, ExitCode.UNREACHABLE),
        ({"inbox": "nobodys"}, Problem.INBOX_UNKNOWN, ExitCode.REFUSED),
        ({"token": "wrong"}, Problem.TOKEN_WRONG, ExitCode.REFUSED),
        ({"account_id": None}, Problem.ACCOUNT_MISSING, ExitCode.REFUSED),
        ({"token": None}, Problem.TOKEN_MISSING, ExitCode.REFUSED),
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_wrong_is_said_with_the_setting_to_change(run, wrong, problem, code, language):
    found, said = run(language, **wrong)

    assert found == code
    with in_language(language):
        assert str(advice_for(problem)) in said


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_sentence(problem):
    assert str(advice_for(problem)).endswith(".")


def test_whose_token_it_is_is_said(run):
    assert "de un bot" in run()[1]
    assert "a user's" in run("en", token="user")[1]


def test_without_a_token_it_is_said_what_that_means(run):
    code, said = run(token=None, account_id=None)

    assert code == ExitCode.COMPLETED
    assert "🤖" in said


def test_off_is_said_in_one_sentence(run):
    code, said = run(is_on=False)

    assert code == ExitCode.WRONG_INPUT
    assert (
        said.strip()
        == "Chatwoot está apagado: ponga CHATWOOT_ENABLED=true, CHATWOOT_URL y CHATWOOT_INBOX_ID."
    )


def test_an_unsigned_webhook_is_said(run):
    assert "CHATWOOT_WEBHOOK_SECRET" in run(is_signed=False)[1]


def test_an_old_chatwoot_is_said_and_is_no_failure(run, chatwoot):
    chatwoot.version = "4.11.0"

    code, said = run()

    assert code == ExitCode.COMPLETED
    assert "4.13" in said


def test_when_it_last_told_us_and_what_waits_is_said(run, database):
    with database.write() as connection:
        connection.execute(
            Contact.__table__.insert().values(
                address="+34600000001", simulated=False, name="", created_at=NOW, whatsapp_address=""
            )
        )
        take_in_order(connection, 42, "open", NOW, NOW)
        add_words(connection, 1, Kind.NOTE, "n", "words", NOW)

    said = run()[1]

    assert "Último aviso de Chatwoot: 2026-11-21 13:00." in said
    assert "Esperan a mostrarse en Chatwoot: 1." in said
