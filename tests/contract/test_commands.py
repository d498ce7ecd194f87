# ruff: noqa: E501  (tables of command lines and of rows are read by the line)
"""Commands: what --help says of each, and what each says, and ends with, where it cannot do what it was asked."""

import re
import shlex
import sqlite3
from contextlib import closing

import click
import pytest
from click.testing import CliRunner

from tests.contract.seams import LANGUAGES, application
from tests.contract.snapshot import hold
from tests.contract.stories import without_pythons_words

LANG = {"es": "es_ES.UTF-8", "en": "en_US.UTF-8"}
SCRIPTS = ("make_call.py", "make_call_ai_local.py")
NOWHERE = "http://127.0.0.1:1"
SID = "AC" + "0" * 32
TWILIO = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "0f" * 16}
DIALS = TWILIO | {
    "TWILIO_PHONE_NUMBER": "+12025550100", "TO_PHONE_NUMBER": "+34600000001", "TWILIO_API_URL": NOWHERE,
    "WEBHOOK_URL": "https://assistant.example",
}  # fmt: skip
CHATWOOT = {"CHATWOOT_ENABLED": "true", "CHATWOOT_URL": NOWHERE, "CHATWOOT_INBOX_ID": "inbox"}
WHATSAPP = TWILIO | {"TWILIO_WHATSAPP_NUMBER": "+12025550100", "TWILIO_API_URL": NOWHERE}
TEMPLATE, MESSAGE = "HX" + "0" * 32, "SM" + "0" * 32


@pytest.fixture(params=LANGUAGES)
def language(request, monkeypatch):
    monkeypatch.setenv("LANG", LANG[request.param])
    return request.param


def helps(command, name, parent=None):
    """The help of a command and of those below it, an option a line however wide the terminal is."""
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=10_000, max_content_width=10_000
    )
    yield f"## {context.command_path}\n\n{command.get_help(context)}\n"
    for below in sorted(getattr(command, "commands", {})):
        yield from helps(command.commands[below], below, context)


def test_help_of_every_command(make_app, language):
    app = make_app()
    own = sorted(app.cli.commands)
    parts = [text for name in own for text in helps(app.cli.commands[name], name)]
    parts += [text for name in SCRIPTS for text in helps(application.script(name, language), name)]

    hold(f"help_{language}.txt", "\n".join(parts))


def test_parameters_of_every_command(make_app):
    """Hidden options, types and defaults too, which --help does not tell."""
    app = make_app()
    commands = [*app.cli.commands.items(), *((name, application.script(name, "en")) for name in SCRIPTS)]

    def lines(command, path):
        for one in command.params:
            says = one.to_info_dict()
            kept = {
                k: says[k]
                for k in ("opts", "secondary_opts", "required", "nargs", "multiple", "is_flag", "hidden")
                if k in says
            }
            kept["type"] = {
                k: v
                for k, v in says["type"].items()
                if k in ("name", "choices", "min", "max", "min_open", "max_open")
            }
            kept["default"] = str(one.default) if isinstance(one.default, int | float | str) else None
            yield f"{path}: {kept}"
        for name, below in getattr(command, "commands", {}).items():
            yield from lines(below, f"{path} {name}")

    hold(
        "parameters.txt",
        "\n".join(sorted(line for name, command in commands for line in lines(command, name))),
    )


# What is refused

SCRIPT_CASES = [
    ("", {}),
    ("", TWILIO),
    ("", {"TWILIO_ACCOUNT_SID": SID}),
    ("+34600000001", TWILIO),
    ("+34600000001", {"TWILIO_ACCOUNT_SID": "AC1"}),
    ("+34600000001", {"PORT": "a lot"}),
    ("--from +12025550100", TWILIO | {"WEBHOOK_URL": "https://assistant.example"}),
    ("600000001", DIALS),
    ("+3460", DIALS),
    ("hello", DIALS),
    ("--from nobody", DIALS),
    ("--timeout 0", DIALS),
    ("--timeout 601", DIALS),
    ("--timeout soon", DIALS),
    ("--env-file nowhere.env", DIALS),
    ("--poll-s 0", DIALS),
    ("--patience-s -1", DIALS),
    ("--nothing", DIALS),
    ("+34600000001 +34600000002", DIALS),
    ("", DIALS | {"ASSISTANT_PROFILE": "nobody"}),
    ("", DIALS),
    ("", DIALS | {"WEBHOOK_URL": "https://localhost"}),
    ("", DIALS | {"TWILIO_API_URL": "nowhere"}),
    ("--prompt Hola --dry-run", {}),
    ("--prompt Hola --dry-run", {"OPENAI_BASE_URL": NOWHERE}),
    ("--amd --fallback-url https://example.com/bin", DIALS),
]


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_the_scripts_refuse(name, language, tmp_path):
    empty = tmp_path / "empty.env"
    empty.write_text("")
    told = []
    for line, environment in SCRIPT_CASES:
        given = shlex.split(line)
        given = given if "--env-file" in given else [*given, "--env-file", str(empty)]
        result = CliRunner(env=environment).invoke(application.script(name, language), given, prog_name=name)
        told.append(story(f"{name} {line}", environment, result, tmp_path))

    hold(f"refusals_{name.removesuffix('.py')}_{language}.txt", "\n".join(told))


