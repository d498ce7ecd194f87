"""Asks, before a call is placed, whether this server answers at its public address."""

from integrations.errors import IntegrationError
from integrations.http.json_client import JsonHttp

ASKED_FOR_S = 10.0


def answers(webhook_url: str) -> bool:
    """Return whether /health is answered at a public address as this server answers it, well or not."""
    server = JsonHttp(webhook_url, name="the server", total_s=ASKED_FOR_S)
    try:
        found = server.request("GET", "/health").body
    except IntegrationError as error:
        found = error.body  # with its database down it still talks to callers
    finally:
        server.close()
    return isinstance(found, dict) and {"status", "database"} <= found.keys()
