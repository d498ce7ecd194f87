"""Places, reads and ends calls through Twilio's REST API.

Follows https://www.twilio.com/docs/voice/api/call-resource.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.errors import IntegrationError
from integrations.twilio.account import TwilioAccount, one_error
from integrations.twilio.error_codes import what_to_do

__all__ = ["CallState", "TwilioRest", "what_to_do"]

CALL_IS_OVER = 21220
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
CALL_EVENTS = ("initiated", "ringing", "answered", "completed")
# A person is told at once; of a machine, Twilio waits for the beep, at most so many seconds.
_MACHINE_OPTIONS = {"machine_detection": "DetectMessageEnd", "machine_detection_timeout": 30}


@dataclass(frozen=True, slots=True)
class CallState:
    """A call's state as last reported by Twilio.

    status: queued, ringing, in-progress, completed, busy, failed, no-answer or canceled.
    duration_s: None until it is over. price: what it cost, positive; None until Twilio has billed it,
    which can take minutes. answered_by: human, machine_end_beep, machine_end_silence, machine_end_other, fax or
    unknown, where detection was asked for. queued_s: the wait in Twilio's queue, as it expects it. created_at: UTC, in
    whole seconds; None where Twilio does not say.
    """

    sid: str
    status: str
    to: str
    sender: str
    duration_s: int | None
    price: Decimal | None
    price_unit: str | None
    answered_by: str | None
    queued_s: float = 0.0
    created_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Return whether the call is over; only its price may still change."""
        return self.status in OVER


class TwilioRest(TwilioAccount):
    """The calls of an account."""

    def place_call(
        self,
        *,
        to: str,
        sender: str,
        url: str | None = None,
        twiml: str | None = None,
        fallback_url: str | None = None,
        status_callback: str | None = None,
        ring_s: int | None = None,
        detect_machine: bool = False,
        machine_callback: str | None = None,
    ) -> CallState:
        """Place a call and return it as queued. Never retried: a repeated call rings twice.

        to, sender: E.164. url: where Twilio fetches the TwiML when somebody answers; twiml: the TwiML
        itself, at most 4000 characters; exactly one of the two. ring_s: 1 to 600, Twilio's default is 60.
        detect_machine: find out first whether a person or a machine answered; the request for the TwiML
        then carries AnsweredBy, and comes after a machine's beep. machine_callback: the TwiML is fetched at once, and
        this URL is told who has answered.
        """
        options = {
            "url": url,
            "twiml": twiml,
            "fallback_url": fallback_url,
            "timeout": ring_s,
            **(_status_options(status_callback) if status_callback else {}),
            **(_MACHINE_OPTIONS if detect_machine or machine_callback else {}),
            **(_asynchronous(machine_callback) if machine_callback else {}),
        }
        with one_error():
            call = self._client.calls.create(to=to, from_=sender, **_without_none(options))
            return _state(call)

    def fetch_call(self, sid: str) -> CallState:
        """Return the call's present state."""
        with one_error():
            return _state(self._client.calls(sid).fetch())

    def placed(self, *, to: str, sender: str, since: datetime, limit: int = 50) -> list[CallState]:
        """Return the calls placed to a number since then, newest first.

        For calls whose SID never arrived. since: aware, on Twilio's clock; allow a margin.
        """
        # Not by StartTime: a call still in Twilio's queue has none, and would be placed again.
        earliest = since.replace(microsecond=0)
        with one_error():
            found = [_state(call) for call in self._client.calls.list(to=to, from_=sender, limit=limit)]
        dated = [(call.created_at, call) for call in found if call.created_at is not None]
        recent = [pair for pair in dated if pair[0] >= earliest]
        return [call for _, call in sorted(recent, key=lambda pair: pair[0], reverse=True)]

    def end_call(self, sid: str) -> CallState:
        """Hang up, or cancel an unanswered call. A finished call is left unchanged."""
        try:
            with one_error():
                return _state(self._client.calls(sid).update(status="completed"))
        except IntegrationError as error:
            if error.code != CALL_IS_OVER:
                raise
        return self.fetch_call(sid)

    def redirect_call(self, sid: str, twiml: str) -> CallState:
        """Replace the TwiML of a call in progress, at most 4000 characters."""
        with one_error():
            return _state(self._client.calls(sid).update(twiml=twiml))


def _status_options(status_callback: str) -> dict[str, Any]:
    return {"status_callback": status_callback, "status_callback_event": list(CALL_EVENTS)}


def _asynchronous(machine_callback: str) -> dict[str, Any]:
    return {
        "async_amd": "true",
        "async_amd_status_callback": machine_callback,
        "async_amd_status_callback_method": "POST",
    }


def _without_none(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _state(call: Any) -> CallState:
    if not call.sid or not call.status:
        raise ValueError("no sid or status in Twilio's answer")
    return CallState(
        sid=call.sid,
        status=call.status,
        to=call.to or "",
        sender=call._from or "",
        duration_s=None if call.duration is None else int(call.duration),
        price=None if call.price is None else abs(Decimal(str(call.price))),
        price_unit=call.price_unit,
        answered_by=call.answered_by,
        queued_s=_seconds(call.queue_time),
        created_at=call.date_created,
    )


def _seconds(milliseconds: Any) -> float:
    """Return Twilio's milliseconds as seconds; 0 for none."""
    text = str(milliseconds or "")
    return int(text) / 1000 if text.isdecimal() and len(text) < 12 else 0.0
