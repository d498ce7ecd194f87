"""Forms posted to the webhooks of WhatsApp, and what became of them."""

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import httpx2
import pytest

from settings import SIMULATOR_ACCOUNT_SID
from simulator.twilio.signing import signature

PATH, STATUS = "/webhook/whatsapp", "/webhook/whatsapp/status"
SENDER = "whatsapp:+12025550143"
SIDS = {prefix: prefix + "1" * 32 for prefix in ("SM", "MM", "ME")}
OURS = f"/2010-04-01/Accounts/{SIMULATOR_ACCOUNT_SID}/Messages/{SIDS['MM']}/Media/{SIDS['ME']}"


@dataclass(frozen=True)
class Answer:
    """What a webhook was answered with. messages: the bodies in its TwiML."""

    status: int
    content_type: str
    document: str

    @property
    def messages(self):
        return [message.text for message in ET.fromstring(self.document).iter("Message")]


class Poster:
    """Posts forms as bytes, signed over what their reader makes of them."""

    def __init__(self, line):
        self._url, self._token = line.url, line.parts.simulator_token
        self._client = httpx2.Client(trust_env=False, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def post(self, path, form, *, signed=True, query=""):
        """Send a form, or pairs of its fields, among which some may be double.

        Values are text, where halves of characters stand for bytes that are no UTF-8.
        """
        pairs = list(form.items()) if isinstance(form, dict) else form
        if "AccountSid" not in dict(pairs):
            pairs = [("AccountSid", SIMULATOR_ACCOUNT_SID), *pairs]
        fields = [
            (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
            for name, value in pairs
        ]
        body = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in fields)
        url = f"{self._url}{path}{query}"
        params = [(_as_read(name), _as_read(value)) for name, value in fields]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signed:
            headers["X-Twilio-Signature"] = signature(self._token, url, params, keep_port=True)
        response = self._client.post(url, content=body.encode(), headers=headers)
        return Answer(response.status_code, response.headers.get("Content-Type", ""), response.text)


def _as_read(field):
    """What a server reads of a field: bytes that are no UTF-8 stay written as %XX."""
    return field.decode("utf-8", "werkzeug.url_quote")


def written(**fields):
    """The form of a message, with these fields in place of the usual; None leaves one out."""
    form = {
        "MessageSid": SIDS["SM"], "From": SENDER, "To": "whatsapp:+12025550100", "Body": "Hola",
        "WaId": "12025550143", "ProfileName": "Ana", "NumMedia": "0",
    }  # fmt: skip
    return {name: value for name, value in (form | fields).items() if value is not None}


def troubles(capfd):
    """The events of the log's lines at WARNING or above; every line that is no JSON is one too."""
    lines = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
    events = [
        json.loads(line) if line.startswith("{") else {"level": "bare", "event": line} for line in lines
    ]
    return [event["event"] for event in events if event["level"] not in ("debug", "info")]


on_sqlite = pytest.mark.sqlite_alone
