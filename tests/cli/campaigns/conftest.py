"""A line whose operator types `campaign ...`, and the Twilio that it reaches."""

import pytest

from tests.fakes.dialog360.fake import FakeDialog360
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio

TEMPLATE = "HX" + "0123456789abcdef" * 2
LIST = "nombre;teléfono;día\nAna;600 00 00 01;martes\nLuis;+34 600 000 002;jueves\n"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola {{1}}, le esperamos el {{2}}.")
        yield fake


@pytest.fixture
def whatsapp():
    with FakeDialog360() as fake:
        yield fake


@pytest.fixture
def settings():
    """Values of settings besides Twilio's; a module may have its own."""
    return {}


@pytest.fixture
def line(open_line, twilio, monkeypatch, any_hour, settings):
    monkeypatch.setenv("COLUMNS", "160")
    values = {
        "lang": "en_US.UTF-8", "twilio_account_sid": ACCOUNT_SID, "twilio_auth_token": AUTH_TOKEN,
        "twilio_api_url": twilio.url, "twilio_whatsapp_number": "+14155550100", "assistant_profile": any_hour,
    }  # fmt: skip
    return open_line(**(values | settings))


@pytest.fixture
def run(line):
    def run(*arguments, code=0, **options):
        result = line.app.test_cli_runner().invoke(args=["campaign", *arguments], **options)
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    return run


@pytest.fixture
def create(run, tmp_path):
    def create(content=LIST, *more, name="Cita", code=0, what=None):
        path = tmp_path / "list.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        what = what or ["--template", TEMPLATE, "--var", "1={nombre}", "--var", "2={día}"]
        return run("create", name, "--csv", str(path), *what, *more, code=code)

    return create
