"""OpenAIModel's deadlines, its cancelling, and what becomes of its connections.

Times are real here, since sockets are what is tested. Lateness is allowed for a busy machine; on a quiet one
deadlines are met within 5 ms and a cancel is felt within 2 ms.
"""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integrations.errors import IntegrationError
from integrations.http.deadline_sockets import Wait, first_to_answer
from integrations.http.deadline_transport import shared_ssl_context
from integrations.language_model import Event, Finish, TextDelta
from integrations.openai.model import OpenAIModel, OpenAIStream
from tests.fakes.openai import server as replies
from tests.fakes.openai.server import FakeOpenAI, Reply

HELLO = [{"role": "user", "content": "Hola"}]
LATE_S = 0.25
"""What a test machine may add to a time."""


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def model(fake: FakeOpenAI) -> OpenAIModel:
    return OpenAIModel("fake-model", api_key=None, base_url=fake.base_url)


class Listener(threading.Thread):
    """Reads a stream as an answer's thread does, and notes when it came free."""

    def __init__(self, stream: OpenAIStream) -> None:
        super().__init__(daemon=True)
        self.events: list[Event] = []
        self.error: Exception | None = None
        self.ended_at = 0.0
        self._stream = stream
        self.start()

    def run(self) -> None:
        try:
            self.events.extend(self._stream)
        except IntegrationError as error:
            self.error = error
        self.ended_at = time.monotonic()

    def cancel(self) -> float:
        """Cancel the stream and return the seconds until the reader came free."""
        began = time.monotonic()
        self._stream.cancel()
        self.join(5)
        assert not self.is_alive()
        return self.ended_at - began


def late_by(stream: OpenAIStream, seconds: float) -> IntegrationError:
    """Read a stream that must fail after so many seconds, and return how."""
    began = time.monotonic()
    with pytest.raises(IntegrationError) as raised:
        list(stream)
    assert seconds - 0.01 <= time.monotonic() - began < seconds + LATE_S
    return raised.value


def ask(model: OpenAIModel) -> list[Event]:
    return list(model.stream(HELLO, first_event_s=4, total_s=20))


@contextmanager
def a_full_queue() -> Iterator[str]:
    """An address where no connection is ever made: nobody accepts, and the queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for filler in fillers:
            filler.close()


@contextmanager
def a_mute_server() -> Iterator[str]:
    """An address that takes connections and never says a word, not even of TLS."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"


# --- deadlines


@pytest.mark.parametrize(
    "silence",
    [
        replies.hang_before_headers(),
        replies.stalled(""),
        replies.dripping_comments(every_s=0.02),
        replies.text(
            "Hola.", noise=[replies.Send(replies.chunk({"reasoning_content": "Hm."})), replies.Hang()]
        ),
    ],
    ids=["no headers", "no words", "comments", "thoughts"],
)
def test_the_first_word_is_waited_for_so_long_and_no_longer(
    fake: FakeOpenAI, model: OpenAIModel, silence: Reply
) -> None:
    fake.enqueue(silence)

    error = late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)

    assert (error.permanent, error.code) == (False, "timeout")
    assert fake.wait_for(lambda: fake.requests[0].cut_short)


@pytest.mark.parametrize(
    "silence",
    [replies.stalled("Hola"), replies.dripping_comments(every_s=0.02, after="Hola")],
    ids=["stalled", "comments"],
)
def test_the_whole_answer_is_waited_for_so_long_and_no_longer(
    fake: FakeOpenAI, model: OpenAIModel, silence: Reply
) -> None:
    fake.enqueue(silence)

    error = late_by(model.stream(HELLO, first_event_s=0.2, total_s=0.5), 0.5)

    assert (error.permanent, error.code) == (False, "timeout")


def test_retries_count_towards_the_first_word(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.error(500), replies.hang_before_headers())

    late_by(model.stream(HELLO, first_event_s=0.5, total_s=20), 0.5)


def test_a_connection_that_is_never_made_is_given_up_in_time() -> None:
    with a_full_queue() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)


def test_tls_that_is_never_agreed_on_is_given_up_in_time() -> None:
    with a_mute_server() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)


def test_a_tool_call_that_has_begun_is_no_silence(fake: FakeOpenAI, model: OpenAIModel) -> None:
    """Its arguments take longer than the first sign of it may."""
    first, *rest = replies.call_parts(0, "call_1", "hand_off", '{"reason": "pide una persona"}', pieces=3)
    parts = [replies.Send(replies.chunk({"tool_calls": [part]})) for part in rest]
    whole = replies.text(
        "", noise=[replies.Send(replies.chunk({"tool_calls": [first]})), replies.Pause(0.4), *parts]
    )
    fake.enqueue(whole)

    events = list(model.stream(HELLO, first_event_s=0.2, total_s=20))

    assert Finish("stop") in events


