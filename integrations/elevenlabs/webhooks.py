"""Verifies and reads ElevenLabs' post-call webhooks.

Follows https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks. Nothing here raises, whatever comes.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from integrations.json_models import dict_of, dicts_of

__all__ = ["PostCall", "Spoken", "read_post_call", "verify"]

TOLERANCE_S = 30 * 60
TRANSCRIPTION = "post_call_transcription"

MOST_TURNS = 2000
MOST_TURN = 4000
_MOST_SUMMARY = 10_000
_MOST_NAME = 120
_MOST_SIGNATURES = 20
_MOST_S = 32_503_680_000  # the year 3000: what is later is no time

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")


def verify(secret: str, header: str, raw_body: bytes, now: datetime) -> bool:
    """Say whether ElevenLabs signed the body within the last half hour, or the next, as clocks differ.

    header: ElevenLabs-Signature, `t=<unix seconds>,v0=<hex>`; several v0 while a secret is being replaced.
    An empty secret signs nothing.
    """
    parts = [part.strip().partition("=") for part in header.split(",", _MOST_SIGNATURES)]
    times = [value for name, _, value in parts if name == "t"]
    if not secret or len(times) != 1 or not re.fullmatch(r"[0-9]{1,12}", times[0]):
        return False
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_S:
        return False
    expected = hmac.new(secret.encode(), f"{times[0]}.".encode() + raw_body, hashlib.sha256).hexdigest()
    return any(
        hmac.compare_digest(expected.encode(), value.encode("utf-8", "replace"))
        for name, _, value in parts
        if name == "v0"
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance. role: "agent" (the assistant there) or "user". at_s: seconds into the call."""

    role: str
    text: str
    at_s: float | None


@dataclass(frozen=True, slots=True)
class PostCall:
    """A call that ElevenLabs answered or placed. What it did not say is "" or None.

    type: TRANSCRIPTION, post_call_audio (of which the audio is not kept) or call_initiation_failure. It comes
    again with the same type and conversation_id. status: theirs, such as "done" or "failed".
    direction: "inbound" or "outbound". caller, called: E.164. call_sid: Twilio's, where it was a call of ours.
    success: "success", "failure" or "unknown". termination_reason: why it ended, or why nobody was reached.
    """

    type: str
    agent_id: str
    conversation_id: str
    status: str
    started_at: datetime | None
    duration_s: int | None
    transcript: tuple[Spoken, ...]
    summary: str
    direction: str
    caller: str | None
    called: str | None
    contact: str | None
    """The number of the person, whichever of the two it is."""
    call_sid: str
    success: str
    termination_reason: str


def read_post_call(body: Any) -> PostCall | None:
    """Return what a webhook says; None where it does not say what it is, or of which conversation.

    body: any JSON. At most MOST_TURNS turns are kept, and MOST_TURN characters of each.
    """
    envelope = dict_of(body)
    data, kind = dict_of(envelope.get("data")), _name(envelope.get("type"))
    conversation_id = _name(data.get("conversation_id"))
    if not kind or not conversation_id:
        return None
    metadata, analysis = dict_of(data.get("metadata")), dict_of(data.get("analysis"))
    line = _line(data, metadata)
    return PostCall(
        type=kind,
        agent_id=_name(data.get("agent_id")),
        conversation_id=conversation_id,
        status=_name(data.get("status")),
        started_at=_time(metadata.get("start_time_unix_secs")),
        duration_s=_whole(metadata.get("call_duration_secs")),
        transcript=_turns(data.get("transcript")),
        summary=_text(analysis.get("transcript_summary"), _MOST_SUMMARY),
        direction=line.direction,
        caller=line.caller,
        called=line.called,
        contact=line.contact,
        call_sid=line.call_sid,
        success=_name(analysis.get("call_successful")),
        termination_reason=_name(metadata.get("termination_reason")) or _name(data.get("failure_reason")),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    direction: str
    caller: str | None
    called: str | None
    contact: str | None
    call_sid: str


def _line(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> _Line:
    """Find out who was on the line; each is said in up to three places, of which any can be missing."""
    variables = dict_of(dict_of(data.get("conversation_initiation_client_data")).get("dynamic_variables"))
    phone_call, twilio = dict_of(metadata.get("phone_call")), dict_of(metadata.get("body"))
    # Only a call of theirs can fail to begin, and then all there is is what Twilio said of it.
    direction = _name(phone_call.get("direction")) or ("outbound" if twilio else "")
    ours, theirs = phone_call.get("agent_number"), phone_call.get("external_number")
    outbound = direction == "outbound"
    from_, to = (ours, theirs) if outbound else (theirs, ours)
    caller = _first_number(variables.get("system__caller_id"), from_, twilio.get("From"))
    called = _first_number(variables.get("system__called_number"), to, twilio.get("To"))
    return _Line(
        direction=direction,
        caller=caller,
        called=called,
        contact=_first_number(theirs, called if outbound else caller),
        call_sid=_first_name(
            variables.get("system__call_sid"), phone_call.get("call_sid"), twilio.get("CallSid")
        ),
    )


def _turns(transcript: Any) -> tuple[Spoken, ...]:
    turns = map(_spoken, dicts_of(transcript))
    return tuple(islice((turn for turn in turns if turn.text), MOST_TURNS))  # a turn of a tool's has no words


def _spoken(turn: Mapping[str, Any]) -> Spoken:
    return Spoken(
        role=_name(turn.get("role")),
        text=_text(turn.get("message"), MOST_TURN),
        at_s=_seconds(turn.get("time_in_call_secs")),
    )


def _text(value: Any, most: int) -> str:
    return _UNPRINTABLE.sub(" ", value).strip()[:most] if isinstance(value, str) else ""


def _name(value: Any) -> str:
    """Return a word of theirs. One of no plausible length is none: cut, it might be another's."""
    text = _text(value, _MOST_NAME + 1)
    return text if len(text) <= _MOST_NAME else ""


def _first_name(*values: Any) -> str:
    return next(filter(None, map(_name, values)), "")


def _first_number(*values: Any) -> str | None:
    return next((number for number in map(_name, values) if _NUMBER.fullmatch(number)), None)


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST_S:
        return None
    return float(value)


def _whole(value: Any) -> int | None:
    seconds = _seconds(value)
    return None if seconds is None or seconds >= 2**31 else int(seconds)


def _time(value: Any) -> datetime | None:
    seconds = _seconds(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
