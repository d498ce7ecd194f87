"""Converts events of the simulated phone and WhatsApp to JSON for their page."""

from urllib.parse import urlsplit

from dashboard.simulator.sessions import Event
from simulator.twilio.journal import CallWarning, Heard, Line, Step
from simulator.twilio.journal import Event as PhoneEvent
from simulator.twilio.twiml_parser import indented
from simulator.whatsapp.client import Event as WhatsAppEvent
from simulator.whatsapp.messages import MessageProblem, Received

MOST_TWIML = 8_000
SHOWN_FIELDS = (
    "CallStatus", "SpeechResult", "Confidence", "Digits", "DialCallStatus", "ErrorCode",
    "Body", "NumMedia", "MediaContentType0", "MessageStatus",
)  # fmt: skip
"""Form fields that differ between requests."""


def as_event(happening: PhoneEvent | WhatsAppEvent, now: float = 0.0) -> Event | None:
    """Return an event as JSON, in the current language; None for one that the page does not show.

    now: seconds of the call's clock.
    """
    match happening:
        case Heard(cut_after_s=None):
            return _heard(happening, now)
        case Heard():
            return {"kind": "cut", "text": happening.words}
        case Line(who="caller"):
            return {"kind": "said", "text": happening.text}
        case Line(who="call"):
            return _dialled(happening)
        case Step():
            return _step(happening)
        case CallWarning() | MessageProblem():
            return {"kind": "warning", "code": happening.code, "text": str(happening.message)}
        case Received():
            return _received(happening)
    return None


def _heard(heard: Heard, now: float) -> Event:
    return {
        "kind": "heard",
        "text": heard.text,
        "plays": heard.kind == "play",
        "language": heard.language or "",
        "wait_s": round(heard.wait_s, 2),
        "in_s": round(max(0.0, heard.at - now), 2),
        "duration_s": round(heard.duration_s, 2),
    }


def _dialled(line: Line) -> Event:
    numbers, _, outcome = line.text.removeprefix("dial ").rpartition(": ")
    return {"kind": "dialled", "numbers": numbers, "outcome": outcome}


def _step(step: Step) -> Event:
    parts = urlsplit(step.url)
    return {
        "kind": "step",
        "method": step.method,
        "path": parts.path + (f"?{parts.query}" if parts.query else ""),
        "status": step.status,
        "seconds": round(step.seconds, 3),
        "tries": step.retries + 1,
        "problem": str(step.message),
        "fields": {name: value for name, value in step.params if name in SHOWN_FIELDS and value},
        "twiml": indented(step.twiml)[:MOST_TWIML],
        "sid": step.fields.get("MessageSid", ""),
    }


def _received(received: Received) -> Event:
    return {
        "kind": "received",
        "sid": received.sid,
        "text": received.text,
        "media": list(received.media),
        "template": received.content_sid or "",
        "wait_s": round(received.wait_s, 2),
        "via": received.via,
    }
