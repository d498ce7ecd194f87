"""The stand-in for ElevenLabs, as it sends to a server on loopback."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.elevenlabs.webhooks import verify
from tests.fakes.elevenlabs import FakeElevenLabs

SECRET = "wsec_test"
MOMENT = 1739537297


@pytest.fixture
def received():
    """A server's address, and what came there: whether it was signed, the headers and the body."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format, *args):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            header = self.headers.get("ElevenLabs-Signature", "")
            signed = verify(SECRET, header, body, datetime.fromtimestamp(MOMENT, UTC))
            seen.append((signed, self.headers, json.loads(body)))
            self.send_response(200 if signed else 401)
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}')

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/webhook/elevenlabs", seen
        server.shutdown()


def test_webhooks_come_signed_doubled_late_and_wrongly_signed(received):
    url, seen = received
    elevenlabs = FakeElevenLabs(url, SECRET, lambda: MOMENT)
    event = elevenlabs.transcription()

    elevenlabs.post(event, times=2)
    elevenlabs.post(event, late_s=1801)
    elevenlabs.post(event, secret="wsec_other")
    elevenlabs.post(event, header="")
    (last,) = elevenlabs.post(event, header="t=x,v0=y")

    assert [signed for signed, _, _ in seen] == [True, True, False, False, False, False]
    assert all(body == event for _, _, body in seen)
    assert last.status == 401


def test_a_tool_asks_with_its_key_and_no_signature(received):
    url, seen = received

    answer = FakeElevenLabs(url, SECRET).use_tool(url, {"reason": "ñ"}, key="k", headers={"X-A": "b"})

    ((_, headers, body),) = seen
    assert (headers["Authorization"], headers["X-A"], body) == ("Bearer k", "b", {"reason": "ñ"})
    assert "ElevenLabs-Signature" not in headers
    assert answer.json == {"status": "ok"}
