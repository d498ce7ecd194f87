"""Messages at the fake 360dialog: what is accepted, what is refused at once, and the receipts that follow."""

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.dialog360.shapes import MetaError, Reply, digits
from tests.fakes.dialog360.webhooks import Webhooks

WINDOW_S = 24 * 3600
BODY_LIMIT = 4096
USER_ID = r"[A-Z]{2}\.[A-Za-z0-9]{1,128}"
PAIR_BURST = 45
READ = ("sent", "delivered", "read")
DELIVERED = READ[:2]
WAITS: tuple[str, ...] = ()

TITLES = {
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    130429: "Rate limit hit",
}


@dataclass
class Sent:
    """A message of ours that was accepted. receipts: the statuses told of it so far, in order."""

    wamid: str
    to: str
    kind: str
    content: dict[str, Any]
    at: float
    receipts: list[str] = field(default_factory=list)
    words: str = ""
    """What the person reads: the text, the caption, or the template with its variables filled in."""


@dataclass
class Template:
    name: str
    language: str
    text: str
    paused: bool = False

    def filled(self, parameters: list[dict[str, str]]) -> str:
        wanted = re.findall(r"{{\s*(\w+)\s*}}", self.text)
        if len(set(wanted)) != len(parameters):
            details = f"body: number of localizable_params ({len(parameters)}) does not match"
            raise MetaError(
                132000, "Number of parameters does not match the expected number of params", details
            )
        if any(re.search(r"[\n\t]| {5}", parameter["text"]) for parameter in parameters):
            raise MetaError(132012, "Parameter format does not match format in the created template")
        values = {p.get("parameter_name", str(n)): p["text"] for n, p in enumerate(parameters, 1)}
        if missing := set(wanted) - set(values):
            raise MetaError(100, "Invalid parameter", f"Parameter name is missing: {sorted(missing)[0]}")
        return re.sub(r"{{\s*(\w+)\s*}}", lambda name: values[name[1]], self.text)


