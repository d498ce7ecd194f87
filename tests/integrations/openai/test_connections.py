"""What becomes of OpenAIModel's connections."""

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integrations.errors import IntegrationError
from integrations.http.deadline_sockets import Wait, first_to_answer
from integrations.http.deadline_transport import shared_ssl_context
from integrations.language_model import Event, Finish, TextDelta
from integrations.openai.model import OpenAIModel
from tests.fakes.certificates import make_certificate
from tests.fakes.openai import replies, steps
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.servers import HELLO, Listener, a_full_queue, late_by
from tests.waiting import LATE_S


@pytest.fixture
def model(fake: FakeOpenAI) -> OpenAIModel:
    return OpenAIModel("fake-model", api_key=None, base_url=fake.base_url)


def ask(model: OpenAIModel) -> list[Event]:
    return list(model.stream(HELLO, first_event_s=4, total_s=20))


# --- connections


def test_one_answer_after_another_uses_one_connection(fake: FakeOpenAI, model: OpenAIModel) -> None:
    for _ in range(5):
        assert Finish("stop") in ask(model)

    assert fake.connections == 1


def test_a_failed_request_does_not_cost_its_connection(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.error(503), replies.error(503))

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
    fake.enqueue(replies.text("Hola.").then(steps.Hang()))
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
        fake.enqueue(replies.text("Hola.").then(steps.Drop()))
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
    return make_certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


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
    listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
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
