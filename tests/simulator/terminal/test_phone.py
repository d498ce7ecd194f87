"""The phone in the terminal, as a process, against a toy server."""

import re
import signal
import time

import pytest

from tests.simulator.terminal.terminals import AtATerminal, ask
from tests.simulator.toy_server import Reply, response
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow


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


@pytest.fixture
def sit_down(server, tmp_path):
    opened = []

    def sit_down():
        opened.append(AtATerminal("run_phone", server.url, tmp_path))
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
    wait_until(lambda: server.asked_for("/continue"))
    terminal.type("hello")
    terminal.wait_for("1 turn")

    assert terminal.process.wait(PATIENCE_S) == 0
    assert [asked.form["SpeechResult"] for asked in server.asked_for("/gather")] == ["hello"]
    assert len(server.asked_for("/continue")) == 1


def test_control_c_hangs_up(server, sit_down):
    server.on("/voice", response("<Say>Just a very long story, is it not?</Say>", "<Pause length='60'/>"))
    server.on("/status", Reply(status=204))

    terminal = sit_down()
    terminal.wait_for("long story")
    time.sleep(0.5)  # it has printed its line: an interrupt in the middle of that is Python's to drop
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.process.wait(PATIENCE_S) == 0
    assert len(server.asked_for("/status")) == 1


def test_a_keyboard_that_closes_hangs_up(answered, run):
    done = run(typed="")

    assert done.returncode == 0
    assert "You hung up" in done.stdout
