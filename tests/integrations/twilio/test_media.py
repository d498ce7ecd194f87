"""TwilioMedia against an API and a CDN on loopback."""

import re
import threading
import time

import pytest

from integrations.errors import IntegrationError
from integrations.twilio import media as twilio_media
from integrations.twilio.media import TwilioMedia
from tests.fakes.twilio.media import ACCOUNT_SID, AUTH_TOKEN, MESSAGE_SID, FakeTwilioMedia
from tests.waiting import LATE_S

OGG = b"OggS\0\2" + b"\0" * 3000
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{MESSAGE_SID}/Media/ME" + "b" * 32


@pytest.fixture
def twilio():
    with FakeTwilioMedia() as fake:
        yield fake


@pytest.fixture
def media(twilio):
    client = make(twilio)
    yield client
    client.close()


def make(twilio, *, auth_token=AUTH_TOKEN, **options):
    return TwilioMedia(ACCOUNT_SID, auth_token, api_url=twilio.url, **{"pauses_s": (0, 0, 0), **options})


def refused(media, link, **options):
    with pytest.raises(IntegrationError) as raised:
        media.download(link, **options)
    assert "http" not in re.sub(r"\(HTTP \d+\)", "", str(raised.value))
    assert "ME" not in str(raised.value)
    return raised.value


# --- what is fetched


def test_a_file_is_fetched_from_where_the_api_sends_one_and_the_credentials_stay_behind(twilio, media):
    content = media.download(twilio.put(OGG, "audio/ogg"))

    assert content == OGG
    assert [asked.headers["authorization"][:6] for asked in twilio.api_asked] == ["Basic "]
    assert len(twilio.cdn_asked) == 1
    assert twilio.leaks == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(twilio, media, status):
    assert media.download(twilio.put(OGG, redirect_status=status)) == OGG


def test_a_cdn_that_sends_one_on_itself_is_followed_at_most_three_times_in_all(twilio, media):
    assert media.download(twilio.put(OGG, hops=2)) == OGG

    assert refused(media, twilio.put(OGG, hops=3)).code == twilio_media.REDIRECT_REFUSED
    assert twilio.leaks == []


def test_a_file_with_no_length_is_fetched_whole(twilio, media):
    assert media.download(twilio.put(OGG, chunked=True)) == OGG


