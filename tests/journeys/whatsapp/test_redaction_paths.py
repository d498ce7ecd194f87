"""Whichever way a provider's links and ids come in, the model, the history and the log never see them."""

import html
import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st
from sqlalchemy import delete

from jobs.job import run_pending
from settings import ROOT, SIMULATOR_ACCOUNT_SID
from simulator.whatsapp.client import MessagingApi, photo, voice_note
from storage.models import Call, Conversation, Handoff, Message, Served, Turn
from tests.conftest import Line
from tests.examples import examples_over_http
from tests.fakes.openai.server import error, text, tool_call, transcript
from tests.records import every, the_only
from tests.worker import worker_jobs

# What nobody may see, written in ways that a reader or a program would undo

HEX = st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda digits: len(set(digits)) > 4)
SIDS = st.builds("{}{}".format, st.sampled_from(["AC", "SM", "MM", "ME", "mm", "HX"]), HEX)
HOSTS = st.sampled_from(["api.twilio.com", "API.Twilio.com", "media.ie1.twilio.com", "mms.twiliocdn.com"])
ACCOUNTS = st.builds("/2010-04-01/Accounts/{}/Messages/{}/Media/{}".format, SIDS, SIDS, SIDS)
LINKS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["https://", "http://", "", "//", "https://AC1:token@"]),
    HOSTS,
    st.one_of(st.sampled_from(["", "/x?a=1&b=2", ":8443/a#b"]), ACCOUNTS),
)
SECRETS = st.one_of(SIDS, LINKS, ACCOUNTS, ACCOUNTS.map(lambda path: f"http://127.0.0.1:8081{path}"))


def percent(words):
    return quote(words, safe="")


WAYS_OF_WRITING = {
    "as it is": lambda words: words,
    "in capitals": str.upper,
    "for a URL": percent,
    "for a URL, twice": lambda words: percent(percent(words)),
    "for a URL, in small letters": lambda words: percent(words).lower(),
    "in JSON": lambda words: words.replace("/", "\\/"),
    "in HTML": html.escape,
}
WRITTEN = st.builds(
    lambda secret, write: write(secret), SECRETS, st.sampled_from([*WAYS_OF_WRITING.values()])
)
BEFORE = st.sampled_from(
    [
        "",
        "Mire ",
        "foto:",
        "(",
        "[x](",
        "*",
        "_",
        "«",
        "<",
        '"',
        "\n",
        "👍",
        "a",
        "ñ",
        "1",
        ".",
        "Sí. ",
        "url=",
    ]
)
AFTER = st.sampled_from(
    ["", " gracias", ")", "*", "_", "»", ">", '"', "\n", "👍", ".", "! ¿Sí?", " ñ", ", y"]
)
WORDS = st.lists(st.builds("{}{}{}".format, BEFORE, WRITTEN, AFTER), min_size=1, max_size=3).map(" ".join)
EXAMPLES = ["https://api.twilio.com/2010-04-01/Accounts/AC" + "0a" * 16, "MM" + "1b" * 16]


def undone(words):
    """The ways in which words can be read."""
    yield words
    for _ in range(3):
        words = unquote(html.unescape(words)).replace("\\", "")
        yield words


def traces_of(words):
    """What of these words nobody may see, in small letters."""
    read = [*undone(words)][-1].lower()
    sids = {read[at : at + 32] for at in range(len(read)) if _is_hex(read[at : at + 32])}
    return sids | {part for part in ("twilio.com", "twiliocdn.com", "2010-04-01/accounts") if part in read}


def _is_hex(digits):
    return len(digits) == 32 and not set(digits) - set("0123456789abcdef")


