"""The WhatsApp in the terminal, as a process, against a toy server."""

import os
import socket
import threading

import pytest
from twilio.request_validator import RequestValidator

from settings import SIMULATOR_ACCOUNT_SID
from simulator.terminal.whatsapp_input import InputAction, Typed, read_line
from simulator.terminal.whatsapp_phrases import PHRASES
from tests.simulator.terminal.terminals import AtATerminal
from tests.simulator.toy_server import Reply, response
from tests.waiting import PATIENCE_S, wait_until
from tests.warm import PROGRAMS

pytestmark = pytest.mark.slow

PATH = "/webhook/whatsapp/"
KEPT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def reply(text):
    return response(f"<Message>{text}</Message>")


@pytest.fixture
def run(server, tmp_path):
    def run(*arguments, script=None, typed="", lang="en_US.UTF-8", **environment):
        if script is not None:
            (tmp_path / "script.txt").write_text("\n".join(script))
            arguments += ("--script", str(tmp_path / "script.txt"))
        environment = {"LC_ALL": lang, "DATA_DIR": str(tmp_path), "COLUMNS": "100", **environment}
        command = ["-m", "tests.simulator.terminal.run_whatsapp", "--url", server.url]
        return PROGRAMS.run([*command, *arguments], env=KEPT | environment, input=typed, timeout=60)

    return run


def shown(done):
    return [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]


def test_a_script_is_sent_and_answered_in_spanish(server, run):
    server.on(PATH, reply("Hola,\ndígame."), reply("A las nueve."))

    done = run(script=["Buenas", "", "¿A qué hora abren?", "/salir", "nunca"], lang="es_ES.UTF-8")

    lines = shown(done)
    assert (done.returncode, done.stderr) == (0, "")
    assert "WhatsApp de prueba" in lines[0]
    assert "+34 600 00 00 01 → +1 202-555-0100" in lines[1]
    talk = lines[lines.index("Usted Buenas") :]
    assert talk[1].startswith("Asistente 0,")
    assert talk[1].endswith("s Hola,")
    assert talk[2] == "dígame."
    assert talk[3] == "Usted ¿A qué hora abren?"
    assert talk[4].endswith("A las nueve.")
    assert talk[5] == "2 mensajes enviados · 2 recibidos"
    assert talk[6].startswith("espera: mediana 0,")


def test_lines_may_be_typed_in_english(server, run):
    server.on(PATH, reply("Hello"))

    done = run(typed="/help\nhi\n/stop\n/dance\n")

    assert done.returncode == 0
    assert done.stdout.count("several in a row") == 2
    assert [asked.form["Body"] for asked in server.asked] == ["hi", "STOP"]
    assert "There is no command /dance" in done.stdout
    assert "2 messages sent" in done.stdout


def test_photos_and_voice_notes_are_sent_from_files_or_as_samples(server, run, tmp_path):
    server.on(PATH, reply("ok"))
    (tmp_path / "mi foto.png").write_bytes(b"png")

    done = run(script=[f"/foto '{tmp_path}/mi foto.png' ¿Qué es esto?", "/voz", "/photo /nowhere.jpg"])

    picture, note = (asked.form for asked in server.asked)
    assert (picture["MediaContentType0"], picture["Body"]) == ("image/png", "¿Qué es esto?")
    assert (note["MediaContentType0"], note["Body"]) == ("audio/ogg", "")
    assert "[photo] ¿Qué es esto?" in done.stdout
    assert "/nowhere.jpg cannot be read" in done.stdout


def test_words_after_the_command_go_with_the_sample(server, run):
    server.on(PATH, reply("ok"))

    run(script=["/foto ¿Es aquí?"])

    (picture,) = (asked.form for asked in server.asked)
    assert (picture["MediaContentType0"], picture["Body"]) == ("image/jpeg", "¿Es aquí?")


