"""JsonHttp against servers on loopback."""

import json
import threading

import pytest

from integrations.http import json_client
from integrations.http.json_client import JsonHttp
from tests.integrations.http.server import SECRET, make, refused

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

    reply = api.request("DELETE", "/")

    assert reply == json_client.Reply(204, None, reply.headers)
