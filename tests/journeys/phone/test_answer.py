"""How an answer reaches the ear: sentence by sentence, with fillers that listen, and a ladder under them."""

import itertools
import threading
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.twilio.journal import Ending
from storage.models import TurnState
from tests.fakes.openai.server import (
    empty,
    error,
    error_in_stream,
    garbage,
    hang_before_headers,
    html,
    invalid_key,
    rate_limited,
    stalled,
    text,
    tool_call,
)
from tests.records import the_only

fills_soon = pytest.mark.parametrize("line", [{"answer_wait_s": 0.5}], indirect=True)
SLOW = "Primera frase de todas. Segunda frase algo después. Tercera y última frase."


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def verbs(step):
    return [child.tag for child in ET.fromstring(step.twiml)]


def without_fillers(phrases, heard):
    """What was said, less the fillers before it."""
    for filler in phrases.fillers:
        heard = heard.replace(filler, "").strip()
    return heard


def gather_of(step):
    return ET.fromstring(step.twiml).find("Gather")


def test_the_first_sentence_is_spoken_while_the_rest_is_written(line, openai):
    openai.enqueue(text(SLOW, first_token_s=0.1, tokens_per_s=20))
    phone = line.phone(realtime=True, reaction_s=0)
    phone.dial()

    answer = phone.say("Hola")

    assert answer == SLOW
    gathered, *continued = [step for step in phone.steps if "turn=1" in step.url]
    assert "Primera frase de todas." in gathered.twiml and "Segunda" not in gathered.twiml
    assert verbs(gathered) == ["Say", "Redirect"]
    assert gathered.seconds < 0.6
    assert verbs(continued[-1]) == ["Gather"]
    assert gather_of(continued[-1]).attrib["bargeIn"] == "true"
    assert gather_of(continued[-1]).attrib["action"].startswith("/gather?turn=2&served=3#")


@fills_soon
def test_a_filler_listens_while_the_answer_is_made(line, openai, phrases):
    openai.enqueue(text("Aquí está.", first_token_s=0.7))
    phone = line.phone(reaction_s=0)
    phone.dial()

    filler = phone.say("¿Me lo busca?")
    answer = phone.wait()

    assert filler in phrases.fillers
    assert answer == f"{filler} Aquí está."
    step = phone.steps[-2]
    assert verbs(step) == ["Gather", "Redirect"]
    assert gather_of(step).attrib["timeout"] == "1"
    assert "actionOnEmptyResult" not in gather_of(step).attrib


@fills_soon
def test_the_same_filler_is_never_said_twice_running(line, openai, phrases):
    openai.enqueue(*[text("Ya está.", first_token_s=1.3)] * 3)
    phone = line.phone()
    phone.dial()

    for _ in range(3):
        phone.say("¿Y esto?")

    fillers = [heard.text for heard in phone.heard if heard.text in phrases.fillers]
    assert len(fillers) >= 5
    assert all(one != other for one, other in itertools.pairwise(fillers))


@fills_soon
def test_words_during_a_filler_join_what_was_asked(line, openai, phrases):
    openai.enqueue(text("Tarde.", first_token_s=3), text("Para dos, sin problema."))
    phone = line.phone(reaction_s=0)
    phone.dial()

    assert phone.say("Quiero una mesa.") in phrases.fillers
    answer = phone.say("Para dos personas.")

    assert answer == "Para dos, sin problema."
    assert openai.chats[-1].body["messages"][-1]["content"] == "Quiero una mesa. Para dos personas."
    assert [message["role"] for message in openai.chats[-1].body["messages"]] == ["system", "user"]
    assert [turn.state for turn in line.turns()] == [TurnState.SUPERSEDED, TurnState.COMPLETE]
    assert openai.wait_for(lambda: openai.chats[0].cut_short, 1.0)


