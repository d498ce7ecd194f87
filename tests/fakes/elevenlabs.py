"""ElevenLabs on the other side: the webhooks that it signs and sends after a call, and its tools' requests.

    elevenlabs = FakeElevenLabs(webhook_url, "wsec_test")
    elevenlabs.post(elevenlabs.transcription(said=[("agent", "Hola"), ("user", "Buenas")]), times=2)
    elevenlabs.use_tool(handoff_url, {"user_phone": "+34600000001", "reason": "..."}, key="...")

Bodies are as https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks has them, with fields besides that
nobody here knows.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

AGENT_ID = "agent_0123456789abcdefghijklmnop"
CONVERSATION_ID = "conv_0123456789abcdefghijklmnop"
PERSON = "+34600000001"
AGENT_NUMBER = "+12025550100"
TIMEOUT_S = 15


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeElevenLabs:
    """A workspace whose webhook points to `url`. clock: seconds since 1970."""

    def __init__(self, url: str, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._url, self._secret, self._clock = url, secret, clock

    def post(
        self,
        event: Any,
        *,
        times: int = 1,
        late_s: float = 0,
        secret: str | None = None,
        header: str | None = None,
        in_chunks: bool = False,
    ) -> list[Answer]:
        """Send an event, as often as that, each time signed anew; return the answers.

        event: bytes go as they are. late_s: it was signed so long ago. secret: another one than ours. header: this
        in place of the signature; "" for none. in_chunks: without a length, as their sound comes.
        """
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        answers = []
        for _ in range(times):
            signed = header
            if signed is None:
                signed = signature(secret or self._secret, int(self._clock() - late_s), body)
            headers = {"ElevenLabs-Signature": signed} if signed else {}
            answers.append(_post(self._url, _chunks(body) if in_chunks else body, headers))
        return answers

    def use_tool(
        self,
        url: str,
        arguments: dict[str, Any],
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Ask a server tool, as the agent does in mid-call. key: goes as a bearer token. It is not signed."""
        bearer = {"Authorization": f"Bearer {key}"} if key else {}
        return _post(url, json.dumps(arguments).encode(), {**bearer, **(headers or {})})

    def transcription(
        self,
        *,
        said: Sequence[tuple[str, str]] = (
            ("agent", "Hola, ¿en qué puedo ayudarle?"),
            ("user", "Quiero una cita."),
        ),
        conversation_id: str = CONVERSATION_ID,
        summary: str = "The caller wanted an appointment.",
        person: str | None = PERSON,
        direction: str = "inbound",
        duration_s: int = 42,
    ) -> dict[str, Any]:
        """Return a post_call_transcription. person: None for a conversation in the browser."""
        began = int(self._clock()) - duration_s
        data = {
            "agent_id": AGENT_ID,
            "conversation_id": conversation_id,
            "status": "done",
            "user_id": person,
            "transcript": [_turn(*turn, at_s=5 * number) for number, turn in enumerate(said)],
            "metadata": {
                "start_time_unix_secs": began,
                "call_duration_secs": duration_s,
                "cost": 296,
                "termination_reason": "Client disconnected: 1000",
                "phone_call": _phone_call(person, direction) if person else None,
            },
            "analysis": {
                "evaluation_criteria_results": {},
                "data_collection_results": {},
                "call_successful": "success",
                "transcript_summary": summary,
            },
            "conversation_initiation_client_data": {
                "conversation_config_override": {},
                "dynamic_variables": _variables(person, direction, conversation_id, duration_s),
            },
            "has_audio": True,
            "has_user_audio": True,
            "has_response_audio": True,
        }
        return self._event("post_call_transcription", data)

    def audio(self, conversation_id: str = CONVERSATION_ID, size: int = 3000) -> dict[str, Any]:
        """Return a post_call_audio. size: bytes of the audio."""
        sound = base64.b64encode(b"\xff" * size).decode()
        return self._event(
            "post_call_audio",
            {"agent_id": AGENT_ID, "conversation_id": conversation_id, "full_audio": sound},
        )

    def initiation_failure(
        self, reason: str = "no-answer", conversation_id: str = CONVERSATION_ID, person: str = PERSON
    ) -> dict[str, Any]:
        """Return a call_initiation_failure of a call through Twilio. reason: busy, no-answer or unknown."""
        said = {"CallSid": "CA" + "1" * 32, "CallStatus": reason, "From": AGENT_NUMBER, "To": person}
        return self._event(
            "call_initiation_failure",
            {
                "agent_id": AGENT_ID,
                "conversation_id": conversation_id,
                "failure_reason": reason,
                "metadata": {"type": "twilio", "body": {**said, "Direction": "outbound-api"}},
            },
        )

    def _event(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"type": kind, "event_timestamp": int(self._clock()), "data": data}


def signature(secret: str, moment: int, body: bytes) -> str:
    """ElevenLabs-Signature, as their own library makes it."""
    digest = hmac.digest(secret.encode(), str(moment).encode() + b"." + body, hashlib.sha256)
    return f"t={moment},v0={digest.hex()}"


def _turn(role: str, message: str, *, at_s: int) -> dict[str, Any]:
    return {
        "role": role,
        "message": message,
        "tool_calls": [],
        "tool_results": [],
        "feedback": None,
        "time_in_call_secs": at_s,
        "conversation_turn_metrics": None,
    }


def _phone_call(person: str, direction: str) -> dict[str, Any]:
    return {
        "direction": direction,
        "phone_number_id": "phnum_0123456789",
        "agent_number": AGENT_NUMBER,
        "external_number": person,
        "type": "twilio",
        "stream_sid": "MZ" + "1" * 32,
        "call_sid": "CA" + "1" * 32,
    }


def _variables(person: str | None, direction: str, conversation_id: str, duration_s: int) -> dict[str, Any]:
    variables: dict[str, Any] = {
        "system__agent_id": AGENT_ID,
        "system__conversation_id": conversation_id,
        "system__call_duration_secs": duration_s,
        "system__caller_id": None,
        "system__called_number": None,
        "system__call_sid": None,
    }
    if person:
        inbound = direction == "inbound"
        variables["system__caller_id"] = person if inbound else AGENT_NUMBER
        variables["system__called_number"] = AGENT_NUMBER if inbound else person
        variables["system__call_sid"] = "CA" + "1" * 32
    return variables


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def _post(url: str, body: bytes | Iterable[bytes], headers: dict[str, str]) -> Answer:
    request = urllib.request.Request(
        url, body, {"Content-Type": "application/json", **headers}, method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())
