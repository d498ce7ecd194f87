"""Twilio's REST API of the bench: it takes what a WhatsApp conversation sends there, and counts it.

`python -m bench.servers.twilio_server PORT`. Typing is shown and messages are queued; a list of messages is empty,
for it is asked only after a message of which no receipt came, and here they all come (bench/person.py).

    GET /counts      {"typing": 12, "sent": 0, "looked for": 0}, since it was last asked
"""

import asyncio
import secrets
import sys
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bench.servers.stand_in import StandIn, serve

COUNTED = ("typing", "sent", "looked for")


class Connection(StandIn):
    """One kept connection of Twilio's client."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self._counts = counts

    def asked(self, method: str, target: str, body: bytes) -> None:
        path = urlsplit(target).path
        if path == "/v2/Indicators/Typing.json":
            self._counts["typing"] += 1
            self.reply({"success": True})
        elif path.endswith("/Messages.json") and method == "POST":
            self._counts["sent"] += 1
            self.reply(_queued(path, dict(parse_qsl(body.decode()))), "201 Created")
        elif path.endswith("/Messages.json"):
            self._counts["looked for"] += 1
            self.reply({"messages": [], "uri": path, "next_page_uri": None, "page": 0, "page_size": 50})
        else:
            self.reply({name: self._counts[name] for name in COUNTED})
            self._counts.clear()


def _queued(path: str, form: dict[str, str]) -> dict[str, Any]:
    now = format_datetime(datetime.now(UTC))
    return {
        "sid": f"SM{secrets.token_hex(16)}", "account_sid": path.split("/")[3], "api_version": "2010-04-01",
        "body": form.get("Body", ""), "date_created": now, "date_sent": None, "date_updated": now,
        "direction": "outbound-api", "error_code": None, "error_message": None, "from": form.get("From"),
        "to": form.get("To"), "messaging_service_sid": None, "num_media": "0", "num_segments": "1", "price": None,
        "price_unit": None, "status": "queued", "subresource_uris": {}, "uri": path,
    }  # fmt: skip


if __name__ == "__main__":
    asyncio.run(serve(partial(Connection, Counter()), int(sys.argv[1])))