@fills_soon
def test_a_yes_during_a_filler_only_goes_on(line, openai, phrases):
    openai.enqueue(text("Mañana a las diez.", first_token_s=0.8))
    phone = line.phone(reaction_s=0)
    phone.dial()

    assert phone.say("¿Cuándo hay hueco?") in phrases.fillers
    answer = phone.say("Sí, vale.")

    assert answer == "Mañana a las diez."
    assert len(openai.chats) == 1
    assert [turn.heard for turn in line.turns()] == ["¿Cuándo hay hueco?"]


FAULTS = {
    "hangs": hang_before_headers(),
    "stalls": text("", finish=None, done=False),
    "401": invalid_key(),
    "429": rate_limited(),
    "500": error(500),
    "html": html(),
    "garbage": garbage(),
    "empty": empty(),
    "error in the stream": error_in_stream(),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_whatever_the_model_does_the_caller_hears_words_and_the_ladder_follows(open_line, openai, fault):
    line = open_line(human_phone_number="+12025550199", answer_wait_s=0.1)
    phrases = line.parts.phone.manager.profile.phrases
    openai.default = FAULTS[fault]
    phone = line.phone(dial_outcome="no-answer")
    phone.dial()

    first = without_fillers(phrases, phone.say("¿Hay sitio?"))
    second = without_fillers(phrases, phone.say("¿Hay sitio hoy?"))

    assert first == phrases.apology
    assert second.startswith(phrases.apology_again) and phrases.take_message in second
    assert all(step.status == 200 and step.seconds < 5 for step in phone.steps)
    thanks = phone.say("Soy Ana, llámenme.")
    assert thanks == phrases.message_taken
    assert phone.ended is Ending.HANGUP
    assert [turn.state for turn in line.turns()] == ["failed", "failed", "complete"]


def test_an_answer_that_works_ends_the_run_of_failures(line, openai, phrases):
    openai.enqueue(invalid_key(), text("Ahora sí."), invalid_key())
    phone = line.phone()
    phone.dial()

    heard = [without_fillers(phrases, phone.say(words)) for words in ("Uno", "Dos", "Tres")]

    assert heard == [phrases.apology, "Ahora sí.", phrases.apology]


def test_without_a_person_to_ring_a_message_is_taken(line, openai, phrases):

    from storage.models import Handoff

    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    phone = line.phone()
    phone.dial()

    asked = phone.say("Me han cobrado dos veces y estoy harta.")
    thanks = phone.say("Soy Ana, que me llamen mañana.")

    assert phrases.take_message in asked
    assert thanks == phrases.message_taken
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.reason, handoff.summary) == ("queja", "Le cobraron dos veces.")
    assert handoff.message == "Soy Ana, que me llamen mañana."


def test_a_message_that_is_not_left_is_asked_for_once_more(line, openai, phrases):
    openai.enqueue(tool_call("hand_off", {"reason": "x", "summary": "y"}))
    phone = line.phone()
    phone.dial()
    phone.say("Con una persona.")

    assert phone.silence() == phrases.take_message
    assert phone.silence() == phrases.silence_goodbye
    assert phone.ended is Ending.HANGUP


@pytest.mark.parametrize(("outcome", "after"), [("completed", "after_transfer"), ("busy", "nobody_answered")])
def test_a_person_is_rung_and_what_follows_depends_on_whether_they_answer(open_line, openai, outcome, after):
    line = open_line(human_phone_number="+12025550199")
    phrases = line.parts.phone.manager.profile.phrases
    openai.enqueue(tool_call("hand_off", {"reason": "x", "summary": "y"}, said="Le paso con Marta."))
    phone = line.phone(dial_outcome=outcome)
    phone.dial()

    heard = phone.say("Con una persona.")

    dial = next(step for step in phone.steps if "<Dial" in step.twiml)
    assert heard.startswith("Le paso con Marta.") and "+12025550199" in dial.twiml
    assert getattr(phrases, after) in heard
    assert (phone.ended is Ending.HANGUP) is (outcome == "completed")


def test_the_fallback_model_answers_when_the_first_says_nothing(open_line, openai):
    line = open_line(openai_fallback_model="gpt-other")
    openai.enqueue(error(500), error(500), error(500), error(500))
    openai.default = lambda body: text("De la otra.") if body["model"] == "gpt-other" else error(500)
    phone = line.phone()
    phone.dial()

    answer = without_fillers(line.parts.phone.manager.profile.phrases, phone.say("Hola"))

    assert answer == "De la otra."
    assert line.turns()[0].model == "gpt-other"