def test_no_proxy_netrc_or_cookie_has_a_part_in_it(twilio, media, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert make(twilio).download(twilio.put(OGG)) == OGG
    assert twilio.leaks == []


# --- what is not asked for


@pytest.mark.parametrize(
    "link",
    [
        "http://api.twilio.com" + PATH,
        "https://api.twilio.com.example.com" + PATH,
        "https://api.twilio.com@127.0.0.1" + PATH,
        "https://user:word@api.twilio.com" + PATH,
        "https://api.twilio.com:8443" + PATH,
        "https://apiXtwilio.com" + PATH,
        "https://mms.twiliocdn.com" + PATH,
        "https://127.0.0.1" + PATH,
        "https://api.twilio.com" + PATH.replace("0123", "3210", 1),
        "https://api.twilio.com" + PATH + "/../../../Calls.json",
        "https://api.twilio.com" + PATH + "?a=b",
        "https://api.twilio.com" + PATH + "#a",
        "https://api.twilio.com" + PATH + "\n",
        "https://api.twilio.com" + PATH.replace("/Messages/", "/%2e%2e/"),
        "https://api.twilio.com" + PATH.replace(MESSAGE_SID, "CA" + "a" * 32),
        "https://api.twilio.com/2010-04-01/Accounts.json",
        "https:\\\\api.twilio.com" + PATH,
        "file:///etc/passwd",
        "",
    ],
)
def test_a_link_that_is_not_our_own_accounts_media_at_twilio_is_refused_unasked(link):
    error = refused(TwilioMedia(ACCOUNT_SID, AUTH_TOKEN, total_s=0.01), link)

    assert error.code == twilio_media.FOREIGN_URL
    assert error.permanent


def test_a_link_of_twilios_is_refused_where_a_stand_in_takes_its_place(media):
    assert refused(media, "https://api.twilio.com" + PATH).code == twilio_media.FOREIGN_URL


def test_a_link_to_another_port_of_the_stand_ins_machine_is_refused(twilio, media):
    assert refused(media, twilio.cdn_url + PATH).code == twilio_media.FOREIGN_URL
    assert twilio.cdn_asked == []


@pytest.mark.parametrize(
    "location",
    [
        "https://example.com/file",
        "https://twiliocdn.com.example.com/file",
        "https://eviltwiliocdn.com/file",
        "http://mms.twiliocdn.com/file",
        "https://mms.twiliocdn.com:8443/file",
        "https://user:word@mms.twiliocdn.com/file",
        "https://example.com\\@mms.twiliocdn.com/file",
        "https://s3-external-1.amazonaws.com/somebodys-bucket/file",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../somebodys-bucket/file",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://user:word@127.0.0.1:1/",
        "http://[::1",
        "http://127.0.0.1:port/",
        "ftp://127.0.0.1/file",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_redirect_to_somebody_else_is_refused_unasked(twilio, media, location):
    error = refused(media, twilio.put(OGG, redirect_to=location))

    assert error.code == twilio_media.REDIRECT_REFUSED
    assert error.permanent
    assert len(twilio.api_asked) == 1


@pytest.mark.parametrize(
    "location",
    [
        "https://mms.twiliocdn.com/AC1/ME1?signature=1",
        "https://media.twiliocdn.com/AC1/ME1",
        "https://MMS.TwilioCDN.com/AC1/ME1",
        "https://mcs.us1.twilio.com/v1/ME1",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/ME1",
    ],
)
def test_twilios_own_servers_are_no_strangers(location):
    assert twilio_media._is_twilios(twilio_media.httpx2.URL(location))


def test_only_a_stand_in_on_this_machine_may_send_one_on_to_it(twilio):
    at_twilio = TwilioMedia(ACCOUNT_SID, AUTH_TOKEN)
    elsewhere = TwilioMedia(ACCOUNT_SID, AUTH_TOKEN, api_url="https://api.example.com")
    cdn = twilio_media.httpx2.URL(twilio.cdn_url)

    assert not at_twilio._is_local(cdn)
    assert not elsewhere._is_local(cdn)
    assert make(twilio)._is_local(cdn)


# --- how much


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(twilio, media):
    assert len(media.download(twilio.put(b"x" * 5000), most_bytes=5000)) == 5000

    error = refused(media, twilio.put(b"x" * 5001), most_bytes=5000)
    assert error.code == twilio_media.TOO_LARGE
    assert error.permanent
    assert len(twilio.api_asked) == 2


def test_a_file_that_does_not_say_its_size_is_left_at_the_limit(twilio, media):
    link = twilio.put(b"x" * 30_000_000, chunked=True)

    assert refused(media, link, most_bytes=100_000).code == twilio_media.TOO_LARGE
    assert twilio.wait_for(lambda: twilio.cdn_asked[0].gone)


def test_a_file_that_says_too_large_a_size_is_not_read(twilio, media):
    link = twilio.put(b"x" * 1000, length=64_000_000)

    assert refused(media, link).code == twilio_media.TOO_LARGE


def test_a_file_that_says_too_small_a_size_is_cut_there_and_the_next_one_is_whole(twilio, media):
    assert media.download(twilio.put(OGG, length=1000)) == OGG[:1000]
    assert media.download(twilio.put(OGG)) == OGG


def test_a_file_that_ends_before_its_size_is_a_failure_that_passes(twilio, media):
    error = refused(media, twilio.put(OGG, length=len(OGG) + 1))

    assert error.code == "connection-lost"
    assert not error.permanent


def test_an_empty_file_is_empty(twilio, media):
    assert media.download(twilio.put(b"")) == b""


# --- what goes wrong


def test_a_file_that_is_not_there_yet_is_asked_for_again(twilio, media):
    assert media.download(twilio.put(OGG, missing_times=3)) == OGG
    assert len(twilio.api_asked) == 4


def test_a_file_that_never_comes_is_given_up_after_a_few_tries(twilio, media):
    error = refused(media, twilio.put(OGG, missing_times=99))

    assert (error.code, error.status, error.permanent) == (twilio_media.NOT_FOUND, 404, True)
    assert len(twilio.api_asked) == 4


def test_the_tries_are_over_within_three_seconds(twilio):
    assert 1 < sum(twilio_media._PAUSES_S) < 3


def test_a_failure_of_twilios_is_tried_again(twilio, media):
    assert media.download(twilio.put(OGG, failures=[503, 429, 500])) == OGG


def test_wrong_credentials_are_told_at_once_with_twilios_own_code(twilio):
    error = refused(make(twilio, auth_token="wrong"), twilio.put(OGG))

    assert (error.code, error.status, error.permanent) == (20003, 401, True)
    assert len(twilio.api_asked) == 1
    assert twilio.cdn_asked == []


def test_a_link_of_the_cdns_that_has_run_out_is_permanent(twilio, media):
    error = refused(media, twilio.put(OGG, cdn_status=403))

    assert (error.code, error.permanent) == (403, True)


def test_a_server_that_is_not_there_is_a_failure_that_passes(twilio):
    with FakeTwilioMedia() as gone:
        link = gone.put(OGG)

    error = refused(make(gone), link)

    assert (error.code, error.permanent) == ("no-connection", False)


@pytest.mark.parametrize("how", [{"hang": True}, {"drip_s": 0.02}])
def test_a_server_that_does_not_come_to_an_end_is_left_at_the_deadline(twilio, how):
    media = make(twilio, total_s=1.5)
    began = time.monotonic()

    error = refused(media, twilio.put(OGG, **how))

    assert (error.code, error.permanent) == ("timeout", False)
    assert 1.4 < time.monotonic() - began < LATE_S


def test_no_pause_goes_past_the_deadline(twilio):
    media = make(twilio, total_s=20, pauses_s=(60,))
    began = time.monotonic()

    assert refused(media, twilio.put(OGG, missing_times=9)).code == twilio_media.NOT_FOUND
    assert time.monotonic() - began < LATE_S


def test_ten_files_at_once_come_to_those_who_asked_for_them(twilio, media):
    links = {number: twilio.put(b"%d" % number * 5000) for number in range(10)}
    got = {}
    threads = [
        threading.Thread(target=lambda n=number: got.update({n: media.download(links[n])}))
        for number in links
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == {number: b"%d" % number * 5000 for number in links}
