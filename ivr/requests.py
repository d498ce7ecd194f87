"""Reads a call's webhook as plain values; never fails, whatever the form holds.

Source: https://www.twilio.com/docs/voice/twiml#request-parameters. Confidence may be missing, From may be
"anonymous" or other text, and new parameters may come at any time.
"""

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from phone_numbers import contact_address
from settings import SIMULATOR_ACCOUNT_SID
from storage.models import TurnKind
from storage.queries.calls import CallFacts

MOST_TURNS = 100_000
SHORTEST_TALK_S = 10
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller's words or digits; empty if there were none."""

    text: str
    kind: TurnKind
    confidence: float | None


@dataclass(frozen=True, slots=True)
class CallPosition:
    """A request's position in a call, from the URL given to Twilio. None: not in the URL."""

    turn: int | None
    start: int
    wait: int
    served: int
    silent: int
    pending: int | None
    """A filler was being said for this turn."""
    is_message: bool
    is_transfer_end: bool
    was_transferred: bool
    """A message was asked for, or whether somebody helped, after a transfer of a few seconds."""


@dataclass(frozen=True, slots=True)
class DialOutcome:
    """The end of a transfer. status: Twilio's DialCallStatus, or empty; talked_s: None if it is not known."""

    status: str = ""
    talked_s: int | None = None

    @property
    def was_answered(self) -> bool:
        """Return whether somebody answered, or something: a voicemail does too."""
        return self.status in ("completed", "answered")

    @property
    def was_short(self) -> bool:
        """Return whether it was answered for no longer than a voicemail's greeting is listened to."""
        return self.was_answered and self.talked_s is not None and self.talked_s < SHORTEST_TALK_S


def read_dial(form: Mapping[str, str]) -> DialOutcome:
    """Return how a transfer ended, from the request that follows it."""
    return DialOutcome(_text(form, "DialCallStatus"), read_seconds(form, "DialCallDuration"))


def read_facts(form: Mapping[str, str]) -> CallFacts:
    """Return the facts of a webhook's call."""
    direction = _text(form, "Direction") or "inbound"
    # One that names no call is a call of its own: people must never be taken for one another
    call_sid = _text(form, "CallSid")[:64] or f"unnamed-{secrets.token_hex(8)}"
    person = _text(form, "From" if direction == "inbound" else "To")
    return CallFacts(
        call_sid=call_sid,
        direction=direction[:20],
        from_number=_text(form, "From"),
        to_number=_text(form, "To"),
        status=_text(form, "CallStatus")[:20],
        contact_address=contact_address(person, call_sid),
        simulated=form.get("AccountSid") == SIMULATOR_ACCOUNT_SID,
        forwarded_from=_text(form, "ForwardedFrom"),
    )


def read_answered_by(form: Mapping[str, str]) -> str:
    """Return Twilio's detection for an outbound call: human, machine_end_beep (or another end), fax or unknown."""
    return _text(form, "AnsweredBy")[:30]


def read_heard(form: Mapping[str, str]) -> Heard:
    """Return the caller's speech, digits, or both in one."""
    speech, digits = (_CONTROL.sub(" ", form.get(name, "")).strip() for name in ("SpeechResult", "Digits"))
    if not speech:
        return Heard(digits[:100], TurnKind.DIGITS, None)
    said = f"{speech} [keypad: {digits[:100]}]" if digits else speech
    return Heard(said, TurnKind.SPEECH, _confidence(form.get("Confidence", "")))


def read_position(query: Mapping[str, str]) -> CallPosition:
    """Return the request's position in the call; invalid parameters count as missing."""
    return CallPosition(
        turn=_number(query, "turn"),
        start=_number(query, "from") or 0,
        wait=_number(query, "wait") or 0,
        served=_number(query, "served") or 0,
        silent=_number(query, "silent") or 0,
        pending=_number(query, "pending"),
        is_message="message" in query,
        is_transfer_end="dial" in query,
        was_transferred="helped" in query,
    )


def read_timestamp(form: Mapping[str, str], now: datetime) -> datetime:
    """Return the time of a status callback (RFC 2822), else `now`."""
    try:
        at = parsedate_to_datetime(form.get("Timestamp", ""))
    except ValueError:
        return now
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def read_seconds(form: Mapping[str, str], name: str) -> int | None:
    """Return a number of seconds from a form."""
    value = form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else None


def _text(form: Mapping[str, str], name: str) -> str:
    return _CONTROL.sub("", form.get(name, "")).strip()[:100]


def _confidence(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def _number(query: Mapping[str, str], name: str) -> int | None:
    value = query.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 9):
        return None
    return int(value) if int(value) <= MOST_TURNS else None