def test_a_model_silent_for_four_seconds_gives_way_to_the_fallback(open_line, openai):
    line = open_line(openai_fallback_model="gpt-other", answer_wait_s=2)
    openai.default = lambda body: (
        text("De la otra.") if body["model"] == "gpt-other" else hang_before_headers()
    )
    phone = line.phone(realtime=True)
    phone.dial()

    answer = without_fillers(line.parts.phone.manager.profile.phrases, phone.say("Hola"))

    first, second = openai.chats
    assert answer == "De la otra."
    assert 3.9 < second.started_at - first.started_at < 4.5


def test_an_answer_that_breaks_off_is_continued_and_not_begun_again(line, openai):
    openai.enqueue(
        text("Primera frase. Segunda fra", finish=None, done=False),
        text("Primera frase. Segunda frase entera."),
    )
    phone = line.phone()
    phone.dial()

    answer = phone.say("Hola")

    assert answer == "Primera frase. Segunda frase entera."
    assert [m["content"] for m in openai.chats[1].body["messages"] if m["role"] == "assistant"] == [
        "Primera frase. "
    ]


def test_an_answer_that_breaks_off_for_good_says_so(line, openai, phrases):
    openai.enqueue(*[text("Primera frase. Segunda fra", finish=None, done=False)] * 2)
    phone = line.phone()
    phone.dial()

    answer = phone.say("Hola")

    assert answer == f"Primera frase. {phrases.cut_off}"


@pytest.mark.both_databases
def test_ten_copies_of_a_webhook_get_one_answer(line, openai):
    openai.default = text(SLOW, first_token_s=0.2, tokens_per_s=60)
    phone = line.phone()
    phone.dial()
    fields = {"SpeechResult": "¿Abren hoy?", "Confidence": "0.9"}

    with ThreadPoolExecutor(10) as pool:
        steps = list(pool.map(lambda _: phone.post("/gather?turn=1", fields), range(10)))

    assert len({step.twiml for step in steps}) == 1
    assert len(openai.chats) == 1
    assert len(line.turns()) == 1


def test_a_replayed_webhook_gets_the_twiml_that_it_got(line, openai, phrases):
    openai.enqueue(text(SLOW, first_token_s=0.8, tokens_per_s=40), text("Nada más."))
    phone = line.phone()
    phone.dial()
    phone.say("Hola")
    phone.say("¿Algo más?")

    for step in list(phone.steps):
        assert phone.replay(step).twiml == step.twiml
    assert len(openai.chats) == 2


@pytest.mark.both_databases
def test_a_replay_after_a_restart_gets_the_same_too(open_line, openai):
    openai.enqueue(text(SLOW))
    first = open_line()
    phone = first.phone()
    phone.dial()
    phone.say("Hola")
    step = phone.steps[-1]

    second = open_line()
    again = second.phone(call_sid=phone.call_sid).post(
        step.url.partition(first.url)[2] or step.url, dict(step.params)
    )

    assert again.twiml == step.twiml
    assert len(openai.chats) == 1


@pytest.mark.both_databases
def test_another_process_reads_an_answer_while_it_is_written(open_line, openai):
    openai.enqueue(text(SLOW, first_token_s=0.1, tokens_per_s=15))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    step = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase algo después." in step.twiml
    assert len(openai.chats) == 1


