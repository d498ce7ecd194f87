"""What the fake Twilio refuses of messages, and what it lets fail on its way."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.fakes.twilio.message import FakeMessage
from tests.fakes.twilio.shapes import ApiError, Request

BODY_LIMIT = 1600
MEDIA_LIMIT = 10
WINDOW_S = 24 * 3600
SANDBOX_PACE_S = 3

# The numbers for tests that Twilio's documentation lists, here with or without whatsapp: before them.
MAGIC_TO = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via WhatsApp"),
    "+15005550003": (21408, "Permission to send a message has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550007": (21606, "The 'From' phone number is not a valid, message-capable phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}


class Rules:
    """What the fake Twilio refuses at once, and what it lets fail on its way. now: seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.templates: dict[str, str] = {}
        self._own: set[str] | None = None
        self._opted_out: set[str] = set()
        self._unverified: set[str] = set()
        self._heard_at: dict[str, float] = {}
        self._joined: set[str] | None = None
        self._paced = False
        self._free_at = float("-inf")

    def owning(self, *senders: str) -> None:
        """Refuse every other address as From, as an account that owns these alone."""
        self._own = set(senders)

    def on_trial(self, unverified: str) -> None:
        """Behave as a trial account for which this number is not verified."""
        self._unverified.add(unverified)

    def opts_out(self, address: str) -> None:
        self._opted_out.add(address)

    def opts_in(self, address: str) -> None:
        self._opted_out.discard(address)

    def template(self, content_sid: str, text: str) -> None:
        """Add an approved template; from the first on, every other ContentSid is refused."""
        self.templates[content_sid] = text

    def sandbox(self, *joined: str) -> None:
        """Behave as the sandbox, which these have joined (none given: everybody): one message in 3 s."""
        self._paced = True
        self._joined = set(joined) or None

    def joins(self, address: str) -> None:
        """Take the word by which somebody joins the sandbox: Twilio answers it, and tells our webhook nothing."""
        self.hears(address, self.now())

    def hears(self, address: str, at: float) -> None:
        self._heard_at[address] = max(at, self._heard_at.get(address, at))

    def failure(self, message: FakeMessage) -> int | None:
        """Say with which code this message, which was accepted, will fail."""
        if self._joined is not None and message.to not in self._joined:
            return 63015
        if _is_whatsapp(message.to) and not self._is_open_to(message):
            return 63016
        return self._pace(message)

    def _is_open_to(self, message: FakeMessage) -> bool:
        if message.direction == "outbound-reply" or message.param("ContentSid") is not None:
            return True
        return message.made_at - self._heard_at.get(message.to, float("-inf")) <= WINDOW_S

    def _pace(self, message: FakeMessage) -> int | None:
        if not self._paced:
            return None
        if message.made_at < self._free_at:
            return 63018
        self._free_at = message.made_at + SANDBOX_PACE_S
        return None

    def check(self, request: Request) -> None:
        """Raise ApiError as Twilio refuses the making of a message."""
        to, sender = request.value("To"), request.value("From")
        self._check_to(to)
        self._check_from(sender)
        if _is_whatsapp(to) != _is_whatsapp(sender):
            raise ApiError(400, 21910, "Invalid From and To pair. They should be of the same channel")
        self._check_content(request)
        url = request.value("StatusCallback")
        if url is not None and not _is_url(url):
            raise ApiError(400, 21609, f"The StatusCallback URL {url} is not a valid URL.")
        if to in self._opted_out:
            raise ApiError(400, 21610, "Attempt to send to unsubscribed recipient")

    def _check_to(self, to: str | None) -> None:
        if to is None:
            raise ApiError(400, 21604, "A 'To' phone number is required.")
        if (number := _number(to)) in MAGIC_TO:
            raise ApiError(400, *MAGIC_TO[number])
        if not _is_number(number):
            raise ApiError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self._unverified:
            raise ApiError(400, 21608, f"The number {to} is unverified. Trial accounts cannot write to it.")

    def _check_from(self, sender: str | None) -> None:
        if sender is None:
            raise ApiError(400, 21603, "A 'From' phone number is required.")
        if (number := _number(sender)) in MAGIC_FROM:
            raise ApiError(400, *MAGIC_FROM[number])
        if not _is_number(number):
            raise ApiError(400, 21212, f"The 'From' number {sender} is not a valid phone number.")
        if self._own is not None and sender not in self._own:
            if _is_whatsapp(sender):
                raise ApiError(400, 63007, "Twilio could not find a Channel with the specified From address")
            raise ApiError(400, 21606, f"The 'From' number {sender} is not one of this account's.")

    def _check_content(self, request: Request) -> None:
        body, media, content_sid = (request.value(name) for name in ("Body", "MediaUrl", "ContentSid"))
        self._check_template(content_sid, request.value("ContentVariables"))
        if body is None and media is None and content_sid is None:
            if "Body" in request.form:
                raise ApiError(400, 21602, "Message body is required.")
            raise ApiError(400, 21619, "A text message body or media urls must be specified.")
        if len(body or "") > BODY_LIMIT:
            raise ApiError(
                400, 21617, f"The concatenated message body exceeds the {BODY_LIMIT} character limit"
            )
        _check_media(request.form.get("MediaUrl", []))

    def _check_template(self, content_sid: str | None, variables: str | None) -> None:
        if content_sid is None and variables is not None:
            raise ApiError(400, 21654, "The ContentSid Parameter is required")
        if content_sid is None:
            return
        known = not self.templates or content_sid in self.templates
        if not known or not re.fullmatch(r"HX[0-9a-fA-F]{32}", content_sid):
            raise ApiError(400, 21655, "The ContentSid Parameter is invalid")
        if variables is not None and not _are_variables(variables):
            raise ApiError(400, 21656, "The ContentVariables Parameter is invalid")


def _check_media(urls: list[str]) -> None:
    if len(urls) > MEDIA_LIMIT:
        raise ApiError(400, 21623, f"Number of media files exceeds allowed limit of {MEDIA_LIMIT}")
    for url in urls:
        if not _is_url(url):
            raise ApiError(400, 21620, f"Invalid media URL(s): {url}")


def _are_variables(text: str) -> bool:
    try:
        variables = json.loads(text)
    except ValueError:
        return False
    return isinstance(variables, dict) and all(
        isinstance(value, str) and value.strip() and not re.search(r"[\n\r\t]| {5}", value)
        for value in variables.values()
    )


def _number(address: str) -> str:
    return address.removeprefix("whatsapp:")


def _is_whatsapp(address: str | None) -> bool:
    return (address or "").startswith("whatsapp:")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\+[1-9]\d{6,14}", text) is not None


def _is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")
