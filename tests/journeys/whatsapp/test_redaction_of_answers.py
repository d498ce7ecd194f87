"""What models write and a profile says never shows a provider's links and ids."""

import json

import pytest

from settings import ROOT
from storage.models import Handoff
from tests.conftest import Line
from tests.fakes.openai.replies import error, text, tool_call
from tests.journeys.whatsapp.witness import (
    EXAMPLES,
    Witness,
    everywhere,
    on_sqlite,
)
from tests.records import the_only

# What models write


@everywhere
def test_what_the_model_answers_shows_nothing(witness, words):
    person = witness.person()
    witness.openai.enqueue(text(words))

    person.send("Hola")
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_what_the_model_tells_a_person_of_ours_shows_nothing(witness, words):
    person = witness.person()
    witness.openai.enqueue(tool_call("hand_off", {"reason": words, "summary": words}))

    person.send("Hola")

    assert the_only(witness.line.parts.database, Handoff).summary
    witness.saw_nothing_of(words)


@everywhere
def test_what_a_model_complains_of_shows_nothing(witness, words):
    person = witness.person()
    witness.openai.enqueue(error(400, words, param=words))

    person.send("Hola")

    witness.saw_nothing_of(words)


@on_sqlite
def test_what_a_server_calls_its_complaint_shows_nothing(witness):
    witness.openai.enqueue(error(400, "Bad request", code=EXAMPLES[1]))

    witness.person().send("Hola")

    witness.saw_nothing_of(EXAMPLES[1])


@everywhere
def test_a_summary_shows_nothing(witness, words):
    person = witness.person()
    for number in range(9):
        person.send(f"Frase {number}")
    witness.openai.enqueue(text(words))

    witness.do("summarise")
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_a_topic_shows_nothing_on_the_phone_either(witness, words):
    person = witness.person()
    person.send("Hola")
    witness.openai.enqueue(text(words))

    witness.do("note_topic")
    phone = witness.line.phone(from_number=person.number)
    phone.dial()
    phone.say("Hola")

    witness.saw_nothing_of(words)


@on_sqlite
def test_what_a_model_says_before_it_uses_a_tool_is_not_told_back(witness):
    words = f"Un momento {EXAMPLES[0]}. "
    witness.openai.enqueue(tool_call("look_up", {}, said=words), text("Ya está."))

    witness.person().send("Hola")

    witness.saw_nothing_of(words)


@on_sqlite
@pytest.mark.parametrize(
    "words", ["https://api\\.twilio\\.com/x", "api&#46;twilio&#46;com", "api.twi\x07lio.com"]
)
def test_what_markdown_hides_in_an_answer_shows_nothing(witness, words):
    witness.openai.enqueue(text(f"Mire {words} ahí."))

    person = witness.person()
    person.send("Hola")

    assert "twilio.com" not in "".join(person.texts)


@on_sqlite
@pytest.mark.parametrize("secret", ["https://api.twilio.com/x", EXAMPLES[1]])
def test_what_is_cut_in_the_middle_of_an_answer_shows_nothing(witness, secret):
    words = "y" * 463 + "-" + secret
    witness.openai.enqueue(text(words))

    witness.person().send("Hola")

    witness.saw_nothing_of(secret)


# What the business says of itself


@on_sqlite
@pytest.mark.parametrize("secret", EXAMPLES)
@pytest.mark.parametrize("place", ["facts", "instructions"])
def test_what_a_profile_says_shows_nothing(make_settings, openai, tmp_path, capfd, caplog, place, secret):
    profile = (ROOT / "profiles" / "recepcion.es.toml").read_text()
    fact = json.dumps(f"Más en {secret}")
    changed = {
        "facts": profile.replace("facts = [", f"facts = [\n{fact},", 1),
        "instructions": profile.replace('instructions = """', f'instructions = """\nMás en {secret}\n', 1),
    }[place]
    assert changed != profile
    path = tmp_path / "profile.toml"
    path.write_text(changed)
    line = Line(make_settings(whatsapp_settle_s=0, assistant_profile=str(path)))
    witness = Witness(line, openai, capfd, caplog)

    witness.person().send("Hola")

    witness.saw_nothing_of(secret)
    witness.close()
