"""Reads a call's webhook as plain values; never fails, whatever the form holds.

Source: https://www.twilio.com/docs/voice/twiml#request-parameters. Confidence may be missing, From may be
"anonymous" or other text, and new parameters may come at any time.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

from integrations.plain_text import received_line
from phone_numbers import contact_address
from settings import SIMULATOR_ACCOUNT_SID
from storage.models import TurnKind
from storage.queries.calls import CallFacts

MOST_TURNS = 100_000
HARDLY_SURE = 0.15
"""Twilio's Confidence, from 0 to 1, up to which a single word may be a noise."""
SHORTEST_TALK_S = 10
LONGEST_URL = 2000
LONGEST_MARK = 32
WEBHOOKS = frozenset({"voice", "gather", "continue"})
"""Those that speak to callers."""
MACHINE_SPEAKS = "machine_start"
BY_ASSISTANT = "1"
"""The mark of the assistant's transfer; an operator's has one of its own."""
DOCUMENT_ERRORS = (11750, 11770, *range(12000, 14000))
"""Twilio's codes for a document that it has and cannot use: too long, no XML, a verb that it refuses."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller's words or digits; empty if there were none."""

    text: str
    kind: TurnKind
    confidence: float | None

    @property
    def is_doubtful(self) -> bool:
        """Return whether it is one word of which Twilio is hardly sure."""
        return self.confidence is not None and self.confidence <= HARDLY_SURE and len(self.text.split()) == 1


SILENCE = Heard("", TurnKind.DIGITS, None)


@dataclass(frozen=True, slots=True)
class CallPosition:
    """A request's position in a call, from the URL given to Twilio. None: not in the URL."""

    turn: int | None
    start: int
    wait: int
    served: int
    silent: int
    was_doubtful: bool
    """The question was asked again because of a word that was hardly understood."""
    pending: int | None
    """A filler was being said for this turn."""
    is_message: bool
    is_transfer_end: bool
    transfer: str
    """The mark of the operator's transfer that has ended; empty for the assistant's."""
    was_transferred: bool
    """A message was asked for, or whether somebody helped, after a transfer of a few seconds."""
    is_machine: bool
    """An answering machine's greeting was listened to: it is over now."""
    is_likely_leg: bool
    """The call began while its caller was in a transfer of ours: it rings nobody."""
    campaign: str
    """The mark of a campaign's call that is answered; empty for others."""


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


@dataclass(frozen=True, slots=True)
class FailedWebhook:
    """A webhook that failed, by Twilio's report, and what came with the report of that which was sent to it.

    code: Twilio's error code; None if it is unknown. webhook: the last part of its path, such as "gather"; empty if it
    is unknown. heard: None if the caller's words did not come.
    """

    code: int | None
    webhook: str
    position: CallPosition
    heard: Heard | None
    dial: DialOutcome
    answered_by: str

    @property
    def is_of_document(self) -> bool:
        """Return whether Twilio had our document, and could not use it."""
        return self.code in DOCUMENT_ERRORS


def read_failed(form: Mapping[str, str]) -> FailedWebhook:
    """Return what a fallback is told: ErrorCode, ErrorUrl, and all or some of what was sent to that URL.

    Source: https://www.twilio.com/docs/usage/security/availability-reliability.
    """
    path, query = _path_and_query(form.get("ErrorUrl", "")[:LONGEST_URL])
    name = path.rpartition("/")[2]
    return FailedWebhook(
        code=_whole(form.get("ErrorCode", "")),
        webhook=name if name in WEBHOOKS else "",
        position=read_position(dict(parse_qsl(query, keep_blank_values=True))),
        heard=read_heard(form) if {"SpeechResult", "Digits"} & set(form) else None,
        dial=read_dial(form),
        answered_by=read_answered_by(form),
    )


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
    """Return Twilio's detection for an outbound call: human, machine_end_beep (or another end), fax or unknown.

    machine_start, where whoever placed the call did not have the end of the machine's greeting waited for.
    """
    return _text(form, "AnsweredBy")[:30]


def read_heard(form: Mapping[str, str]) -> Heard:
    """Return the caller's speech, digits, or both in one. Punctuation alone is no speech."""
    speech, digits = (received_line(form.get(name, "")) for name in ("SpeechResult", "Digits"))
    if not any(character.isalnum() for character in speech):
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
        was_doubtful="again" in query,
        pending=_number(query, "pending"),
        is_message="message" in query,
        is_transfer_end="dial" in query,
        transfer="" if query.get("dial") == BY_ASSISTANT else query.get("dial", "")[:20],
        was_transferred="helped" in query,
        is_machine="machine" in query,
        is_likely_leg="leg" in query,
        campaign=read_mark(query),
    )


def read_mark(query: Mapping[str, str]) -> str:
    """Return the mark of a campaign's call, from the URL given to Twilio; empty for other calls."""
    mark = query.get("campaign", "")
    return mark if mark.isascii() and mark.isalnum() and len(mark) <= LONGEST_MARK else ""


def read_sip_code(form: Mapping[str, str]) -> int | None:
    """Return the SIP code of a call that failed."""
    return _whole(form.get("SipResponseCode", ""))


def read_timestamp(form: Mapping[str, str], now: datetime) -> datetime:
    """Return the time of a status callback (RFC 2822), else `now`."""
    try:
        at = parsedate_to_datetime(form.get("Timestamp", ""))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return now


def read_seconds(form: Mapping[str, str], name: str) -> int | None:
    """Return a number of seconds from a form."""
    return _whole(form.get(name, ""))


def _text(form: Mapping[str, str], name: str) -> str:
    return received_line(form.get(name, ""))[:100]


def _confidence(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def _path_and_query(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _number(query: Mapping[str, str], name: str) -> int | None:
    value = _whole(query.get(name, ""))
    return None if value is None or value > MOST_TURNS else value


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else None
