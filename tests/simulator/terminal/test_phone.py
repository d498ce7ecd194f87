"""The phone in the terminal, as a process, against a toy server."""

import io
import os
import pty
import re
import select
import signal
import time

import pytest
from twilio.request_validator import RequestValidator

from settings import SIMULATOR_ACCOUNT_SID, load_settings
from simulator.terminal.phone_input import InputAction, ScriptedLines, read_line
from simulator.terminal.phone_phrases import PHRASES
from tests.simulator.terminal.servers import local_server
from tests.simulator.toy_server import Reply, response
from tests.warm import PROGRAMS
from translations import in_language

pytestmark = pytest.mark.slow

ASK = (
    "<Gather input='dtmf speech' action='/gather' actionOnEmptyResult='true' bargeIn='true' numDigits='1'>"
    "<Say voice='{voice}'>{text}</Say></Gather>"
)
BYE = response("<Say>Adiós.</Say>", "<Hangup/>")


def ask(text, voice="alice"):
    return response(ASK.format(text=text, voice=voice))


@pytest.fixture
def answered(server):
    server.on("/voice", ask("Hola, dígame."))
    server.on("/gather", ask("Abrimos a las nueve."), BYE)
    server.on("/status", Reply(status=204, body="", content_type=None))
    return server


@pytest.fixture
def run(server, tmp_path):
    def run(*arguments, script=None, typed="", lang="en_US.UTF-8", url=True, **environment):
        if script is not None:
            (tmp_path / "script.txt").write_text("\n".join(script))
            arguments += ("--script", str(tmp_path / "script.txt"))
        if url:
            arguments += ("--url", server.url)
        environment = {"LC_ALL": lang, "DATA_DIR": str(tmp_path), "COLUMNS": "100", **environment}
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return PROGRAMS.run(
            ["-m", "tests.simulator.terminal.run_phone", *arguments],
            env=kept | environment,
            input=typed,
            timeout=60,
        )

    return run


def test_a_script_is_said_and_the_call_shown_in_spanish(answered, run):
    done = run(script=["¿A qué hora abren?", "Gracias"], lang="es_ES.UTF-8")

    lines = [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]
    assert done.returncode == 0
    assert done.stderr == ""
    assert "Teléfono de prueba" in lines[0]
    assert "+34 600 00 00 01 → +1 202-555-0100" in lines[1]
    assert re.match(r"Asistente \d+,\d", lines[4])
    assert lines[4].endswith("s Hola, dígame.")
    assert lines[5] == "Usted ¿A qué hora abren?"
    assert lines[6].endswith("s Abrimos a las nueve.")
    assert lines[7] == "Usted Gracias"
    assert lines[9] == "El asistente ha colgado · 0:02 · 2 turnos"
    assert re.match(r"primera palabra: mediana \d+,\d", lines[10])


def test_the_same_call_is_shown_in_english(answered, run):
    done = run(script=["When do you open?", "Thanks"], lang="en_US.UTF-8")

    assert done.returncode == 0
    assert "Test phone" in done.stdout
    assert re.search(r"Assistant +\d+\.\d", done.stdout)
    assert "You                 When do you open?" in done.stdout
    assert "The assistant hung up  ·  0:02  ·  2 turns" in done.stdout
    assert re.search(r"first word: median \d+\.\d", done.stdout)


def test_a_script_presses_keys_keeps_silent_and_interrupts(server, run):
    server.on("/voice", ask("Diga o marque lo que desee, tómese el tiempo que quiera."))
    server.on("/gather", ask("Diga o marque lo que desee, tómese el tiempo que quiera."))
    server.on("/status", Reply(status=204))

    done = run(script=["#5", "/1", "2#", "", "!Oiga", "/hangup", "nunca"])

    forms = [asked.form for asked in server.asked_for("/gather")]
    assert [form.get("Digits") for form in forms[:3]] == ["5", "1", "2"]
    assert "SpeechResult" not in forms[3]
    assert forms[4]["SpeechResult"] == "Oiga"
    assert len(forms) == 5
    assert "You                 [5]" in done.stdout
    assert "(silence)" in done.stdout
    assert 'heard up to "Diga o marque…"' in done.stdout
    assert "You hung up" in done.stdout