class Messages:
    """POST /messages: messages and typing.

    script: the statuses told of each message from now on, in that order; with `failing`, in their place, a failure
    with that code for one number. at_once: a message outside the 24 hours is refused in the answer, and not by a
    receipt, as it usually is. receipts_first: the receipts leave before the answer does.
    """

    def __init__(self, webhooks: Webhooks, now: Callable[[], float]) -> None:
        self.sent: dict[str, Sent] = {}
        self.typing: list[str] = []
        self.templates: list[Template] = []
        self.script: tuple[str, ...] = READ
        self.at_once = False
        self.receipts_first = False
        self._webhooks, self._now = webhooks, now
        self._wamids: set[str] = set()
        self._heard_at: dict[str, float] = {}
        self._failing: dict[str, int] = {}
        self._throughput: int | None = None
        self._pair_gap_s: float | None = None

    # What is known of people

    def make_wamid(self, number: str) -> str:
        """A wamid as Meta makes them, of someone's message to us; such a one can be shown as read."""
        wamid = make_wamid(number)
        self._wamids.add(wamid)
        return wamid

    def hears(self, number: str, *, hours_ago: float = 0) -> None:
        """Note that this number wrote: for 24 hours from then, free text passes. To nobody else it does."""
        at = self._now() - hours_ago * 3600
        self._heard_at[digits(number)] = max(at, self._heard_at.get(digits(number), at))

    def failing(self, number: str, code: int) -> None:
        """Let messages to this number be accepted and then fail so (131026: it is not on WhatsApp)."""
        self._failing[digits(number)] = code

    def limit_throughput(self, per_second: int) -> None:
        self._throughput = per_second

    def limit_pairs(self, gap_s: float = 6) -> None:
        """Refuse a message to someone whom the message before was sent to less than this ago."""
        self._pair_gap_s = gap_s

    def template(self, name: str, language: str, text: str, *, paused: bool = False) -> None:
        self.templates.append(Template(name, language, text, paused))

    @property
    def last(self) -> Sent:
        return list(self.sent.values())[-1]

    def words(self, to: str | None = None) -> list[str]:
        """What was accepted (for that number), in order, as it is read there."""
        return [sent.words for sent in self.sent.values() if to is None or sent.to == digits(to)]

    # What is asked

    def post(self, body: Any) -> Reply:
        if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
            raise MetaError(100, "The parameter messaging_product is required.")
        if body.get("status") == "read":
            return self._show_typing(body)
        message = self._checked(body)
        self.sent[message.wamid] = message
        receipts = self._told(message)
        shown = {"input": message.to, "wa_id" if "to" in body else "user_id": message.to}
        answer = {"messaging_product": "whatsapp", "contacts": [shown], "messages": [{"id": message.wamid}]}
        return Reply(200, answer, then=tuple(receipts))

    def tell(self, wamid: str, *statuses: str, code: int | None = None) -> None:
        """Send these receipts of a message now, whatever was scripted."""
        for status in statuses:
            self._webhooks.deliver(self._receipt(self.sent[wamid], status, code))

    def _show_typing(self, body: dict[str, Any]) -> Reply:
        if body.get("message_id") not in self._wamids:
            raise MetaError(131009, "Parameter value is not valid", "Message not found")
        if body.get("typing_indicator", {}).get("type") == "text":
            self.typing.append(body["message_id"])
        return Reply(200, {"success": True})

    def _checked(self, body: dict[str, Any]) -> Sent:
        # As Meta does: what is in "to" is a number, whatever letters there are, and it goes before "recipient"
        to = re.sub(r"[^0-9]", "", str(body["to"])) if "to" in body else str(body.get("recipient", ""))
        kind = body.get("type", "text")
        if not re.fullmatch(r"[1-9][0-9]{6,14}" if "to" in body else USER_ID, to):
            raise MetaError(131009, "Parameter value is not valid", "to is not a phone number")
        content = body.get(kind)
        if not isinstance(content, dict):
            raise MetaError(131008, "Required parameter is missing", f"{kind} is missing")
        words = self._words(kind, content)
        self._check_limits(to)
        if self.at_once and kind != "template" and not self._window_is_open(to):
            raise MetaError(131047, TITLES[131047])
        return Sent(make_wamid(to), to, kind, content, self._now(), words=words)

    def _words(self, kind: str, content: dict[str, Any]) -> str:
        if kind == "template":
            return self._template(content).filled(_parameters(content))
        if kind == "text":
            return _text(content)
        if kind not in ("image", "audio", "video", "document", "sticker"):
            raise MetaError(131051, "Unsupported message type")
        return _caption(kind, content)

    def _template(self, content: dict[str, Any]) -> Template:
        name, language = content.get("name"), content.get("language", {}).get("code")
        for template in self.templates:
            if (template.name, template.language) == (name, language):
                if template.paused:
                    raise MetaError(132015, "Template is Paused")
                return template
        raise MetaError(132001, "Template name does not exist in the translation", status=404)

    def _check_limits(self, to: str) -> None:
        now = self._now()
        recent = [sent for sent in self.sent.values() if now - sent.at < 1]
        if self._throughput is not None and len(recent) >= self._throughput:
            raise MetaError(130429, TITLES[130429])
        theirs = [sent.at for sent in self.sent.values() if sent.to == to]
        if self._pair_gap_s is not None and theirs and now - theirs[-1] < self._pair_gap_s:
            raise MetaError(131056, TITLES[131056])

    def _window_is_open(self, to: str) -> bool:
        return self._now() - self._heard_at.get(to, float("-inf")) <= WINDOW_S

    def _told(self, message: Sent) -> list[dict[str, Any]]:
        code = self._failing.get(message.to)
        if code is None and message.kind != "template" and not self._window_is_open(message.to):
            code = 131047
        statuses = self.script if code is None else ("failed",)
        return [self._receipt(message, status, code) for status in statuses]

    def _receipt(self, message: Sent, status: str, code: int | None) -> dict[str, Any]:
        message.receipts.append(status)
        receipt: dict[str, Any] = {"id": message.wamid, "status": status, "timestamp": str(int(self._now())),
                                   "recipient_id": message.to}  # fmt: skip
        if re.fullmatch(USER_ID, message.to):
            receipt["recipient_user_id"] = receipt.pop("recipient_id")
        if status == "failed":
            title = TITLES.get(code or 131000, "Something went wrong")
            receipt["errors"] = [{"code": code or 131000, "title": title, "message": title}]
        return {"statuses": [receipt]}


def make_wamid(number: str) -> str:
    """A wamid as Meta makes them: somebody's number and something random, in Base64."""
    secret = (
        b"\x1c\x15"
        + digits(number).encode()
        + b"\x15\x02\x00\x11\x18\x12"
        + secrets.token_hex(9).upper().encode()
    )
    return f"wamid.{base64.b64encode(secret).decode()}"


def _text(content: dict[str, Any]) -> str:
    body = content.get("body")
    if not isinstance(body, str) or not body.strip():
        raise MetaError(131008, "Required parameter is missing", "text.body is missing")
    if len(body) > BODY_LIMIT:
        details = f"Param text['body'] must be at most {BODY_LIMIT} characters long."
        raise MetaError(100, "Invalid parameter", details)
    return body


def _caption(kind: str, content: dict[str, Any]) -> str:
    if not str(content.get("link", "")).startswith(("http://", "https://")):
        raise MetaError(131009, "Parameter value is not valid", f"{kind}.link is not a URL")
    if kind in ("audio", "sticker") and "caption" in content:
        raise MetaError(100, "Invalid parameter", f"Unexpected key 'caption' on param '{kind}'")
    return content.get("caption", "")


def _parameters(content: dict[str, Any]) -> list[dict[str, str]]:
    bodies = [component for component in content.get("components", []) if component["type"] == "body"]
    return bodies[0]["parameters"] if bodies else []