COMMAND_CASES = {
    "nothing set": (
        {},
        [
            "nothing", "db", "db nothing", "db upgrade --nothing", "worker 1", "handoffs", "handoffs --last 0", "handoffs --last x",
            "chat --nothing", "phone --nothing", "whatsapp", "whatsapp nothing", "whatsapp log", "whatsapp log --last 0",
            "whatsapp log hello", "whatsapp log +34600000001", "whatsapp status", "whatsapp status SM1",
            f"whatsapp status {MESSAGE}", "whatsapp status wamid.abc", "whatsapp send", "whatsapp send +34600000001",
            "whatsapp send hello --text Hola", "whatsapp send +34600000001 --text Hola", "whatsapp send +34600000001 --text ''",
            f"whatsapp send +34600000001 --text {'x' * 1601}", "whatsapp send +34600000001 --image nothing",
            "whatsapp send +34600000001 --image 'https://exa mple.com'", f"whatsapp send +34600000001 --template {TEMPLATE} --text Hola",
            f"whatsapp send +34600000001 --template {TEMPLATE} --image https://example.com/a.png",
            "whatsapp send +34600000001 --text Hola --var 1=Ana", "whatsapp send +34600000001 --template HX1",
            f"whatsapp send +34600000001 --template {TEMPLATE} --var Ana", f"whatsapp send +34600000001 --template {TEMPLATE} --var 1=",
            f"whatsapp send +34600000001 --template {TEMPLATE} --var '1=a     b'", f"whatsapp send +34600000001 --template {TEMPLATE}",
            "whatsapp send +34600000001 --text Hola --poll-s 0", "whatsapp simulate --nothing",
            "chatwoot", "chatwoot test", "chatwoot nothing", "crm", "crm failed", "crm retry", "crm retry x", "crm nothing",
        ],
    ),
    "twilio set": (
        WHATSAPP,
        [
            "whatsapp log", "whatsapp send +34600000001 --text Hola", "whatsapp send +34600000001 --image https://example.com/a.png",
            "whatsapp send +34600000001 --template", "whatsapp send +34600000001 --template aviso:es",
            "whatsapp send +12025550100 --template", "whatsapp status wamid.abc",
        ],
    ),
    "360dialog set": (
        {"D360_API_KEY": "k", "D360_API_URL": NOWHERE},
        [
            "whatsapp send +34600000001 --text Hola", "whatsapp send +34600000001 --template",
            f"whatsapp send +34600000001 --template {TEMPLATE}",
        ],
    ),
    "chatwoot and crm set": (
        CHATWOOT | {"CRM_WEBHOOK_URL": NOWHERE},
        ["chatwoot test", "crm failed", "crm retry", "crm retry 7"],
    ),
}  # fmt: skip
NEED_TABLES = [
    "worker", "handoffs", "chat", "crm failed", "crm retry", "chatwoot test", "whatsapp log", f"whatsapp status {MESSAGE}",
    "whatsapp send +34600000001 --text Hola",
]  # fmt: skip


@pytest.mark.parametrize("state", COMMAND_CASES)
def test_what_the_commands_refuse(state, language, make_app, monkeypatch, tmp_path):
    environment, lines = COMMAND_CASES[state]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    told = run(make_app(), lines, environment, tmp_path)
    hold(f"refusals_{state.replace(' ', '_')}_{language}.txt", told)


def test_what_the_commands_say_of_a_database_of_another_version(language, make_app, monkeypatch, tmp_path):
    environment = WHATSAPP | CHATWOOT | {"CRM_WEBHOOK_URL": NOWHERE}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    app = make_app()
    with closing(sqlite3.connect(tmp_path / "data-0" / "assistant.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    told = run(app, NEED_TABLES, environment, tmp_path)
    hold(f"refusals_other_version_{language}.txt", told)


def test_what_the_commands_say_of_a_database_that_cannot_be_reached(language, make_app, tmp_path):
    app = make_app(migrated=False, database_url="postgresql://nobody@127.0.0.1:1/nothing")

    hold(f"refusals_no_database_{language}.txt", run(app, ["handoffs", "worker"], {}, tmp_path))


def run(app, lines, environment, folder):
    told = []
    for line in lines:
        result = app.test_cli_runner().invoke(args=shlex.split(line), prog_name="flask")
        told.append(story(f"flask {line}", environment, result, folder))
    return "\n".join(told)


def story(line, environment, result, folder):
    """What was asked, and what came of it."""
    assert result.exception is None or isinstance(result.exception, SystemExit), (line, result.exc_info)
    says = re.sub(r"(CA|SM)[0-9a-f]{32}", r"\1...", result.output.replace(str(folder), "FOLDER").rstrip())
    says = "\n".join(
        text.rstrip() for text in says.splitlines() if not text.startswith("{")
    )  # the log's own lines
    asked = re.sub(r"x{50,}", "xxx...", line)
    says = without_pythons_words(says)
    setting = " ".join(f"{name}={value}" for name, value in environment.items())
    return f"$ {asked}\n  with: {setting or 'nothing'}\n  exit code {result.exit_code}\n{says}\n"
