"""A phone in the browser: a call to the assistant from the page, without any account."""

import re

from flask import abort
from flask.typing import ResponseReturnValue

from dashboard.blueprint import bp
from dashboard.layout import render
from dashboard.services import services
from dashboard.simulator.phone_session import BrowserCall
from dashboard.simulator.script_texts import PHONE, script_texts
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
from simulator.twilio.call_params import Direction
from translations import lazy_gettext

KIND = "phone"
TRANSFERS = {
    "completed": lazy_gettext("they answer"),
    "no-answer": lazy_gettext("nobody answers"),
    "busy": lazy_gettext("it is busy"),
}
"""Labels of a transfer's outcomes."""
VERBS = ("say", "interrupt", "press", "silence", "hang_up")


@bp.get("/phone")
def phone() -> str:
    """Show the phone."""
    return render(
        "phone.html",
        here="phone",
        speech_language=services().simulator.language,
        transfers=TRANSFERS,
        script_texts=script_texts(PHONE),
    )


@bp.post("/phone")
def dial() -> ResponseReturnValue:
    """Start a call."""
    given = asked()
    direction: Direction = "outbound-api" if given.get("direction") == "outbound-api" else "inbound"
    transfer = text_in(given, "transfer") or "completed"
    if transfer not in TRANSFERS:
        abort(400)
    try:
        number = number_in(given, may_withhold=direction == "inbound")
    except BadRequestError as error:
        return refused(error)
    simulator = services().simulator
    return simulator.open(KIND, number, lambda url: _calls(simulator, url, direction, transfer))


@bp.post("/phone/<key>")
def phone_do(key: str) -> ResponseReturnValue:
    """Say or press something, or hang up."""
    given = asked()
    verb, text = given.get("verb"), text_in(given, "text")
    if verb not in VERBS or (verb == "press" and not re.fullmatch("[0-9*#]{1,30}", text)):
        abort(400)
    if verb == "say" and not text:
        abort(400)
    return services().simulator.do(
        KIND, key, str(verb), {"text": text, "confidence": given.get("confidence")}
    )


@bp.get("/phone/<key>/events")
def phone_events(key: str) -> ResponseReturnValue:
    """Return the call's events."""
    return services().simulator.events(KIND, key)


def _calls(simulator: SimulatorViews, url: str, direction: Direction, transfer: str) -> MakePlayer:
    def make(number: str, tell: Tell) -> BrowserCall:
        return BrowserCall(
            lambda listener: simulator.server.phone(url, number=number, transfer=transfer, listener=listener),
            tell,
            direction=direction,
        )

    return make
