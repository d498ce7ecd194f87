"""The bench runs from end to end; what it says of a tiny run means nothing."""

import asyncio
import json
from collections import Counter
from html import escape
from urllib.parse import parse_qs

import pytest

from bench.caller import ANSWER, CallFailed
from bench.load import percentile
from bench.person import Person
from bench.processes import PUBLIC_URL
from bench.servers.model_server import ANSWER_TOKENS, CERTAIN_AFTER, TOKENS, in_chunks
from bench.servers.stand_in import StandIn
from conversation.speech.sentences import SentenceCutter
from tests.bench.tables import errors_in, table_of

TINY = ("--turns", "2", "--calls", "2", "--every", "6", "--seconds", "6")
TINY_CHATS = (
    "--people", "2", "--rounds", "1", "--alone", "1", "--long-chats", "1", "--long-chat", "20",
    "--messages", "10",
)  # fmt: skip
CALLBACK = "/webhook/whatsapp/status?message=7&part=1"


def test_the_models_answer_has_eighty_tokens_and_its_first_sentence_is_certain_where_the_bench_thinks():
    cutter = SentenceCutter()
    cut_at = [index for index, token in enumerate(TOKENS) if cutter.feed(token)]

    assert (ANSWER_TOKENS, len(cut_at) + 1) == (80, 5)
    assert cut_at[0] == CERTAIN_AFTER


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(value) for value in range(1, 101)]

    assert [percentile(values, part) for part in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]


def test_an_answer_in_ten_chunks_has_ten_events_that_together_are_its_eighty_tokens():
    *events, end = in_chunks(10)
    deltas = [json.loads(event.split(b"data: ")[1])["choices"][0]["delta"] for event in events]

    assert len(events) == 10
    assert "".join(delta["content"] for delta in deltas) == "".join(TOKENS)
    assert b'"finish_reason": "stop"' in end


def test_a_person_is_answered_in_the_reply_and_tells_its_receipts_in_their_order():
    exchanges, asked, lost = write_to(
        f'<Message statusCallback="{URL}">{escape(ANSWER)}</Message>', messages=2
    )

    told = [form["MessageStatus"][0] for target, form in asked if target == CALLBACK]
    assert [exchange.answered > exchange.asked for exchange in exchanges] == [True, True]
    assert told == ["sent", "delivered", "read"] * 2
    assert not lost


@pytest.mark.parametrize(
    ("verbs", "what"),
    [
        ("", "no answer in the reply"),
        ("<Message statusCallback=\"{url}\">Ahora no puedo</Message>", "other words than the model's"),
        ("<Message statusCallback=\"{url}\">Uno</Message><Message statusCallback=\"{url}\">Dos</Message>",
         "more than one message"),
    ],
)  # fmt: skip
def test_a_reply_that_is_not_the_models_answer_is_an_error(verbs, what):
    with pytest.raises(CallFailed, match=what):
        write_to(verbs.format(url=URL))


def test_a_receipt_that_is_refused_is_counted():
    _, _, lost = write_to(f'<Message statusCallback="{URL}">{escape(ANSWER)}</Message>', refuses=CALLBACK)

    assert lost == {"receipt: HTTP 503": 3}


@pytest.mark.bench
@pytest.mark.timeout(180)
def test_a_tiny_run_measures_and_loses_no_word():
    rows = table_of(*TINY, figures=("first-word", "crowd"), within_s=170)

    assert rows["errors, one call"] == "0 in 2 turns, 0 fillers"
    assert rows["errors, 2 calls"].startswith("0 in 2 turns")


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_a_tiny_run_on_whatsapp_measures_and_loses_no_message():
    figures = ("crowd", "throughput", "one", "history", "memory")

    rows = table_of(*TINY_CHATS, figures=tuple(f"whatsapp-{figure}" for figure in figures), within_s=290)

    assert errors_in(rows) == [
        *["0 in 2 messages"] * 2, *["0 in 4 messages"] * 2, "0 in 1 messages", "0 in 8 messages", "0 in 10 messages",
    ]  # fmt: skip
    assert [rows[name] for name in rows if "2 people" in name and "Twilio" in name] == [
        "typing 2, sent 0, looked for 0"
    ] * 2


URL = escape(f"{PUBLIC_URL}{CALLBACK}")


class Answering(StandIn):
    """A server that replies to each message with the same verbs, and notes what it was asked."""

    def __init__(self, verbs, refuses, asked):
        super().__init__()
        self._verbs, self._refuses, self._asked = verbs, refuses, asked

    def asked(self, method, target, body):
        self._asked.append((target, parse_qs(body.decode())))
        status = "503 Service Unavailable" if target == self._refuses else "200 OK"
        self.send(f"<Response>{self._verbs}</Response>".encode(), "text/xml", status)


def write_to(verbs, messages=1, refuses=None):
    """Return what a person who writes to such a server experiences, what it was asked, and receipts that were lost."""
    asked, lost = [], Counter()

    async def write():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Answering(verbs, refuses, asked), "127.0.0.1", 0)
        person = Person(server.sockets[0].getsockname()[1], 0, lost=lost)
        try:
            exchanges = [await person.write() for _ in range(messages)]
            await person.read()
        finally:
            person.leave()
            server.close()
        return exchanges

    return asyncio.run(write()), asked, lost
