"""Verifies and parses ElevenLabs' post-call webhooks. Never raises.

Follows https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks.
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
from integrations.plain_text import received

__all__ = ["PostCall", "Spoken", "read_post_call", "verify"]

TOLERANCE_S = 30 * 60
TRANSCRIPTION = "post_call_transcription"

MOST_TURNS = 2000
MOST_TURN = 4000
_MOST_SUMMARY = 10_000
_MOST_NAME = 120
_MOST_SIGNATURES = 20
_MOST_S = 32_503_680_000  # the year 3000: a later value is no time

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def verify(secret: str, header: str, raw_body: bytes, now: datetime) -> bool:
    """Return whether ElevenLabs signed the body within half an hour of now, either way.

    header: ElevenLabs-Signature, `t=<unix seconds>,v0=<hex>`; several v0 during the change of a secret.
    No signature is valid for an empty secret.
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
    """One utterance. role: "agent" (ElevenLabs' assistant) or "user". at_s: seconds into the call."""

    role: str
    text: str
    at_s: float | None


@dataclass(frozen=True, slots=True)
class PostCall:
    """A call answered or placed by ElevenLabs. A missing value is "" or None.

    type: TRANSCRIPTION, post_call_audio (its audio is not kept) or call_initiation_failure. A repeated webhook has the
    same type and conversation_id.
    status: ElevenLabs', such as "done" or "failed".
    direction: "inbound" or "outbound". caller, called: E.164.
    call_sid: Twilio's, for a call through our account.
    success: "success", "failure" or "unknown".
    termination_reason: the reason of the end, or of the failure to reach anybody.
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
    """The person's number, of caller and called."""
    call_sid: str
    success: str
    termination_reason: str


def read_post_call(body: Any) -> PostCall | None:
    """Parse a webhook; return None without a type or a conversation id.

    body: any JSON. At most MOST_TURNS turns are kept, and MOST_TURN characters of each.
    """
    envelope = dict_of(body)
    data, kind = dict_of(envelope.get("data")), _name(envelope.get("type"))
    conversation_id = _name(data.get("conversation_id"))
    if not kind or not conversation_id:
        return None
    metadata, analysis = dict_of(data.get("metadata")), dict_of(data.get("analysis"))
    parties = _parties(data, metadata)
    return PostCall(
        type=kind,
        agent_id=_name(data.get("agent_id")),
        conversation_id=conversation_id,
        status=_name(data.get("status")),
        started_at=_time(metadata.get("start_time_unix_secs")),
        duration_s=_whole(metadata.get("call_duration_secs")),
        transcript=_turns(data.get("transcript")),
        summary=_text(analysis.get("transcript_summary"), _MOST_SUMMARY),
        direction=parties.direction,
        caller=parties.caller,
        called=parties.called,
        contact=parties.contact,
        call_sid=parties.call_sid,
        success=_name(analysis.get("call_successful")),
        termination_reason=_name(metadata.get("termination_reason")) or _name(data.get("failure_reason")),
    )


@dataclass(frozen=True, slots=True)
class _Parties:
    direction: str
    caller: str | None
    called: str | None
    contact: str | None
    call_sid: str


def _parties(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> _Parties:
    """Return both ends of the call; up to three places name them, and any can be missing."""
    variables = dict_of(dict_of(data.get("conversation_initiation_client_data")).get("dynamic_variables"))
    phone_call, twilio = dict_of(metadata.get("phone_call")), dict_of(metadata.get("body"))
    # Only an outbound call can fail to begin, and then Twilio's parameters are all there is.
    direction = _name(phone_call.get("direction")) or ("outbound" if twilio else "")
    ours, theirs = phone_call.get("agent_number"), phone_call.get("external_number")
    outbound = direction == "outbound"
    from_, to = (ours, theirs) if outbound else (theirs, ours)
    caller = _first_number(variables.get("system__caller_id"), from_, twilio.get("From"))
    called = _first_number(variables.get("system__called_number"), to, twilio.get("To"))
    return _Parties(
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
    return tuple(islice((turn for turn in turns if turn.text), MOST_TURNS))  # a tool's turn has no words


def _spoken(turn: Mapping[str, Any]) -> Spoken:
    return Spoken(
        role=_name(turn.get("role")),
        text=_text(turn.get("message"), MOST_TURN),
        at_s=_seconds(turn.get("time_in_call_secs")),
    )


def _text(value: Any, most: int) -> str:
    return received(value)[:most] if isinstance(value, str) else ""


def _name(value: Any) -> str:
    """Return a short word; "" for one above the limit, because cut it might equal another."""
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