def test_webhooks_are_signed_as_the_server_expects_its_own_simulators(server, run):
    server.on(PATH, reply("ok"))

    run("--name", "Luis", "--from", "+34 600 000 007", script=["hola"], WEBHOOK_URL="https://a.example.com")

    asked = server.asked[0]
    signature = asked.headers["X-Twilio-Signature"]
    assert asked.form["AccountSid"] == SIMULATOR_ACCOUNT_SID
    assert (asked.form["From"], asked.form["ProfileName"]) == ("whatsapp:+34600000007", "Luis")
    assert RequestValidator("a secret").validate(f"https://a.example.com{PATH}", asked.form, signature)


@pytest.mark.parametrize(("lang", "word"), [("es_ES.UTF-8", "arránquelo"), ("en_US.UTF-8", "start one")])
def test_without_a_server_one_sentence_says_how_to_start_one(server, run, lang, word):
    server.close()

    done = run(script=["hola"], lang=lang)

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert word in done.stderr


def test_a_port_that_is_taken_is_named(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = run("--api-port", str(port), script=["hola"])

    assert done.returncode == 2
    assert f"Port {port} is taken" in done.stderr


@pytest.mark.parametrize("arguments", [("--from", "600"), ("--url", "ftp://x")])
def test_wrong_arguments_are_exit_code_2(run, arguments):
    done = run(*arguments)

    assert done.returncode == 2
    assert "Usage" in done.stderr


def test_a_server_that_does_not_know_this_whatsapp_is_exit_code_3(server, run):
    server.on(PATH, Reply(status=403))

    done = run(script=["hola"])

    assert done.returncode == 3
    assert "warning 11200" in done.stdout
    assert str(PHRASES["not_known"]) in done.stdout


def test_text_from_the_server_is_not_read_as_markup_and_twiml_is_shown_when_asked(server, run):
    server.on(PATH, reply("[bold]Hola[/bold] [1]"))

    done = run("--twiml", script=["hola"])

    assert done.stdout.count("[bold]Hola[/bold] [1]") == 2
    assert "<Message>" in done.stdout


def test_a_typist_may_send_several_while_the_first_is_answered(server, tmp_path):
    second_came = threading.Event()
    server.on(PATH, Reply(reply("to the first"), waits_for=second_came), reply("to the second"))
    terminal = AtATerminal("run_whatsapp", server.url, tmp_path)
    try:
        terminal.wait_for("Type and press Enter")
        terminal.type("one")
        wait_until(lambda: server.asked)
        terminal.type("two")
        terminal.wait_for("to the second")
        second_came.set()
        terminal.wait_for("to the first")
        terminal.type("/exit")
        terminal.wait_for("2 received")

        assert terminal.process.wait(PATIENCE_S) == 0
    finally:
        second_came.set()
        terminal.close()


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("Buenos días", Typed(InputAction.WRITE, "Buenos días")),
        ("  ", Typed(InputAction.NOTHING)),
        ("/foto", Typed(InputAction.SEND_PHOTO)),
        ("/Foto a.jpg mira esto", Typed(InputAction.SEND_PHOTO, "mira esto", "a.jpg")),
        ("/photo 'a b.jpg'", Typed(InputAction.SEND_PHOTO, "", "a b.jpg")),
        ("/voz nota.ogg", Typed(InputAction.SEND_VOICE, "", "nota.ogg")),
        ("/foto it's.jpg", Typed(InputAction.SEND_PHOTO, "", "it's.jpg")),
        ("/baja", Typed(InputAction.OPT_OUT)),
        ("/alta", Typed(InputAction.OPT_IN)),
        ("/salir", Typed(InputAction.LEAVE)),
        ("/ayuda", Typed(InputAction.ASK_FOR_HELP)),
        ("/bailar", Typed(InputAction.UNKNOWN, "/bailar")),
        ("/home/ana está lleno", Typed(InputAction.WRITE, "/home/ana está lleno")),
    ],
)
def test_each_line_means_one_thing(line, typed):
    assert read_line(line) == typed
