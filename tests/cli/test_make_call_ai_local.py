"""make_call_ai_local.py as people run it: a process, against a model and a Twilio on loopback."""

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.fakes.openai import replies
from tests.fakes.openai.server import FakeOpenAI
from tests.fakes.twilio import call as twilio_calls
from tests.fakes.twilio.server import FakeTwilio, Page
from tests.warm import PROGRAMS

ROOT = Path(__file__).resolve().parent.parent.parent
TO, SENDER = "+34600000001", "+12025550100"
WORDS = {"es": "es_ES.UTF-8", "en": "en_GB.UTF-8"}
UNUSED_PORT = 1
MESSAGE = "Hola, le llama el asistente automático. Su pedido ya está aquí. Hasta luego."


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def model():
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def script(twilio, model, tmp_path):
    return Script(twilio, model, tmp_path)


class Script:
    def __init__(self, twilio, model, directory):
        self.env_file = directory / "empty.env"
        self.env_file.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": WORDS["en"],
            "TWILIO_ACCOUNT_SID": twilio.account_sid,
            "TWILIO_AUTH_TOKEN": twilio.auth_token,
            "TWILIO_PHONE_NUMBER": SENDER,
            "TWILIO_API_URL": twilio.url,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "key-of-mine",
        }

    def run(self, *arguments, without=(), **settings):
        environment = {k: v for k, v in {**self.environment, **settings}.items() if k not in without}
        command = [ROOT / "make_call_ai_local.py", "--env-file", self.env_file, "--poll-s", "0.02"]
        return PROGRAMS.run([*command, *arguments], env=environment, cwd=self.env_file.parent, timeout=90)


def spoken(twiml):
    """All that a document's Say elements say; it must be well-formed, and nothing but Say (and Hangup)."""
    root = ElementTree.fromstring(twiml)
    assert {element.tag for element in root} <= {"Say", "Hangup"}
    return " ".join(element.text for element in root.iter("Say"))


def placed_twiml(twilio):
    return twilio.calls.last.param("Twiml")


def test_what_the_model_wrote_is_spoken_to_whom_was_called(twilio, model, script):
    model.enqueue(replies.text(MESSAGE))

    done = script.run(TO, "--prompt", "su pedido ha llegado")

    assert done.returncode == 0, done.stderr
    assert spoken(placed_twiml(twilio)) == MESSAGE
    assert MESSAGE in done.stdout
    assert set(twilio.posted()[0].form) == {"To", "From", "Twiml"}
    assert done.stdout.splitlines()[-1] == f"{twilio.calls.last.sid}: completed · 0:34 · 0.0085 USD"


def test_of_two_tokens_the_first_signs_in_while_one_is_rotated(twilio, model, script):
    model.enqueue(replies.text(MESSAGE))

    done = script.run(TO, TWILIO_AUTH_TOKEN=f"{twilio.auth_token},the-old-one")

    assert done.returncode == 0, done.stderr
    assert spoken(placed_twiml(twilio)) == MESSAGE


def test_the_model_is_told_who_calls_what_to_say_and_that_nobody_can_answer(model, script):
    script.run(TO, "--prompt", "su pedido {ha} llegado")

    system, user = model.chats[0].body["messages"]
    assert system["role"] == "system"
    assert "su pedido {ha} llegado" in user["content"]
    assert "es-ES" in user["content"]
    assert "asistente automático" in user["content"]


def test_the_profiles_voice_and_language_speak(twilio, script):
    script.run(TO, ASSISTANT_PROFILE="reception.en")

    say = next(ElementTree.fromstring(placed_twiml(twilio)).iter("Say"))
    assert (say.get("voice"), say.get("language")) == ("Polly.Joanna-Neural", "en-US")


def test_twilio_is_given_nothing_relative_to_fetch(twilio, script):
    script.run(TO)

    assert not re.search(r'(action|url)="', placed_twiml(twilio))


@pytest.mark.parametrize(
    "filler", ["Ñandú & <cigüeña> «sí».", "Esto es una frase con \"comillas\" y 'apóstrofos' & más."]
)
def test_a_long_message_is_shortened_to_whole_sentences_within_twilios_limit(twilio, model, script, filler):
    model.enqueue(replies.text("Hola. " + " ".join([filler] * 300)))

    done = script.run(TO)

    twiml = placed_twiml(twilio)
    assert done.returncode == 0, done.stderr
    assert 3800 < len(twiml) <= 4000
    assert spoken(twiml).endswith(filler[-4:])


