"""What nobody may see, in every way of writing it, and who looks for it."""

import html
from urllib.parse import quote, unquote

import pytest
from hypothesis import Phase, example, given
from hypothesis import strategies as st
from sqlalchemy import delete

from jobs.job import run_pending
from settings import SIMULATOR_ACCOUNT_SID
from simulator.whatsapp.client import MessagingApi
from storage.models import Call, Conversation, Handoff, Message, Prompt, Served, Turn
from tests.examples import examples_over_http
from tests.processes import worker_jobs
from tests.records import every, the_only

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
            for model in (Call, Served, Prompt, Message, Handoff, Turn, Conversation):
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
