"""What the phone in the terminal can be told, what it warns of and how it ends."""

import io

import pytest
from twilio.request_validator import RequestValidator

from settings import SIMULATOR_ACCOUNT_SID, load_settings
from simulator.terminal.phone_input import InputAction, ScriptedLines, read_line
from simulator.terminal.phone_phrases import PHRASES
from tests.simulator.terminal.servers import local_server
from tests.simulator.terminal.terminals import BYE, ask
from tests.simulator.toy_server import Reply, response
from translations import in_language

pytestmark = pytest.mark.slow


def test_webhooks_are_signed_as_the_server_expects_its_own_simulators(answered, run):
    run(script=["hola"], WEBHOOK_URL="https://assistant.example.com")

    asked = answered.asked[0]
    signature = asked.headers["X-Twilio-Signature"]
    assert asked.form["AccountSid"] == SIMULATOR_ACCOUNT_SID
    assert RequestValidator("a secret").validate("https://assistant.example.com/voice", asked.form, signature)


def test_numbers_and_direction_can_be_chosen(answered, run):
    run("--outbound", "--from", "+34 600 000 007", "--to", "+12025550107", script=["hola"])

    form = answered.asked[0].form
    assert (form["From"], form["To"]) == ("+12025550107", "+34600000007")
    assert form["Direction"] == "outbound-api"


def test_a_caller_may_withhold_their_number(answered, run):
    run("--from", "anonymous", script=["hola"])

    assert answered.asked[0].form["From"] == "anonymous"


def test_the_twiml_is_shown_when_asked_for(answered, run):
    done = run("--twiml", script=["hola"])

    assert f"POST {answered.url}/voice  200" in done.stdout
    assert "<Gather" in done.stdout


def test_warnings_are_shown(server, run):
    server.on("/voice", ask("Hola", voice="Polly.Nobody"))

    done = run(script=[])

    assert "warning 13321: voice 'Polly.Nobody'" in done.stdout


@pytest.mark.parametrize(
    ("transfer", "shown"),
    [("completed", "they answer"), ("no-answer", "nobody answers"), ("busy", "it is busy")],
)
def test_what_comes_of_a_transfer_can_be_chosen(server, run, transfer, shown):
    server.on("/voice", response("<Dial action='/dialled'>+34600000002</Dial>"))
    server.on("/dialled", BYE)
    server.on("/status", Reply(status=204))

    done = run("--transfer", transfer, script=[])

    assert server.asked_for("/dialled")[0].form["DialCallStatus"] == transfer
    assert f"Calling +34600000002: {shown}" in done.stdout


def test_text_from_the_server_is_not_read_as_markup(server, run):
    server.on("/voice", response("<Say>[bold]Hola[/bold] [1]</Say>", "<Hangup/>"))
    server.on("/status", Reply(status=204))

    assert "[bold]Hola[/bold] [1]" in run(script=[]).stdout


@pytest.mark.parametrize(("lang", "word"), [("es_ES.UTF-8", "arránquelo"), ("en_US.UTF-8", "start one")])
def test_without_a_server_one_sentence_says_how_to_start_one(server, run, lang, word):
    server.close()

    done = run(script=["hola"], lang=lang)

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert word in done.stderr
    assert "./start.sh" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--from", "600"), ("--to", "somebody"), ("--url", "ftp://x"), ("--script", "/nowhere"), ("--what",)],
)
def test_wrong_arguments_are_exit_code_2(run, arguments):
    done = run(*arguments, url=False)

    assert done.returncode == 2
    assert "Usage" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "spanish", "english"),
    [
        (
            ("--from", "600"),
            "debe ser un número con el prefijo del país",
            "must be a number with its country code",
        ),
        (("--url", "http://[x"), "debe ser una URL como http", "must be a URL such as http"),
    ],
)
def test_a_wrong_argument_is_said_in_the_terminals_language(run, arguments, spanish, english):
    assert spanish in run(*arguments, url=False, lang="es_ES.UTF-8").stderr
    assert english in run(*arguments, url=False, lang="en_US.UTF-8").stderr


@pytest.mark.parametrize(("lang", "word"), [("es_ES.UTF-8", "Twilio daría"), ("en_US.UTF-8", "would give")])
def test_a_call_that_fails_says_why_and_is_exit_code_3(server, run, lang, word):
    server.on("/voice", Reply(status=403))

    done = run(script=["hola"], lang=lang)

    assert done.returncode == 3
    assert f"{word}" in done.stdout
    assert "11200" in done.stdout
    assert "403" in done.stdout
    with in_language(lang[:2]):
        assert str(PHRASES["not_known"]) in done.stdout


def test_a_call_that_only_goes_round_is_exit_code_3(server, run):
    server.on("/voice", response("<Redirect>/voice</Redirect>"))
    server.on("/status", Reply(status=204))

    done = run(script=["hola"])

    assert done.returncode == 3
    assert "goes round" in done.stdout


def test_the_servers_port_is_the_one_that_was_written_down(tmp_path):
    settings = load_settings(None, data_dir=tmp_path, port=5123)
    assert local_server(settings).url == "http://127.0.0.1:5123"

    (tmp_path / "port").write_text("5011\n")

    assert local_server(settings).url == "http://127.0.0.1:5011"


@pytest.mark.parametrize("written", ["", "x"])
def test_a_port_that_cannot_be_read_is_passed_over(tmp_path, written):
    (tmp_path / "port").write_text(written)

    assert local_server(load_settings(None, data_dir=tmp_path, port=5123)).url == "http://127.0.0.1:5123"


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("Buenos días", (InputAction.SAY, "Buenos días")),
        ("5", (InputAction.SAY, "5")),
        ("  ", (InputAction.KEEP_SILENT, "")),
        ("1#", (InputAction.PRESS, "1#")),
        ("#", (InputAction.PRESS, "#")),
        ("/12*", (InputAction.PRESS, "12*")),
        ("#5", (InputAction.PRESS, "5")),
        ("! perdone", (InputAction.INTERRUPT, "perdone")),
        ("!", (InputAction.KEEP_SILENT, "")),
        ("/hangup", (InputAction.HANG_UP, "")),
        ("/Colgar", (InputAction.HANG_UP, "")),
        ("/help", (InputAction.ASK_FOR_HELP, "")),
        ("/ayuda", (InputAction.ASK_FOR_HELP, "")),
    ],
)
def test_each_line_means_one_thing(line, action):
    assert read_line(line) == action


def test_a_script_does_not_speak_while_the_call_thinks():
    lines = ScriptedLines(io.StringIO("hola"))

    assert lines.next("", within_s=1.0) is None
    assert lines.next("", within_s=None) == "hola"
    with pytest.raises(EOFError):
        lines.next("", within_s=None)