# --- cancelling


@pytest.mark.parametrize(
    "reply",
    [replies.hang_before_headers(), replies.stalled("Hola"), replies.dripping_comments(every_s=0.02)],
    ids=["no headers", "no more words", "comments"],
)
def test_cancelling_frees_the_reader_at_once(fake: FakeOpenAI, model: OpenAIModel, reply: Reply) -> None:
    fake.enqueue(reply)
    listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
    assert fake.wait_for(lambda: fake.requests)
    time.sleep(0.05)  # into its read

    assert listener.cancel() < LATE_S
    assert listener.error is None
    assert fake.wait_for(lambda: fake.requests[0].cut_short)


def test_the_tokens_stop_when_an_answer_is_cancelled(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("palabra " * 400, tokens_per_s=40))
    listener = Listener(model.stream(HELLO, first_event_s=4, total_s=20))
    exchange = fake.wait_for(lambda: len(listener.events) >= 3) and fake.requests[0]
    assert exchange

    cancelled_at = time.monotonic()
    listener.cancel()

    assert fake.wait_for(lambda: exchange.cut_short)
    assert exchange.gone_at is not None
    assert exchange.gone_at - cancelled_at < 1
    assert exchange.tokens_sent < 50


def test_nothing_that_was_still_in_the_buffer_is_told_after_a_cancel(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    called = {"index": 0, "id": "a", "function": {"name": "consultar", "arguments": "{}"}}
    together = b"".join(
        [
            replies.chunk({"content": "uno"}),
            replies.chunk({"tool_calls": [called]}),
            replies.chunk({}, finish="tool_calls"),
        ]
    )
    fake.enqueue(Reply([replies.Send(together), replies.Hang()]))
    stream = model.stream(HELLO, first_event_s=4, total_s=20)
    events = iter(stream)
    assert next(events) == TextDelta("uno")

    stream.cancel()

    assert list(events) == []


def test_an_answer_cancelled_before_it_began_is_never_asked_for(fake: FakeOpenAI, model: OpenAIModel) -> None:
    stream = model.stream(HELLO, first_event_s=4, total_s=20)

    stream.cancel()

    assert list(stream) == []
    assert fake.connections == 0


def test_cancelling_ends_the_wait_before_another_try(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.rate_limited(retry_after_ms=5_000))
    listener = Listener(model.stream(HELLO, first_event_s=10, total_s=20))
    assert fake.wait_for(lambda: fake.requests and fake.requests[0].ended_at)

    assert listener.cancel() < LATE_S
    assert (listener.events, listener.error) == ([], None)


def test_cancelling_ends_the_making_of_a_connection() -> None:
    with a_full_queue() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        listener = Listener(model.stream(HELLO, first_event_s=10, total_s=20))
        time.sleep(0.1)  # into its connecting

        assert listener.cancel() < LATE_S
        assert listener.error is None


def test_cancelling_ends_the_making_of_tls() -> None:
    with a_mute_server() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        listener = Listener(model.stream(HELLO, first_event_s=10, total_s=20))
        time.sleep(0.1)  # into its handshake

        assert listener.cancel() < LATE_S
        assert listener.error is None


def test_cancelling_what_has_ended_does_no_harm_to_who_uses_its_connection_now(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    first = model.stream(HELLO, first_event_s=4, total_s=20)
    list(first)
    fake.enqueue(replies.text("uno dos tres", tokens_per_s=20))
    second = iter(model.stream(HELLO, first_event_s=4, total_s=20))
    begun = next(second)

    first.cancel()
    rest = list(second)

    assert fake.connections == 1
    assert [begun, *rest][:4] == [TextDelta("uno"), TextDelta(" dos"), TextDelta(" tres"), Finish("stop")]


# --- connections


def test_one_answer_after_another_uses_one_connection(fake: FakeOpenAI, model: OpenAIModel) -> None:
    for _ in range(5):
        assert Finish("stop") in ask(model)

    assert fake.connections == 1


def test_a_failed_request_does_not_cost_its_connection(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.error(500), replies.error(500))

    ask(model)

    assert fake.connections == 1


def test_a_cancelled_answer_takes_its_connection_with_it(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.stalled("Hola"))
    listener = Listener(model.stream(HELLO, first_event_s=4, total_s=20))
    assert fake.wait_for(lambda: listener.events)
    listener.cancel()

    assert Finish("stop") in ask(model)

    assert [request.connection for request in fake.requests] == [1, 2]


def test_who_leaves_the_loop_early_leaves_no_stream_open(fake: FakeOpenAI) -> None:
    model = OpenAIModel("fake-model", api_key=None, base_url=fake.base_url, connections=1)
    fake.enqueue(replies.text("palabra " * 400, tokens_per_s=40))

    for _ in model.stream(HELLO, first_event_s=4, total_s=20):
        break

    assert fake.wait_for(lambda: fake.requests[0].cut_short)
    assert Finish("stop") in list(model.stream(HELLO, first_event_s=1, total_s=20))


def test_a_name_with_several_addresses_is_tried_until_one_answers(fake: FakeOpenAI) -> None:
    with socket.socket() as nobody, a_full_queue() as silent:
        nobody.bind(("127.0.0.1", 0))
        ports = [nobody.getsockname()[1], _port(silent), _port(fake.base_url)]
        addresses = [(socket.AF_INET, ("127.0.0.1", port)) for port in ports]

        with first_to_answer(addresses, Wait(0.6)) as sock:
            assert sock.getpeername()[1] == ports[-1]


def test_where_no_address_answers_the_last_ones_error_is_raised() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))

        with pytest.raises(ConnectionRefusedError):
            first_to_answer([(socket.AF_INET, nobody.getsockname())], Wait(0.6))


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def test_a_server_that_does_not_end_after_done_is_not_waited_for(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.enqueue(replies.text("Hola.").then(replies.Hang()))
    began = time.monotonic()

    events = ask(model)

    assert Finish("stop") in events
    assert time.monotonic() - began < 0.1 + LATE_S
    ask(model)
    assert [request.connection for request in fake.requests] == [1, 2]


def test_a_kept_connection_that_the_server_closed_costs_nobody_an_answer(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    for _ in range(3):
        fake.enqueue(replies.text("Hola.").then(replies.Drop()))
        list(model.stream(HELLO, first_event_s=4, total_s=20))

    assert Finish("stop") in ask(model)


def test_many_answers_at_once_stay_apart(fake: FakeOpenAI, model: OpenAIModel) -> None:
    def about(number: int) -> str:
        messages = [{"role": "user", "content": f"número {number}"}]
        events = model.stream(messages, first_event_s=10, total_s=20)
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    fake.default = lambda body: replies.text(
        f"Este es el {body['messages'][0]['content']}.", tokens_per_s=100
    )
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(about, range(48)))

    assert answers == [f"Este es el número {number}." for number in range(48)]
    assert fake.connections <= 24


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *options.split(), *names], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def fake_tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    shared_ssl_context.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with FakeOpenAI(tls=context) as server:
        yield server
    shared_ssl_context.cache_clear()


