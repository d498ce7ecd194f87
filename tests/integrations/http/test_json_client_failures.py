"""JsonHttp where a server refuses, drips, breaks off or is not there."""

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations import errors
from integrations.errors import may_have_been_done, retry_after_s
from integrations.http import json_client
from tests.integrations.http.server import SECRET, Handler, make, refused
from tests.waiting import LATE_S, PATIENCE_S


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
    assert gone.wait(PATIENCE_S)


def test_a_refusal_of_any_size_is_a_refusal(server, api):
    server.answer = lambda handler: handler.say(500, b"x" * (json_client.MOST_REPLY_BYTES + 1))

    error = refused(api)

    assert (error.code, error.body) == (500, None)


# --- no answer


def test_a_server_that_drips_is_left_at_the_deadline(server):
    server.answer = lambda handler: handler.drip(200)
    began = time.monotonic()

    error = refused(make(server.url, total_s=1.5))

    assert (error.code, error.permanent) == (errors.NO_ANSWER_IN_TIME, False)
    assert may_have_been_done(error)
    assert 1.4 < time.monotonic() - began < LATE_S


def test_a_server_that_says_nothing_is_left_at_the_deadline(server):
    server.answer = lambda _: server.closing.wait()
    began = time.monotonic()

    assert refused(make(server.url, total_s=1.5)).code == errors.NO_ANSWER_IN_TIME
    assert time.monotonic() - began < LATE_S


def test_a_refusal_that_drips_is_a_refusal_at_the_deadline(server):
    server.answer = lambda handler: handler.drip(404)

    error = refused(make(server.url, total_s=1.5))

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
    api = make(server.url, total_s=2, connections=1)
    first = threading.Thread(target=lambda: refused(api))
    first.start()
    assert held.wait(PATIENCE_S)

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
