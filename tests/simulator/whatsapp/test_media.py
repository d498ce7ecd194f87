"""Media that the API hands out, and the samples among them."""

import base64
import http.client
import socket
import struct
import zlib
from urllib.parse import urlsplit

import pytest
import requests

from simulator.whatsapp import samples
from simulator.whatsapp.client import document, photo, voice_note
from simulator.whatsapp.media import from_file
from tests.simulator.conftest import ACCOUNT
from tests.simulator.phones import whatsapp_at
from tests.simulator.toy_server import response
from tests.simulator.whatsapp.api_client import DONE, PATH, TOKEN


@pytest.fixture
def ana(server, twilio):
    server.on(PATH, response())
    server.on("/status", DONE)
    with whatsapp_at(server.url, ACCOUNT, TOKEN, api=twilio) as ana:
        yield ana


# Media


def fetch(url, *, auth=(ACCOUNT, TOKEN)):
    """Ask once, as it is asked on the wire: no redirects followed."""
    return requests.get(url, auth=auth, allow_redirects=False, timeout=20)


@pytest.fixture
def link(server, ana):
    def link(attachment):
        ana.send(media=[attachment])
        return server.asked[-1].form["MediaUrl0"]

    return link


def test_media_want_the_accounts_credentials(link):
    url = link(photo())

    assert fetch(url, auth=None).status_code == 401
    assert fetch(url, auth=(ACCOUNT, "another")).status_code == 401
    assert fetch(url).status_code == 307


def test_media_come_from_another_origin_which_wants_no_credentials(link, twilio):
    there = fetch(link(photo())).headers["Location"]

    assert there.startswith(twilio.cdn_url)
    assert urlsplit(there).port != urlsplit(twilio.url).port
    given = fetch(there, auth=None)
    assert (given.status_code, given.headers["Content-Type"], given.content) == (
        200,
        "image/jpeg",
        samples.jpeg(),
    )
    assert fetch(there).status_code == 400
    assert len(twilio.media.cdn_asked) == 2


def test_an_account_may_hand_out_media_to_anybody(link, twilio):
    twilio.media_needs_auth = False

    assert fetch(link(photo()), auth=None).status_code == 307


def test_media_may_be_missing_for_a_while(link):
    url = link(photo(missing_times=2))

    assert [fetch(url).status_code for _ in range(3)] == [404, 404, 307]


def test_media_may_be_huge_and_lie_about_their_length_and_type(link):
    url = link(photo(b"PK\x03\x04", "image/png", served_type="application/zip", padding_bytes=3_000_000))

    given = fetch(fetch(url).headers["Location"], auth=None)

    assert (given.headers["Content-Type"], len(given.content)) == ("application/zip", 3_000_004)
    short = fetch(fetch(link(document(length=10))).headers["Location"], auth=None)
    assert len(short.content) == 10
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch(fetch(link(document(length=100_000))).headers["Location"], auth=None)
    silent = fetch(fetch(link(voice_note(chunked=True))).headers["Location"], auth=None)
    assert "Content-Length" not in silent.headers
    assert silent.content == samples.ogg()


def test_media_may_be_redirected_elsewhere_or_fail_at_the_cdn(link):
    assert fetch(link(photo(redirect_to="http://192.0.2.1/x"))).headers["Location"] == "http://192.0.2.1/x"
    assert fetch(fetch(link(photo(status=500))).headers["Location"], auth=None).status_code == 500


def test_a_reader_that_gives_up_half_way_does_no_harm(link, twilio, capfd):
    there = urlsplit(fetch(link(photo(padding_bytes=50_000_000))).headers["Location"])
    connection = http.client.HTTPConnection(there.hostname, there.port, timeout=20)
    connection.request("GET", there.path)
    connection.getresponse().read(1000)
    connection.close()

    assert fetch(link(photo())).status_code == 307
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_away_leaves_no_trace_in_the_terminal(link, twilio, capfd):
    there = urlsplit(twilio.url)
    for _ in range(5):
        client = socket.create_connection((there.hostname, there.port), timeout=20)
        client.sendall(b"GET /half")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by reset
        client.close()

    assert fetch(link(photo())).status_code == 307
    assert capfd.readouterr().err == ""


def test_a_reader_that_sends_the_account_along_is_seen(link, twilio):
    url = link(photo())
    there = fetch(url).headers["Location"]

    requests.get(there, headers={"Authorization": "Basic eDp5"}, timeout=20)

    assert "authorization" in twilio.media.cdn_asked[-1].headers
    assert (
        base64.b64decode(twilio.media.asked[-1].headers["authorization"][6:]).decode() == f"{ACCOUNT}:{TOKEN}"
    )


def test_files_of_this_machine_have_the_type_of_their_name(tmp_path):
    for name in ("a.JPG", "b.ogg", "c.mp4", "d.pdf", "e.zip"):
        (tmp_path / name).write_bytes(b"x")

    made = [from_file(tmp_path / name) for name in ("a.JPG", "b.ogg", "c.mp4", "d.pdf", "e.zip")]

    assert [(file.content_type, file.kind) for file in made] == [
        ("image/jpeg", "image"),
        ("audio/ogg", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
        ("application/octet-stream", "document"),
    ]


# Samples: whole files, as their readers see them


def test_the_sample_picture_is_a_whole_png():
    data, position, kinds = samples.png(8), 8, []
    while position < len(data):
        (size,) = struct.unpack_from(">I", data, position)
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + size]
        (crc,) = struct.unpack_from(">I", data, position + 8 + size)
        assert crc == zlib.crc32(kind + body)
        kinds.append(kind)
        if kind == b"IDAT":
            assert len(zlib.decompress(body)) == 8 * (1 + 8 * 3)
        position += 12 + size

    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_the_sample_voice_note_has_pages_packets_and_the_time_it_says():
    data, position, granules = samples.ogg(0.5), 0, []
    while position < len(data):
        assert data[position : position + 4] == b"OggS"
        (granule,) = struct.unpack_from("<q", data, position + 6)
        segments = data[position + 26]
        lengths = data[position + 27 : position + 27 + segments]
        granules.append(granule)
        position += 27 + segments + sum(lengths)

    assert granules == [0, 0, 24_000]
    assert b"OpusHead" in data[:60]


def test_the_other_samples_begin_as_their_kinds_do():
    assert samples.jpeg().startswith(b"\xff\xd8\xff\xe0")
    assert samples.jpeg().endswith(b"\xff\xd9")
    assert samples.webp()[:4] + samples.webp()[8:16] == b"RIFFWEBPVP8L"
    assert struct.unpack_from("<I", samples.webp(), 4) == (len(samples.webp()) - 8,)
    assert samples.pdf().startswith(b"%PDF-1.4")
    assert b"FN:Ana" in samples.vcard("Ana", "+34600000001")