def test_answers_over_tls_use_one_connection(fake_tls: FakeOpenAI) -> None:
    model = OpenAIModel("fake-model", api_key=None, base_url=fake_tls.base_url)

    for _ in range(3):
        assert Finish("stop") in ask(model)

    assert fake_tls.connections == 1


def test_cancelling_over_tls_frees_the_reader_at_once(fake_tls: FakeOpenAI) -> None:
    fake_tls.enqueue(replies.stalled("Hola"))
    model = OpenAIModel("fake-model", api_key=None, base_url=fake_tls.base_url)
    listener = Listener(model.stream(HELLO, first_event_s=4, total_s=20))
    assert fake_tls.wait_for(lambda: listener.events)

    assert listener.cancel() < LATE_S
    assert (listener.events, listener.error) == ([TextDelta("Hola")], None)
    assert fake_tls.wait_for(lambda: fake_tls.requests[0].cut_short)


def test_deadlines_over_tls_are_kept(fake_tls: FakeOpenAI) -> None:
    fake_tls.enqueue(replies.dripping_comments(every_s=0.02))
    model = OpenAIModel("fake-model", api_key=None, base_url=fake_tls.base_url)

    late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)


def test_a_certificate_that_is_not_trusted_is_no_connection(
    fake_tls: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    shared_ssl_context.cache_clear()
    model = OpenAIModel("fake-model", api_key=None, base_url=fake_tls.base_url)

    with pytest.raises(IntegrationError) as raised:
        ask(model)

    assert (raised.value.permanent, raised.value.code) == (False, "connection")
    assert fake_tls.requests == []
