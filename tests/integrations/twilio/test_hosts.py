"""Twilio's regions: the hosts that are asked."""

import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from container import Container
from integrations.errors import IntegrationError
from integrations.http.deadline_transport import shared_ssl_context
from integrations.twilio import hosts
from integrations.twilio.hosts import Region
from integrations.twilio.media import FOREIGN_URL, TwilioMedia
from settings import load_settings
from tests.fakes.certificates import make_certificate
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN

IRELAND = Region("ie1", "dublin")


@pytest.mark.parametrize(
    ("base", "in_ireland"),
    [
        ("https://api.twilio.com", "https://api.dublin.ie1.twilio.com"),
        ("https://api.ie1.twilio.com", "https://api.dublin.ie1.twilio.com"),
        ("https://api.dublin.ie1.twilio.com", "https://api.dublin.ie1.twilio.com"),
        ("https://api.ashburn-ix.us1.twilio.com", "https://api.dublin.ie1.twilio.com"),
        ("https://api.twilio.com.example.com", "https://api.twilio.com.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_a_url_of_the_api_is_asked_in_the_region_that_is_set(base, in_ireland):
    assert hosts.in_region(f"{base}/Media", IRELAND) == f"{in_ireland}/Media"
    assert hosts.in_region(f"{base}/Media", None) == f"{base}/Media"
    assert (re.fullmatch(hosts.API_URLS, base) is not None) is (
        base != in_ireland or base == hosts.api_url(IRELAND)
    )


@pytest.mark.parametrize(
    "base",
    [
        "https://api.dublin.ie1.twilio.com.example.com",
        "https://api.example.com/.ie1.twilio.com",
        "https://api.a.b.ie1.twilio.com",
        "https://api.dublin.twilio.com",
        "https://api.dublin.ie1.twilio.com:8443",
        "http://api.dublin.ie1.twilio.com",
    ],
)
@pytest.mark.parametrize("region", [None, IRELAND])
def test_credentials_for_files_go_to_no_host_that_only_looks_like_a_regions(base, region):
    link = f"{base}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM{'a' * 32}/Media/ME{'b' * 32}"

    with pytest.raises(IntegrationError) as refused:
        TwilioMedia(ACCOUNT_SID, AUTH_TOKEN, region=region, total_s=0.01).download(link)

    assert refused.value.code == FOREIGN_URL


@pytest.fixture
def proxy(monkeypatch):
    """Lists the hosts that clients ask for by way of a proxy, which connects to none of them."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(4096).split()[1].decode())
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


REGIONS = [({}, ""), ({"twilio_region": "ie1", "twilio_edge": "dublin"}, ".dublin.ie1")]


@pytest.mark.parametrize(("region", "where"), REGIONS)
def test_every_client_asks_the_region_of_the_settings_whatever_the_environment_says(
    tmp_path, monkeypatch, proxy, region, where
):
    settings = load_settings(
        None, data_dir=tmp_path, twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, **region
    )  # fmt: skip
    monkeypatch.setenv("TWILIO_REGION", "au1")
    providers = Container(settings).providers

    for ask in (
        lambda: providers.twilio_calls.fetch_call("CA" + "1" * 32),
        lambda: providers.twilio_dialing.fetch_call("CA" + "1" * 32),
        lambda: providers.twilio_messages.show_typing("SM" + "1" * 32),
    ):
        with pytest.raises(IntegrationError):
            ask()

    api, messaging = f"api{where}.twilio.com:443", f"messaging{where}.twilio.com:443"
    assert proxy == [api, api, messaging]


@pytest.fixture
def hosts_asked(tmp_path, monkeypatch):
    """The hosts that are asked for at a server that is all of them, by the DNS and by its certificate."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Host"])
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"OggS")

        def log_message(self, *_):
            pass

    names = "DNS:api.twilio.com,DNS:api.dublin.ie1.twilio.com"
    certificate, key = make_certificate(tmp_path, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    shared_ssl_context.cache_clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", server.server_address)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_names, **_options: [found])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield asked
        server.shutdown()
        thread.join()
    shared_ssl_context.cache_clear()


@pytest.mark.parametrize(("region", "where"), REGIONS)
def test_files_are_fetched_in_the_region_of_the_settings(tmp_path, hosts_asked, region, where):
    settings = load_settings(
        None, data_dir=tmp_path, twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, **region
    )  # fmt: skip
    media = Container(settings).providers.downloads["twilio"]
    link = (
        f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM{'a' * 32}/Media/ME{'b' * 32}"
    )

    assert media.download(link) == b"OggS"
    media.close()

    assert hosts_asked == [f"api{where}.twilio.com"]
