"""`flask --app app doctor`: its lines, what it mends, and its exit code, which says whether calls will work."""

import json

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from cli.console import Terminal
from cli.doctor import doctor_command
from cli.exit_codes import ExitCode
from doctor.findings import Finding, Status
from doctor.runner import Doctor
from integrations.errors import NO_CONNECTION, IntegrationError
from tests.doctor.scripted import MendablePart, ScriptedPart, ok, wrong
from translations import Message

OFF = Finding("chatwoot", Status.OFF, Message("Chatwoot is off."))


def run(*parts, arguments=(), language="en", vital=(), takes_calls=True):
    """Run the command; return its exit code, and what it said on each stream."""
    runner = CliRunner()
    with capture_logs(), runner.isolation() as (out, err, _):
        command = doctor_command(
            Terminal(language), lambda: Doctor(parts, vital=vital, takes_calls=takes_calls, within_s=5)
        )
        with pytest.raises(SystemExit) as ended:
            command.main(list(arguments), standalone_mode=True)
        return ended.value.code, out.getvalue().decode(), err.getvalue().decode()


def test_each_finding_is_a_line_with_what_to_do_below():
    code, said, _ = run(ScriptedPart("model", [ok("model"), wrong("model")]), ScriptedPart("chatwoot", [OFF]))

    assert code == ExitCode.COMPLETED
    assert [line.split() for line in said.splitlines() if line] == [
        ["ok", "model", "It", "works."],
        ["fix", "model", "It", "is", "wrong."],
        ["→", "Mend", "it."],
        ["off", "Chatwoot", "Chatwoot", "is", "off."],
        ["Calls", "will", "work."],
    ]


def test_where_twilio_is_not_set_up_it_promises_the_simulated_phone_alone():
    part = ScriptedPart("model", [ok("model")])

    said = [run(part, takes_calls=takes_calls)[1].splitlines()[-1] for takes_calls in (True, False)]

    assert said[0] == "Calls will work."
    assert said[1].startswith("The simulated phone will work.") and "Twilio" in said[1]


def test_it_speaks_the_readers_language():
    _, said, _ = run(ScriptedPart("database", [wrong("database", stops_calls=True)]), language="es")

    assert "arreglar  base de datos  It is wrong." in said
    assert "Las llamadas no funcionarán hasta que esto esté bien: base de datos." in said


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (ScriptedPart("a"), ExitCode.COMPLETED),
        (ScriptedPart("a", [wrong("a")]), ExitCode.COMPLETED),
        (ScriptedPart("a", [OFF]), ExitCode.COMPLETED),
        (ScriptedPart("a", [wrong("a", stops_calls=True)]), ExitCode.NOT_COMPLETED),
        (ScriptedPart("a", error=ValueError()), ExitCode.COMPLETED),
        (ScriptedPart("vital", error=ValueError()), ExitCode.NOT_COMPLETED),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--json"], ["--fix"]])
def test_the_exit_code_says_whether_calls_will_work(part, code, arguments):
    assert run(part, arguments=arguments, vital={"vital"})[0] == code


def test_json_has_all_of_it_and_nothing_else():
    code, said, _ = run(
        ScriptedPart("model", [wrong("model", fix="model-x", stops_calls=True)]), arguments=["--json"]
    )

    assert code == ExitCode.NOT_COMPLETED
    assert json.loads(said) == {
        "calls_work": False,
        "findings": [
            {
                "part": "model", "status": "fix", "sentence": "It is wrong.", "advice": "Mend it.", "fix": "model-x",
                "stops_calls": True,
            }
        ],
        "fixes": [],
    }  # fmt: skip


# Mending


def test_without_fix_nothing_is_changed():
    part = MendablePart("twilio")

    code, said, _ = run(part)

    assert (code, part.stands) == (ExitCode.NOT_COMPLETED, "https://old.example/voice")
    assert "doctor --fix" in said


def test_fix_shows_what_stands_there_mends_it_and_looks_again():
    part, other = MendablePart("twilio"), ScriptedPart("model")

    code, said, shown = run(other, part, arguments=["--fix"])

    assert (code, part.stands) == (ExitCode.COMPLETED, "https://ours.example/voice")
    assert shown.index("https://old.example/voice") < shown.index("https://ours.example/voice")
    assert "The webhook is right." in said and other.looked == 1
    assert said.index("It works.") < said.index("The webhook is right.")


def test_what_somebody_else_has_set_is_replaced_only_when_asked_for():
    part = MendablePart("twilio", foreign=True)

    code, _, shown = run(part, arguments=["--fix"])
    assert (code, part.stands) == (ExitCode.NOT_COMPLETED, "https://old.example/voice")
    assert "--replace" in shown

    code, said, _ = run(part, arguments=["--replace", "--json"])
    assert (code, part.stands) == (ExitCode.COMPLETED, "https://ours.example/voice")
    assert json.loads(said)["fixes"] == [
        {
            "name": "twilio-webhook", "stands": "https://old.example/voice",
            "would_stand": "https://ours.example/voice", "applied": True,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("foreign", "arguments", "advised"),
    [
        ([False], [], ["--fix"]),
        ([True], [], ["--replace"]),
        ([False, True], [], ["--fix", "--replace"]),
        ([False, True], ["--fix"], ["--replace"]),
        ([False, True], ["--replace"], []),
    ],
)
def test_the_last_lines_name_the_commands_that_would_mend_more(foreign, arguments, advised):
    parts = [MendablePart(f"part {number}", foreign=is_foreign) for number, is_foreign in enumerate(foreign)]

    _, said, _ = run(*parts, arguments=arguments)

    commands = [line.split()[4] for line in said.splitlines() if line.startswith("flask --app app doctor")]
    assert commands == advised


def test_an_address_at_which_the_server_was_not_reached_is_named_before_a_change():
    address = ScriptedPart("address", [wrong("address", "https://ours.example is dead.")])

    _, _, shown = run(address, MendablePart("twilio"), arguments=["--fix"])
    assert shown.index("https://ours.example is dead.") < shown.index("Then:")

    _, _, shown = run(ScriptedPart("address", [ok("address")]), MendablePart("twilio"), arguments=["--fix"])
    assert "lead to an address" not in shown


def test_a_fix_that_is_refused_is_said():
    refusal = IntegrationError("no", permanent=False, code=NO_CONNECTION)

    code, said, shown = run(MendablePart("twilio", refusal=refusal), arguments=["--fix"])

    assert code == ExitCode.NOT_COMPLETED
    assert "Acme cannot be reached." in shown and "https://old.example/voice" in said
