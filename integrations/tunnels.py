"""Finds the tunnels that ngrok and cloudflared have open on this machine, and to which of its ports they lead.

ngrok: https://ngrok.com/docs/agent/api (GET /api/tunnels). cloudflared has no documentation of these answers: its
metrics server gives the name of a quick tunnel (/quicktunnel), and its rules with the local addresses (/config).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.errors import IntegrationError
from integrations.http.json_client import JsonHttp
from integrations.json_models import dict_of, dicts_of

NGROK = tuple(f"http://127.0.0.1:{port}" for port in (4040, 4041, 4042))
CLOUDFLARED = tuple(f"http://127.0.0.1:{port}" for port in range(20241, 20246))
"""Where each listens: on the next port if another one of its kind is running."""
ASKED_FOR_S = 1.0
_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  (a tunnel's destination)
_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Tunnel:
    """An open tunnel. program: "ngrok" or "cloudflared". url: its public address, without a slash at the end."""

    program: str
    url: str


def find_tunnels(
    port: int, *, ngrok: Sequence[str] = NGROK, cloudflared: Sequence[str] = CLOUDFLARED
) -> list[Tunnel]:
    """Return the tunnels with a public https address that lead to a port of this machine.

    ngrok, cloudflared: the URLs of their APIs.
    """
    return [
        *(Tunnel("ngrok", url) for api in ngrok for url in _of_ngrok(api, port)),
        *(Tunnel("cloudflared", url) for api in cloudflared for url in _of_cloudflared(api, port)),
    ]


def _of_ngrok(api: str, port: int) -> Iterator[str]:
    for tunnel in dicts_of(dict_of(_asked(api, "/api/tunnels")).get("tunnels")):
        url, leads_to = tunnel.get("public_url"), dict_of(tunnel.get("config")).get("addr")
        if isinstance(url, str) and url.startswith("https://") and _leads_to(leads_to, port):
            yield url.rstrip("/")


def _of_cloudflared(api: str, port: int) -> Iterator[str]:
    quick = dict_of(_asked(api, "/quicktunnel"))
    if not quick:
        return
    rules = dicts_of(dict_of(dict_of(_asked(api, "/config")).get("config")).get("ingress"))
    hosts = (rule.get("hostname") or quick.get("hostname") for rule in rules if _is_whole(rule, port))
    yield from (f"https://{host}" for host in _plain_hosts(hosts))


def _is_whole(rule: dict[str, object], port: int) -> bool:
    """Return whether a rule leads to the port, whatever the path."""
    return not rule.get("path") and _leads_to(rule.get("service"), port)


def _plain_hosts(hosts: Iterable[object]) -> Iterator[str]:
    return (host for host in hosts if isinstance(host, str) and host and "*" not in host)


def _leads_to(address: object, port: int) -> bool:
    """Return whether a destination, such as "http://localhost:5000" or "localhost:5000", is this port here."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        return parts.hostname in _HERE and (parts.port or _USUAL_PORTS.get(parts.scheme)) == port
    except ValueError:  # a port that is none
        return False


def _asked(api: str, path: str) -> object:
    """Return what an API says; None if none is there, which is the usual case."""
    client = JsonHttp(api, name="the tunnel", total_s=ASKED_FOR_S)
    try:
        return client.request("GET", path).body
    except IntegrationError:
        return None
    finally:
        client.close()