def texts_in(value):
    """Every piece of text in what JSON can hold."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


class Witness:
    """A line, people who write to it, and all that was told or kept of what the last of them wrote."""

    def __init__(self, line, openai, capfd, caplog):
        self.line, self.openai, self._capfd, self._caplog = line, openai, capfd, caplog
        self.jobs = worker_jobs(line)
        self._api, self._people = MessagingApi(SIMULATOR_ACCOUNT_SID, line.parts.simulator_token), 0

    def close(self):
        self._api.close()
        self.line.close()

    def person(self):
        """Somebody new; what was before them is forgotten."""
        with self.line.parts.database.write() as connection:
            for model in (Call, Served, Message, Handoff, Turn, Conversation):
                connection.execute(delete(model))
        self.openai.requests.clear()
        self._capfd.readouterr()
        self._caplog.clear()
        self._people += 1
        return self.line.whatsapp(number=f"+34600{self._people:06}", api=self._api)

    def work_off(self):
        run_pending(self.line.parts.work, self.jobs)

    def do(self, job):
        """Do what a worker does for a name, on the only conversation."""
        self.jobs[job].run({"conversation_id": the_only(self.line.parts.database, Conversation).id})

    def saw_nothing_of(self, words):
        """Assert that no trace of these words is where it could be seen."""
        traces = traces_of(words)
        assert traces, "there was nothing to be seen"
        assert {
            place: found for place, said in self._places().items() if (found := _found(traces, said))
        } == {}

    def _places(self):
        database = self.line.parts.database
        turns, kept = every(database, Turn), every(database, Message)
        conversations, handoffs = every(database, Conversation), every(database, Handoff)
        return {
            "the model": [piece for chat in self.openai.chats for piece in texts_in(chat.body)],
            "what was heard": [turn.heard for turn in turns],
            "what was answered": ["".join(turn.sentences) for turn in turns],
            "messages": [message.body for message in kept],
            "files": [file["words"] or "" for message in kept for file in message.attachments],
            "memory": [piece for c in conversations for piece in (c.summary, c.topic, c.background)],
            "handoffs": [piece for h in handoffs for piece in (h.reason, h.summary, h.context, h.message)],
            "the log": [*self._capfd.readouterr(), self._caplog.text],
        }


def _found(traces, said):
    read = "\n".join(reading for piece in set(said) for reading in {*undone(piece)}).lower()
    return sorted(trace for trace in traces if trace in read)


@pytest.fixture
def witness(make_settings, sqlite_url, openai, capfd, caplog):
    """One line for all examples; no database reads words better than another."""
    witness = Witness(
        Line(make_settings(database_url=sqlite_url, whatsapp_settle_s=0)), openai, capfd, caplog
    )
    yield witness
    witness.close()


on_sqlite = pytest.mark.sqlite_alone


def everywhere(test):
    """Run a test over words that hold something to hide; on one database."""
    for words in EXAMPLES:
        test = example(words=words)(test)
    test = given(words=WORDS)(test)
    # A smaller example is not worth the minute that the search for it takes
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    test = examples_over_http(15, phases=phases)(test)
    return on_sqlite(test)


# What people send


WRITTEN_BY_PEOPLE = {
    "text": lambda person, words: person.send(words),
    "a button": lambda person, words: person.press_button(words),
    "a choice": lambda person, words: person.choose(words),
    "a place": lambda person, words: person.share_location(40.4, -3.7, words, words),
    "a name": lambda person, words: person.send("Hola", ProfileName=words),
    "a card": lambda person, words: person.share_contact(words, "+34600000011"),
    "a card's number": lambda person, words: person.share_contact("Ana", words),
    "a link to a photo": lambda person, words: person.send(media=[photo()], MediaUrl0=words),
    "a kind of file": lambda person, words: person.send(media=[photo()], MediaContentType0=words),
}


@pytest.mark.parametrize("way", WRITTEN_BY_PEOPLE)
@everywhere
def test_what_people_send_shows_nothing(witness, way, words):
    person = witness.person()

    WRITTEN_BY_PEOPLE[way](person, words)
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_what_is_heard_in_a_voice_note_shows_nothing(witness, words):
    person = witness.person()
    witness.openai.enqueue_transcripts(transcript(words))

    person.send(media=[voice_note()])
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


@everywhere
def test_what_is_read_in_a_photo_shows_nothing(witness, words):
    person = witness.person()
    person.send(media=[photo()])
    witness.openai.enqueue(text(words))

    witness.work_off()
    person.send("¿Y ahora?")

    witness.saw_nothing_of(words)


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
