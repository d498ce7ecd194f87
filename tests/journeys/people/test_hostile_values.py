"""Any value in any field of what other programs send: taken, told to people in whole documents, and not to the log."""

import json

import pytest

from jobs.job import run_pending
from storage.models import Handoff
from tests.fakes.elevenlabs import FakeElevenLabs
from tests.journeys.hostile import ALL_AT_ONCE, BROKEN, HOSTILE, WORD, everywhere, json_bytes
from tests.journeys.people.handoffs import WANTED, ask, told
from tests.processes import worker_jobs
from tests.records import every

pytestmark = pytest.mark.both_databases


def test_whatever_stands_in_a_request_for_a_handoff_a_seller_can_read_it(known_sellers, openai, capfd):
    line, marta, _ = known_sellers
    capfd.readouterr()
    texts = [ALL_AT_ONCE, HOSTILE["long"], HOSTILE["accents"]]

    for number, words in enumerate(texts):
        wanted = dict.fromkeys(WANTED, words[:1500]) | {"conversation_id": f"{number}{words[:100]}"}
        assert ask(line, json_bytes(wanted))[0] == 200, words[:100]

    assert len(every(line.parts.database, Handoff)) == len(texts)
    notices = "\n".join(told(marta))
    assert notices and not BROKEN.search(notices)
    assert WORD not in capfd.readouterr().err


def test_whatever_stands_in_a_call_of_a_voice_agent_it_is_taken(open_line, openai, capfd):
    line = open_line(elevenlabs_webhook_secret="wsec_test")
    elevenlabs = FakeElevenLabs(f"{line.url}/webhook/elevenlabs", "wsec_test")
    event = elevenlabs.transcription()
    capfd.readouterr()

    for path, with_words in everywhere(event):
        if path[-1] not in ("type", "conversation_id"):
            [answer] = elevenlabs.post(json_bytes(with_words(ALL_AT_ONCE)))
            assert answer.status == 200, path
    run_pending(line.parts.work, worker_jobs(line))

    assert WORD not in capfd.readouterr().err


def test_whatever_stands_in_a_webhook_of_chatwoot_it_is_taken(talk, chatwoot, capfd):
    talk()
    [body] = [webhook.body for webhook in chatwoot.webhooks.sent][:1]
    capfd.readouterr()

    for path, with_words in everywhere(body):
        if path[-1] != "event":
            assert chatwoot.webhooks.deliver(_sendable(with_words(ALL_AT_ONCE))).status == 200, path

    assert WORD not in capfd.readouterr().err


def _sendable(body):
    """Ruby writes no half of a character."""
    return json.loads(json.dumps(body).replace("\\ud800", "").replace("\\udfff", ""))