def test_a_message_of_one_endless_sentence_is_cut_at_a_word(twilio, model, script):
    model.enqueue(replies.text("palabra " * 1000))

    script.run(TO)

    twiml = placed_twiml(twilio)
    assert 3800 < len(twiml) <= 4000
    assert set(spoken(twiml).split()) == {"palabra"}


def test_a_sentence_that_the_model_left_unfinished_is_not_spoken(twilio, model, script):
    model.enqueue(replies.text("Hola, señora. Su pedido está en el", finish="length"))

    script.run(TO)

    assert spoken(placed_twiml(twilio)) == "Hola, señora."


def test_control_characters_do_not_reach_twilio(twilio, model, script):
    model.enqueue(replies.text("Hola\x0b, buenos\x00 días.\x1b[31m Adiós."))

    script.run(TO)

    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", spoken(placed_twiml(twilio)))


@pytest.mark.parametrize(
    ("language", "says"), [("es", "No se ha llamado a nadie"), ("en", "Nobody was called")]
)
def test_a_dry_run_shows_the_message_its_twiml_and_its_length_and_calls_nobody(
    twilio, model, script, language, says
):
    model.enqueue(replies.text(MESSAGE))

    done = script.run(
        "--dry-run",
        without=["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_PHONE_NUMBER"],
        LANG=WORDS[language],
    )

    shown = re.search(r"<\?xml.*</Response>", done.stdout, re.DOTALL)[0]
    assert done.returncode == 0, done.stderr
    assert MESSAGE in done.stdout.splitlines()
    assert spoken(shown) == MESSAGE
    assert re.search(rf"^{len(shown)} (of|de) 4000 ", done.stdout, re.MULTILINE)
    assert says in done.stdout
    assert twilio.requests == []


@pytest.mark.parametrize(("language", "says"), [("es", "Sin modelo"), ("en", "No model")])
def test_with_no_model_the_profiles_own_message_is_spoken_and_that_is_said(
    twilio, model, script, language, says
):
    done = script.run(
        TO,
        without=["OPENAI_API_KEY", "OPENAI_BASE_URL"],
        LANG=WORDS[language],
        ASSISTANT_PROFILE="reception.en",
    )

    assert done.returncode == 0, done.stderr
    assert says in done.stderr
    assert "Maple Street Hair Salon" in spoken(placed_twiml(twilio))
    assert model.requests == []


# What goes wrong


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (replies.invalid_key(), 3),
        (replies.out_of_quota(), 3),
        (replies.text("Hola", finish=None, done=False), 4),
        (replies.empty(), 4),
        (replies.text("  \n "), 4),
    ],
)
def test_a_model_that_fails_calls_nobody(twilio, model, script, reply, code):
    model.default = reply

    done = script.run(TO)

    assert done.returncode == code
    assert "nobody was called" in done.stderr
    assert "key-of-mine" not in done.stdout + done.stderr
    assert twilio.requests == []


def test_a_model_that_is_not_there_is_said_in_spanish_too(twilio, script):
    done = script.run(TO, OPENAI_BASE_URL=f"http://127.0.0.1:{UNUSED_PORT}/v1", LANG=WORDS["es"])

    assert done.returncode == 4
    assert "no se ha llamado a nadie" in done.stderr
    assert twilio.requests == []


def test_a_wrong_profile_is_named(script):
    done = script.run(TO, ASSISTANT_PROFILE="nobody")

    assert done.returncode == 2
    assert "nobody.toml" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_settings_are_checked_before_the_model_is_asked(model, script):
    done = script.run(TO, without=["TWILIO_AUTH_TOKEN"])

    assert done.returncode == 2
    assert "TWILIO_AUTH_TOKEN" in done.stderr
    assert model.requests == []


def test_a_refusal_of_twilios_ends_in_3_and_a_failure_in_4(twilio, script):
    assert script.run("+15005550001").returncode == 3
    twilio.fail(Page(503))
    assert script.run(TO).returncode == 4


def test_a_busy_line_ends_in_1(twilio, script):
    twilio.calls.script(*twilio_calls.BUSY)

    done = script.run(TO)

    assert done.returncode == 1
    assert done.stdout.endswith(": busy\n")
