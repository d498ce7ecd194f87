"""The bounds of what is kept of a conversation, and of what a model is shown of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from conversation import history
from conversation.ledger import Ledger
from conversation.summaries import MOST_SUMMARY, MOST_TOPIC, Summaries
from storage.models import Ending, TurnKind
from storage.queries import calls, turns
from storage.queries.calls import CallFacts
from storage.queries.turns import NewTurn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = CallFacts(
    "CA1", "inbound", "+34600000001", "+12025550100", "in-progress", "+34600000001", simulated=False
)


class Model:
    """Answers with these words, and notes what it was shown."""

    def __init__(self):
        self.words, self.shown = "", []

    def complete(self, task, material, *, channel, total_s):
        self.shown.append(material)
        return self.words, None


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def summaries(database, model):
    return Summaries(database, model, Ledger(ZoneInfo("UTC")), clock=lambda: NOON)


@pytest.fixture
def talk(database):
    """Have a caller say things, each of them answered; return the payload of the jobs."""

    def talk(*said):
        with database.write() as connection:
            conversation_id = calls.open_call(connection, CALL, NOON).id
            last = turns.last_number(connection, conversation_id)
            for number, heard in enumerate(said, start=last + 1):
                new = NewTurn(conversation_id, number, TurnKind.SPEECH, heard, 0.9, "test")
                turns.claim_turn(connection, new, NOON, sentences=["Bien."], ending=Ending.GATHER)
        return {"conversation_id": conversation_id}

    return talk


def kept(database):
    with database.read() as connection:
        return calls.find_conversation(connection, CALL.key)


def test_a_model_that_goes_on_and_on_leaves_a_short_summary(summaries, model, talk, database):
    model.words = "nota " * 10_000

    summaries.summarise(talk(*"abcdefghij"))

    assert len(kept(database).summary) == MOST_SUMMARY


def test_the_next_summary_is_made_of_the_short_one_and_what_was_said_since(summaries, model, talk):
    model.words = "nota " * 10_000
    summaries.summarise(talk(*(f"Frase {number}" for number in range(1, 11))))

    summaries.summarise(talk("Frase 11", "Frase 12"))

    shown = model.shown[-1]
    assert len(shown) < MOST_SUMMARY + 200
    assert "Frase 3" in shown and "Frase 4" in shown
    assert "Frase 2\n" not in shown and "Frase 5" not in shown  # already noted; and still told in full


def test_a_topic_is_short(summaries, model, talk, database):
    model.words = "Citas y\nhorarios " * 100

    summaries.note_topic(talk("¿Abren hoy?"))

    with database.read() as connection:
        day, topic = calls.topics_of(connection, 1).split(": ")
    assert day == "2026-03-02"
    assert topic.startswith("Citas y horarios Citas")
    assert len(topic) == MOST_TOPIC


def test_a_topic_is_made_of_the_end_of_a_long_conversation(summaries, model, talk):
    summaries.note_topic(talk(*["bla " * 1000] * 20, "¿Abren hoy?"))

    assert len(model.shown[-1]) == history.MOST_CHARACTERS
    assert "¿Abren hoy?" in model.shown[-1]


@pytest.mark.parametrize(
    ("said", "turns_shown"),
    [(["a"] * 40, history.MOST_TURNS), (["x" * 4000] * 40, 3), (["x" * 20_000] * 2, 1)],
    ids=["turns", "characters", "one turn that is too long"],
)
def test_a_prompt_has_the_last_turns_as_far_as_there_is_room(talk, database, said, turns_shown):
    conversation_id = talk(*said)["conversation_id"]
    with database.read() as connection:
        past = turns.last_turns(connection, conversation_id, before=100, limit=100)

    messages = history.messages_for(
        "system", background="", summary="", past=past, heard="¿Abren hoy?", kind=TurnKind.SPEECH
    )

    assert [message["content"] for message in messages[1:-1:2]] == said[:turns_shown]
