"""JsonHttp against servers on loopback."""

import json
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations import errors
from integrations.errors import IntegrationError, retry_after_s
from integrations.http import json_client
from integrations.http.json_client import JsonHttp
from integrations.twilio.calls import may_have_been_done

SECRET = "sk-secret-token"


@dataclass
class Asked:
    command: str
    path: str
    headers: Message
    body: bytes
    client_address: tuple[str, int]


class Server(ThreadingHTTPServer):
    """Answers each request with what `answer(handler)` does. What came is in `asked`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.closing = threading.Event()
        self.answer = lambda handler: handler.say(200, {})
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Clients that go away are what some of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format, *args):
        pass

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, self.headers, body, self.client_address)
        self.server.asked.append(asked)
        self.server.answer(self)

    do_GET = do_POST = do_PATCH = do_DELETE = do

    def say(self, status, body=None, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.begin(status, {"Content-Length": str(len(content)), **headers})
        self.wfile.write(content)

    def begin(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drip(self, status, pause_s=0.02):
        self.begin(status, {"Content-Length": "100000"})
        while not self.server.closing.wait(pause_s):
            self.wfile.write(b" ")

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


@pytest.fixture
def api(server):
    api = make(server.url + "/base")
    yield api
    api.close()


def make(url, **options):
    return JsonHttp(url, name="Acme", headers={"api_access_token": SECRET}, **options)


def refused(api, method="POST", path=f"/inboxes/{SECRET}", **request):
    with pytest.raises(IntegrationError) as raised:
        api.request(method, path, **request)
    seen = f"{raised.value} {raised.value!r} {raised.value.__cause__}"
    assert SECRET not in seen
    assert "127.0.0.1" not in seen
    assert "Acme" in seen
    return raised.value


# --- what is sent


def test_json_is_sent_with_the_headers_of_all_requests_and_its_own(server, api):
    server.answer = lambda handler: handler.say(201, {"id": 7}, X_Count="3")

    reply = api.request("POST", "/contacts", json={"name": "Ana ñ"}, headers={"Idempotency-Key": "k-1"})

    (asked,) = server.asked
    assert (reply.status, reply.body, reply.headers["x-count"]) == (201, {"id": 7}, "3")
    assert (asked.command, asked.path) == ("POST", "/base/contacts")
    assert json.loads(asked.body) == {"name": "Ana ñ"}
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["api_access_token"] == SECRET
    assert asked.headers["Idempotency-Key"] == "k-1"
    assert asked.headers["Accept-Encoding"] == "identity"


def test_a_header_of_one_request_takes_the_place_of_the_one_of_all(server, api):
    api.request("GET", "/", headers={"API_ACCESS_TOKEN": "other"})
    api.request("GET", "/")

    assert [asked.headers.get_all("api_access_token") for asked in server.asked] == [["other"], [SECRET]]


def test_files_go_as_multipart_with_the_data_beside_them(server, api):
    api.request(
        "POST",
        "/messages",
        data={"content": "una foto"},
        files=[("attachments[]", ("a.png", b"\x89PNG", "image/png")), ("attachments[]", ("b", b"2", "x/y"))],
    )

    (asked,) = server.asked
    assert asked.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert asked.body.count(b'name="attachments[]"') == 2
    assert b'filename="a.png"' in asked.body
    assert b"una foto" in asked.body


def test_data_alone_is_a_form_and_content_goes_as_it_is(server, api):
    api.request("POST", "/", data={"a": "b c"})
    api.request("PATCH", "/", content=b"\x00raw", headers={"Content-Type": "text/plain"})

    assert [asked.body for asked in server.asked] == [b"a=b+c", b"\x00raw"]
    assert server.asked[1].headers["Content-Type"] == "text/plain"


def test_params_become_a_query_and_none_of_them_leaves_the_one_there_is(server, api):
    api.request("GET", "/m", params={"before": "9&"})
    api.request("GET", "/m?page=2")

    assert [asked.path for asked in server.asked] == ["/base/m?before=9%26", "/base/m?page=2"]


def test_an_empty_path_is_the_address_as_it_was_given(server):
    make(server.url + "/hook/").request("POST", "", json={})
    make(server.url + "/hook?key=1").request("POST", "", json={})

    assert [asked.path for asked in server.asked] == ["/hook/", "/hook?key=1"]


def test_a_name_and_password_in_the_address_go_as_basic_authorization(server):
    make(server.url.replace("http://", "http://us%40er:p%3Aw@")).request("GET", "/")

    assert server.asked[0].headers["Authorization"] == "Basic dXNAZXI6cDp3"


def test_neither_proxies_nor_netrc_have_a_part_in_it(server, api, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    make(server.url).request("GET", "/")

    assert "Authorization" not in server.asked[0].headers


def test_cookies_are_not_kept(server, api):
    server.answer = lambda handler: handler.say(200, {}, Set_Cookie="a=b")

    api.request("GET", "/")
    api.request("GET", "/")

    assert "Cookie" not in server.asked[1].headers


def test_a_connection_is_used_again(server, api):
    api.request("GET", "/")
    api.request("GET", "/")

    first, second = server.asked
    assert first.client_address == second.client_address


def test_replies_come_to_those_who_asked_for_them_twenty_at_once_over_four_connections(server):
    server.answer = lambda handler: handler.say(200, handler.path)
    api = make(server.url, connections=4)
    got = {}
    threads = [
        threading.Thread(target=lambda n=n: got.update({n: api.request("GET", f"/{n}").body}))
        for n in range(20)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == {n: f"/{n}" for n in range(20)}
    assert len({asked.client_address for asked in server.asked}) <= 4


@pytest.mark.parametrize("text", ["\ud800", float("nan")])
def test_what_cannot_be_sent_is_refused_unasked(server, api, text):
    error = refused(api, json={"content": text, "token": SECRET})

    assert (error.code, error.permanent) == (json_client.NOT_SENDABLE, True)
    assert server.asked == []


@pytest.mark.parametrize("path", [f"/{SECRET}\n", "/" + "a" * 70_000])
def test_a_path_that_is_no_address_is_refused_unasked(server, api, path):
    assert refused(api, path=path).code == json_client.NOT_SENDABLE
    assert server.asked == []


@pytest.mark.parametrize(
    "value", [f"{SECRET}\r\nX: y", f"{SECRET}\n", f" {SECRET}", f"{SECRET}ñ", f"{SECRET}\0"]
)
def test_a_key_that_no_header_can_hold_is_refused_without_being_quoted(api, value):
    with pytest.raises(ValueError, match="api_access_token") as raised:
        JsonHttp("http://127.0.0.1:1", name="Acme", headers={"api_access_token": value})

    assert SECRET not in str(raised.value)
    assert refused(api, headers={"Idempotency-Key": value}).code == json_client.NOT_SENDABLE


@pytest.mark.parametrize(
    "url", ["", "acme.example", "ftp://acme.example", "https://", "http://[::1", "http://a:b"]
)
def test_an_address_that_is_none_is_refused_without_being_quoted(url):
    with pytest.raises(ValueError, match="the address of Acme"):
        make(url)


# --- what comes back


def test_a_redirect_is_a_reply_and_is_not_followed(server, api):
    server.answer = lambda handler: handler.say(307, {}, Location="/elsewhere")

    reply = api.request("POST", "/", json={})

    assert (reply.status, reply.headers["Location"]) == (307, "/elsewhere")
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b'{"a":', b"9" * 5000])
def test_a_reply_that_is_no_json_has_no_body(server, api, body):
    server.answer = lambda handler: handler.say(200, body)

    assert api.request("GET", "/").body is None


def test_a_reply_without_content_has_no_body(server, api):
    server.answer = lambda handler: handler.begin(204, {})

    assert api.request("DELETE", "/") == json_client.Reply(204, None, api.request("DELETE", "/").headers)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (422, True),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
def test_a_refusal_has_its_status_and_what_the_server_said_but_not_in_its_message(
    server, api, status, permanent
):
    server.answer = lambda handler: handler.say(status, {"message": SECRET})

    error = refused(api, json={"token": SECRET})

    assert (error.code, error.status, error.permanent) == (status, status, permanent)
    assert error.body == {"message": SECRET}
    assert may_have_been_done(error) == (status >= 500)


def test_a_refusal_says_how_long_to_wait_in_seconds(server, api):
    server.answer = lambda handler: handler.say(429, {}, Retry_After="7")

    assert refused(api).retry_after_s == 7


def test_a_refusal_says_how_long_to_wait_by_a_date(server, api):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.answer = lambda handler: handler.say(503, {}, Retry_After=until)

    assert 85 < refused(api).retry_after_s <= 90


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("9" * 400, None),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0),
        ("Wed, 99 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_a_wait_that_is_none_or_over_is_read_as_such(header, seconds):
    assert retry_after_s(header) == seconds


def test_a_date_of_no_zone_is_in_utc_wherever_this_machine_is(monkeypatch):
    until = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S -0000")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert 85 < retry_after_s(until) <= 90
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_connection_serves_the_next_request_after_a_refusal(server, api):
    server.answer = lambda handler: handler.say(422, {"message": "no"})
    refused(api)
    server.answer = lambda handler: handler.say(200, 1)

    assert api.request("GET", "/").body == 1
    assert server.asked[0].client_address == server.asked[1].client_address


# --- how much


def test_a_reply_of_four_megabytes_is_read_and_one_byte_more_is_not(server, api):
    whole = b'"' + b"x" * (json_client.MOST_REPLY_BYTES - 2) + b'"'
    server.answer = lambda handler: handler.say(200, whole)
    assert len(api.request("GET", "/").body) == json_client.MOST_REPLY_BYTES - 2

    server.answer = lambda handler: handler.say(200, whole + b" ")
    error = refused(api)

    assert (error.code, error.status, error.permanent) == (json_client.TOO_LARGE, 200, True)


def test_what_was_left_unread_keeps_no_connection_from_the_next_request(server):
    api = make(server.url, connections=1)
    for status in (200, 500):
        server.answer = lambda handler, status=status: handler.say(
            status, b"x" * (json_client.MOST_REPLY_BYTES + 1)
        )
        refused(api)

    server.answer = lambda handler: handler.say(200, 1)

    assert api.request("GET", "/").body == 1


def test_a_reply_without_end_is_left_at_the_limit(server, api):
    def pour(handler):
        handler.begin(200, {"Transfer-Encoding": "chunked"})
        with pytest.raises(OSError, match=r"."):
            while not server.closing.is_set():
                handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        gone.set()

    gone = threading.Event()
    server.answer = pour

    assert refused(api).code == json_client.TOO_LARGE
    assert gone.wait(5)


def test_a_refusal_of_any_size_is_a_refusal(server, api):
    server.answer = lambda handler: handler.say(500, b"x" * (json_client.MOST_REPLY_BYTES + 1))

    error = refused(api)

    assert (error.code, error.body) == (500, None)


# --- no answer


def test_a_server_that_drips_is_left_at_the_deadline(server):
    server.answer = lambda handler: handler.drip(200)
    began = time.monotonic()

    error = refused(make(server.url, total_s=0.4))

    assert (error.code, error.permanent) == (errors.NO_ANSWER_IN_TIME, False)
    assert may_have_been_done(error)
    assert 0.35 < time.monotonic() - began < 0.7


def test_a_server_that_says_nothing_is_left_at_the_deadline(server):
    server.answer = lambda _: server.closing.wait()
    began = time.monotonic()

    assert refused(make(server.url, total_s=0.3)).code == errors.NO_ANSWER_IN_TIME
    assert time.monotonic() - began < 0.6


def test_a_refusal_that_drips_is_a_refusal_at_the_deadline(server):
    server.answer = lambda handler: handler.drip(404)

    error = refused(make(server.url, total_s=0.3))

    assert (error.code, error.permanent) == (404, True)


def test_a_connection_that_breaks_after_the_request_may_have_been_enough(server, api):
    server.answer = Handler.hang_up

    error = refused(api)

    assert (error.code, error.permanent) == (errors.CONNECTION_LOST, False)
    assert may_have_been_done(error)


def test_a_reply_that_breaks_off_may_have_been_enough(server, api):
    def break_off(handler):
        handler.begin(200, {"Content-Length": "100"})
        handler.wfile.write(b"{")
        handler.hang_up()

    server.answer = break_off

    assert refused(api).code == errors.CONNECTION_LOST


def test_a_server_that_speaks_no_http_may_have_done_it(server, api):
    def babble(handler):
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
        handler.hang_up()

    server.answer = babble

    assert refused(api).code == errors.CONNECTION_LOST


def test_a_server_that_is_not_there_did_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        api = make(f"http://127.0.0.1:{free.getsockname()[1]}")

        error = refused(api)

    assert (error.code, error.permanent) == (errors.NO_CONNECTION, False)
    assert not may_have_been_done(error)


def test_a_request_that_never_got_a_connection_did_nothing(server):
    held = threading.Event()
    server.answer = lambda handler: held.set() or server.closing.wait()
    api = make(server.url, total_s=0.6, connections=1)
    first = threading.Thread(target=lambda: refused(api))
    first.start()
    assert held.wait(5)

    error = refused(api)

    assert first.is_alive()
    assert error.code == errors.NO_CONNECTION
    first.join()
    assert len(server.asked) == 1


def test_a_server_that_speaks_no_tls_is_not_secure(server):
    error = refused(make(server.url.replace("http:", "https:")))

    assert (error.code, error.permanent) == (errors.NOT_SECURE, False)
    assert not may_have_been_done(error)
    assert server.asked == []
