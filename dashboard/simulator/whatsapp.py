"""A WhatsApp in the browser: messages, photos and voice notes to the assistant from the page, without any account."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask import abort
from flask.typing import ResponseReturnValue

from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.services import services
from dashboard.simulator.script_texts import WHATSAPP, script_texts
from dashboard.simulator.sessions import Tell
from dashboard.simulator.views import (
    BadRequestError,
    MakePlayer,
    SimulatorViews,
    asked,
    number_in,
    refused,
    text_in,
)
from dashboard.simulator.whatsapp_session import SAMPLES, BrowserChat
from translations import gettext as _

KIND = "whatsapp"
MOST_BYTES = 5 * 1024 * 1024
"""WhatsApp's limit for a photo. It arrives as base64, a third longer; dashboard/auth.py allows for that."""
NAME = "Ana"
LONGEST_NAME = 60


@bp.get("/whatsapp")
def whatsapp() -> str:
    """Show the WhatsApp."""
    return render(
        "whatsapp.html",
        here="phone",
        name=NAME,
        most_bytes=MOST_BYTES,
        script_texts=script_texts(WHATSAPP),
    )


@bp.post("/whatsapp")
def whatsapp_open() -> ResponseReturnValue:
    """Open a chat."""
    given = asked()
    name = text_in(given, "name", LONGEST_NAME) or NAME
    try:
        number = number_in(given)
    except BadRequestError as error:
        return refused(error)
    simulator = services().simulator
    return simulator.open(KIND, number, lambda url: _chats(simulator, url, name))


@bp.post("/whatsapp/<key>")
def whatsapp_do(key: str) -> ResponseReturnValue:
    """Send a message, or leave."""
    given = asked()
    if given.get("verb") == "leave":
        return services().simulator.do(KIND, key, "leave", {})
    try:
        content = _file_in(given)
    except BadRequestError as error:
        return refused(error)
    body = {name: text_in(given, name) for name in ("sample", "name")} | {"text": _words(given)}
    if content is None and not body["text"] and body["sample"] not in SAMPLES:
        abort(400)
    return services().simulator.do(KIND, key, "send", body, content)


@bp.get("/whatsapp/<key>/events")
def whatsapp_events(key: str) -> ResponseReturnValue:
    """Return the chat's events."""
    return services().simulator.events(KIND, key)


def _chats(simulator: SimulatorViews, url: str, name: str) -> MakePlayer:
    def make(number: str, tell: Tell) -> BrowserChat:
        return BrowserChat(
            lambda listener: simulator.server.whatsapp(
                url, number=number, profile_name=name, listener=listener
            ),
            tell,
            simulator.deliver,
        )

    return make


def _words(given: Mapping[str, Any]) -> str:
    """Return the message with its line breaks."""
    text = given.get("text")
    return text.strip()[:4096] if isinstance(text, str) else ""


def _file_in(given: Mapping[str, Any]) -> bytes | None:
    """Return the file sent, None if there is none. Raises BadRequestError for one too large."""
    encoded = given.get("content")
    if not isinstance(encoded, str):
        return None
    try:
        content = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        abort(400)
    if len(content) > MOST_BYTES:
        raise BadRequestError(_("The file is too large: 5 MB fit."))
    return content