def test_a_script_that_ends_before_the_call_hangs_up(answered, run):
    done = run(script=["¿A qué hora abren?"])

    assert done.returncode == 0
    assert "(hangs up)" in done.stdout
    assert [asked.form["CallStatus"] for asked in answered.asked_for("/status")] == ["completed"]


def test_lines_can_be_typed(answered, run):
    done = run(typed="/help\n¿A qué hora abren?\nGracias\n")

    assert done.returncode == 0
    assert done.stdout.count("Enter alone: silence") == 2
    assert [asked.form["SpeechResult"] for asked in answered.asked_for("/gather")] == [
        "¿A qué hora abren?",
        "Gracias",
    ]


class AtATerminal:
    """The process with a terminal of its own: what it shows can be waited for, and lines typed."""

    def __init__(self, url, data_dir):
        self._master, slave = pty.openpty()
        self._shown = bytearray()
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = PROGRAMS.start(
            ["-m", "tests.simulator.terminal.run_phone", "--url", url],
            env=kept | {"LC_ALL": "en_US.UTF-8", "DATA_DIR": str(data_dir), "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
        )
        os.close(slave)

    def type(self, line):
        os.write(self._master, f"{line}\n".encode())

    def wait_for(self, text):
        while text.encode() not in self._shown:
            ready, _, _ = select.select([self._master], [], [], 20)
            assert ready, self._shown.decode()
            self._shown.extend(os.read(self._master, 4096))

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def sit_down(server, tmp_path):
    opened = []

    def sit_down():
        opened.append(AtATerminal(server.url, tmp_path))
        return opened[-1]

    yield sit_down
    for terminal in opened:
        terminal.close()


def test_a_typist_may_speak_while_the_call_thinks_or_keep_silent(server, sit_down):
    thinking = "<Gather input='speech' timeout='{s}' action='/gather'><Say>Wait</Say></Gather>"
    server.on("/voice", response(thinking.format(s=1), "<Redirect>/continue</Redirect>"))
    server.on("/continue", response(thinking.format(s=20), "<Redirect>/continue</Redirect>"))
    server.on("/gather", response("<Say>Good bye.</Say>", "<Hangup/>"))
    server.on("/status", Reply(status=204))

    terminal = sit_down()
    terminal.wait_for("Wait")
    while not server.asked_for("/continue"):
        time.sleep(0.02)
    terminal.type("hello")
    terminal.wait_for("1 turn")

    assert terminal.process.wait(20) == 0
    assert [asked.form["SpeechResult"] for asked in server.asked_for("/gather")] == ["hello"]
    assert len(server.asked_for("/continue")) == 1


def test_control_c_hangs_up(server, sit_down):
    server.on("/voice", response("<Say>Just a very long story, is it not?</Say>", "<Pause length='60'/>"))
    server.on("/status", Reply(status=204))

    terminal = sit_down()
    terminal.wait_for("long story")
    time.sleep(0.5)  # it has printed its line: an interrupt in the middle of that is Python's to drop
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.process.wait(20) == 0
    assert len(server.asked_for("/status")) == 1


def test_a_keyboard_that_closes_hangs_up(answered, run):
    done = run(typed="")

    assert done.returncode == 0
    assert "You hung up" in done.stdout


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
    ("line", "deed"),
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
def test_each_line_means_one_thing(line, deed):
    assert read_line(line) == deed


def test_a_script_does_not_speak_while_the_call_thinks():
    lines = ScriptedLines(io.StringIO("hola"))

    assert lines.next("", within_s=1.0) is None
    assert lines.next("", within_s=None) == "hola"
    with pytest.raises(EOFError):
        lines.next("", within_s=None)
