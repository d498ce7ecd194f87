"""Twilio's REST API of the bench: it takes what a WhatsApp conversation sends there, and counts it.

`python -m bench.servers.twilio_server PORT`. Typing is shown and messages are queued; a list of messages is empty,
for it is asked only after a message of which no receipt came. Receipts are told by those who drive it
(bench/person.py, bench/campaigns/run.py).

    GET /counts              {"typing": 12, "sent": 0, "looked for": 0}, since it was last asked
    GET /sent                [[when, on the monotonic clock, SID, To, StatusCallback], ...], likewise
    GET /pace?takes_s=1.6    how long it takes for each message from now on
"""

import asyncio
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from bench.servers.stand_in import StandIn, serve

COUNTED = ("typing", "sent", "looked for")


@dataclass
class Asked:
    """What Twilio was asked since somebody looked. takes_s: its time for a message."""

    counts: Counter[str] = field(default_factory=Counter)
    sent: list[tuple[float, str, str, str]] = field(default_factory=list)
    takes_s: float = 0.0


class Connection(StandIn):
    """One kept connection of Twilio's client."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked, self._counts = asked, asked.counts

    def asked(self, method: str, target: str, body: bytes) -> None:
        path = urlsplit(target).path
        if path == "/v2/Indicators/Typing.json":
            self._counts["typing"] += 1
            self.reply({"success": True})
        elif path.endswith("/Messages.json") and method == "POST":
            self._counts["sent"] += 1
            self._take(path, dict(parse_qsl(body.decode())))
        elif path.endswith("/Messages.json"):
            self._counts["looked for"] += 1
            self.reply({"messages": [], "uri": path, "next_page_uri": None, "page": 0, "page_size": 50})
        elif path == "/sent":
            self.reply(self._asked.sent)
            self._asked.sent.clear()
        elif path == "/pace":
            self._asked.takes_s = float(parse_qs(urlsplit(target).query)["takes_s"][0])
            self.reply({})
        else:
            self.reply({name: self._counts[name] for name in COUNTED})
            self._counts.clear()

    def _take(self, path: str, form: dict[str, str]) -> None:
        at = time.monotonic()
        asyncio.get_running_loop().call_later(self._asked.takes_s, self._queue, path, form, at)

    def _queue(self, path: str, form: dict[str, str], at: float) -> None:
        queued = _queued(path, form)
        self.reply(queued, "201 Created")
        self._asked.sent.append((at, queued["sid"], form.get("To", ""), form.get("StatusCallback", "")))


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
    asyncio.run(serve(partial(Connection, Asked()), int(sys.argv[1])))