@pytest.mark.both_databases
def test_an_answer_whose_owner_died_is_continued_by_another_process(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line(answer_wait_s=4)
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    owner.parts.phone.manager.answers._closed.set()  # the beat stops, as it does when a process is killed

    heard = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml
    turn = line_turn(other)
    assert (turn.epoch, turn.state) == (2, TurnState.COMPLETE)
    assert "".join(turn.sentences) == "Primera frase. Segunda frase, de otro."


def line_turn(line):
    return line.turns()[0]


def test_a_process_that_shuts_down_lets_go_of_its_answers_at_once(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    owner.parts.phone.manager.close()

    heard = other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml


@pytest.mark.both_databases
def test_what_the_first_owner_writes_after_a_takeover_changes_nothing(open_line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"), text("Segunda frase, de otro."))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})
    answer = owner.parts.phone.manager.answers.find(f"phone:{phone.call_sid}", 1)
    owner.parts.phone.manager.close()
    other.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    answer.add(["De más."])
    heard = owner.phone(call_sid=phone.call_sid).post("/continue?turn=1&from=1", {})

    assert "Segunda frase, de otro." in heard.twiml
    assert "De más." not in heard.twiml + "".join(line_turn(other).sentences)
    from conversation.answers.answer import AnswerStopped

    with pytest.raises(AnswerStopped):
        answer.add(["Y más."])


@pytest.mark.both_databases
def test_what_is_spoken_is_kept_before_it_is_spoken(line, openai):
    openai.enqueue(stalled("Primera frase. Segunda fra"))
    phone = line.phone()
    phone.dial()

    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    assert [sentence.strip() for sentence in line_turn(line).sentences] == ["Primera frase."]


def test_what_nobody_asked_for_yet_is_kept_soon(line, openai):
    openai.enqueue(stalled("Primera frase. Segunda frase. Tercera fra"))
    phone = line.phone()
    phone.dial()

    phone.post("/gather?turn=1", {"SpeechResult": "Hola"})

    assert openai.wait_for(lambda: len(line_turn(line).sentences) == 2, 2.0)


def test_a_call_that_is_over_stops_what_is_written_for_it_within_a_second(line, openai):
    openai.enqueue(text("palabra " * 400, tokens_per_s=50))
    phone = line.phone(status_callback="/status")
    phone.dial()
    threading.Thread(
        target=lambda: phone.post("/gather?turn=1", {"SpeechResult": "Hable"}), daemon=True
    ).start()
    assert openai.wait_for(lambda: openai.chats and openai.chats[0].tokens_sent > 3)

    phone.hang_up()

    assert openai.wait_for(lambda: openai.chats[0].cut_short, 1.0)
    assert line.turns()[0].state is TurnState.CANCELLED or line.turns()[0].state == "cancelled"


@pytest.mark.both_databases
def test_a_call_that_is_over_stops_what_another_process_writes_for_it(open_line, openai):
    openai.enqueue(text("palabra " * 400, tokens_per_s=50))
    owner, other = open_line(), open_line()
    phone = owner.phone()
    phone.dial()
    threading.Thread(
        target=lambda: phone.post("/gather?turn=1", {"SpeechResult": "Hable"}), daemon=True
    ).start()
    assert openai.wait_for(lambda: openai.chats and openai.chats[0].tokens_sent > 3)

    other.phone(call_sid=phone.call_sid).post("/status", {"CallStatus": "completed", "CallDuration": "9"})

    assert openai.wait_for(lambda: openai.chats[0].cut_short, 1.2)


def test_what_was_not_heard_is_not_remembered_as_said(line, openai):
    long = "Tenemos fisioterapia, osteopatía, masaje deportivo, pilates, punción seca y drenaje linfático."
    openai.enqueue(text(long), text("De acuerdo."))
    phone = line.phone(realtime=True, reaction_s=0)
    phone.dial()
    phone.say("¿Qué ofrecen?")

    phone.interrupt("Solo masaje.", after_s=4.0)

    said = openai.chats[1].body["messages"][2]["content"]
    assert said.startswith("Tenemos") and said.endswith("[interrupted here]")
    assert len("Tenemos [interrupted here]") <= len(said) < len(long) * 0.8


def test_an_answer_heard_to_its_end_is_remembered_whole(line, openai):
    openai.enqueue(text("Son treinta euros."), text("De nada."))
    phone = line.phone(realtime=True)
    phone.dial()
    phone.say("¿Cuánto cuesta?")

    phone.say("Gracias")

    assert openai.chats[1].body["messages"][2]["content"] == "Son treinta euros."
