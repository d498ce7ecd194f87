"""Calls of the fake Twilio: made, looked at, changed, and played by a script."""

import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.twilio.call import ANSWERED, FakeCall, Step
from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route, day_of, paged
from tests.fakes.twilio.webhooks import Webhooks

OVER = {"completed", "busy", "failed", "no-answer", "canceled"}
TWIML_LIMIT = 4000

MAGIC_TO = {
    "+15005550001": (21217, "Phone number does not appear to be valid"),
    "+15005550002": (21214, "'To' phone number cannot be reached"),
    "+15005550003": (21215, "Account not authorized to call this number"),
    "+15005550004": (21216, "Account not allowed to call this number"),
}
MAGIC_FROM = {"+15005550001": (21212, "The 'From' number is not a valid phone number")}


class Calls:
    """The Calls resource. `script(...)` says what the calls made from now on will do."""

    def __init__(self, account_sid: str, webhooks: Webhooks, clock: Callable[[], float] | None) -> None:
        self.made: dict[str, FakeCall] = {}
        self._account_sid = account_sid
        self._webhooks = webhooks
        self._clock = clock
        self._script: tuple[Step, ...] = ANSWERED
        self._scripts: dict[str, deque[tuple[Step, ...]]] = {}
        self.queue_time_ms = 0
        self._unverified: set[str] = set()
        self._own: set[str] | None = None
        base = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self.routes = [
            Route("POST", rf"{base}\.json", self._create),
            Route("GET", rf"{base}\.json", self._list),
            Route("GET", rf"{base}/(?P<sid>\w+)\.json", self._fetch),
            Route("POST", rf"{base}/(?P<sid>\w+)\.json", self._update),
        ]

    @property
    def last(self) -> FakeCall:
        return list(self.made.values())[-1]

    def script(self, *steps: Step) -> None:
        self._script = steps

    def script_for(self, number: str, *scripts: tuple[Step, ...]) -> None:
        """Say what the calls to a number will do: the first one, the second one, and all others as the last one."""
        self._scripts[number] = deque(scripts)

    def to(self, number: str) -> list[FakeCall]:
        """The calls to a number, in order."""
        return [call for call in self.made.values() if call.param("To") == number]

    def on_trial(self, unverified: str) -> None:
        """Behave as a trial account for which this number is not verified."""
        self._unverified.add(unverified)

    def owning(self, *numbers: str) -> None:
        """Refuse every other number as From, as an account that owns these alone."""
        self._own = set(numbers)

    def advance(self, call: FakeCall) -> None:
        """Take the call's next step, whatever the clock says."""
        if call.steps:
            self._take(call, call.steps.popleft())

    # What Twilio's API does

    def _create(self, request: Request) -> Reply:
        self._check(request)
        steps = deque(self._steps_for(request.value("To") or ""))
        call = FakeCall("CA" + secrets.token_hex(16), request.form, steps, self._now())
        call.created_at = self._clock() if self._clock else time.time()
        self.made[call.sid] = call
        return Reply(201, self._body(call))

    def _fetch(self, request: Request, sid: str) -> Reply:
        call = self._known(sid)
        if self._clock is None:
            self.advance(call)
        else:
            self._catch_up(call)
        return Reply(200, self._body(call))

    def _update(self, request: Request, sid: str) -> Reply:
        call = self._known(sid)
        status = request.value("Status")
        if call.status in OVER or (status is None and call.status != "in-progress"):
            raise ApiError(400, 21220, "Call is not in-progress. Cannot redirect.")
        if status is None:
            call.params.update(request.form)
            call.redirects.append(request.value("Twiml") or "")
        elif status == "canceled" and call.status == "in-progress":
            raise ApiError(400, 21220, "Call is in-progress. Cannot cancel.")
        else:
            self._end(call)
        return Reply(200, self._body(call))

    def _list(self, request: Request) -> Reply:
        wanted = {name: request.query.get(name.title()) for name in ("to", "from", "status")}
        bodies = [self._body(call) for call in reversed(self.made.values())]
        found = [body for body in bodies if all(v in (None, body[name]) for name, v in wanted.items())]
        if (day := request.query.get("StartTime")) is not None:
            found = [body for body in found if day_of(self.made[body["sid"]].created_at) == day]
        size, page = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        return Reply(200, {"calls": shown, **paged(request, size, page, more=len(found) > (page + 1) * size)})

    # What it checks

    def _check(self, request: Request) -> None:
        to, sender = request.value("To"), request.value("From")
        self._check_to(to)
        self._check_from(sender)
        if not any(request.value(name) for name in ("Url", "Twiml", "ApplicationSid")):
            raise ApiError(400, 21205, "Url parameter is required.")
        for name in ("Url", "FallbackUrl", "StatusCallback", "AsyncAmdStatusCallback"):
            _check_url(name, request.value(name))
        if len(request.value("Twiml") or "") > TWIML_LIMIT:
            raise ApiError(
                400, 20001, f"Twiml is longer than {TWIML_LIMIT} characters."
            )  # its code is a guess
        ring = request.value("Timeout")
        if ring is not None and not (ring.isdecimal() and 0 < int(ring) <= 600):
            raise ApiError(400, 21208, f"Timeout {ring} is not valid.")

    def _check_to(self, to: str | None) -> None:
        if to is None:
            raise ApiError(400, 21201, "No 'To' number is specified")
        if to in MAGIC_TO:
            raise ApiError(400, *MAGIC_TO[to])
        if not _is_address(to):
            raise ApiError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
        if to in self._unverified:
            raise ApiError(
                400, 21219, f"The number {to} is unverified. Trial accounts may only call verified numbers."
            )

    def _check_from(self, sender: str | None) -> None:
        if sender is None:
            raise ApiError(400, 21213, "No 'From' number is specified")
        if sender in MAGIC_FROM or not _is_address(sender):
            raise ApiError(400, 21212, f"The 'From' number {sender} is not a valid phone number")
        if self._own is not None and sender not in self._own:
            raise ApiError(
                400,
                21210,
                f"The source phone number provided, {sender}, is not yet verified for your account.",
            )

    def _known(self, sid: str) -> FakeCall:
        if sid not in self.made:
            raise ApiError(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
        return self.made[sid]

    # How a call goes on

    def _steps_for(self, number: str) -> tuple[Step, ...]:
        scripts = self._scripts.get(number)
        if not scripts:
            return self._script
        return scripts.popleft() if len(scripts) > 1 else scripts[0]

    def _now(self) -> float:
        return self._clock() if self._clock else 0

    def _catch_up(self, call: FakeCall) -> None:
        while call.steps and call.made_at + call.steps[0].after_s <= self._now():
            call.made_at += call.steps[0].after_s
            self.advance(call)

    def _take(self, call: FakeCall, step: Step) -> None:
        entered = step.status != call.status
        call.status = step.status
        call.duration = step.duration or call.duration
        call.price = step.price or call.price
        if call.param("MachineDetection"):
            call.answered_by = step.answered_by or call.answered_by
        call.sip_code = step.sip_code
        if entered:
            self._tell(call)
        if step.verdict is not None:
            self._tell_verdict(call, step.verdict)

    def _end(self, call: FakeCall) -> None:
        talked = call.status == "in-progress"
        call.steps.clear()
        self._take(call, Step("completed", duration="3") if talked else Step("canceled"))

    def _tell(self, call: FakeCall) -> None:
        if not call.events:
            self._callback(call, "initiated", "initiated")
        if call.status == "in-progress":
            self._fetch_url(call)
        event = {"ringing": "ringing", "in-progress": "answered"}.get(call.status, "completed")
        self._callback(call, event, call.status)

    def _tell_verdict(self, call: FakeCall, verdict: str) -> None:
        call.answered_by = verdict
        if (url := call.param("AsyncAmdStatusCallback")) is not None and call.param("AsyncAmd") == "true":
            params = {"CallSid": call.sid, "AccountSid": self._account_sid, "AnsweredBy": verdict}
            self._webhooks.send(url, params | {"MachineDetectionDuration": "3210"})

    def _fetch_url(self, call: FakeCall) -> None:
        url = call.param("Url")
        if url and not call.param("Twiml"):
            fallback = call.param("FallbackUrl")
            self._webhooks.send(
                url, self._params(call), method=call.param("Method", "POST"), fallback=fallback
            )

    def _callback(self, call: FakeCall, event: str, status: str) -> None:
        sequence = str(len(call.events))
        call.events.append(event)
        url = call.param("StatusCallback")
        if url is None or event not in call.params.get("StatusCallbackEvent", ["completed"]):
            return
        params = self._params(call) | {"CallStatus": status, "SequenceNumber": sequence}
        params |= {
            "CallbackSource": "call-progress-events",
            "Timestamp": format_datetime(datetime.now(UTC), usegmt=True),
        }
        if event == "completed":
            params |= {"SipResponseCode": call.sip_code} if call.sip_code else {}
            params |= {"CallDuration": call.duration or "0", "Duration": "1" if call.duration else "0"}
        self._webhooks.send(url, params, method=call.param("StatusCallbackMethod", "POST"))

    def _params(self, call: FakeCall) -> dict[str, str]:
        to, sender = call.param("To"), call.param("From")
        params = {
            "CallSid": call.sid,
            "AccountSid": self._account_sid,
            "From": sender,
            "To": to,
            "Caller": sender,
            "Called": to,
            "CallStatus": call.status,
            "ApiVersion": "2010-04-01",
            "Direction": "outbound-api",
        }
        if call.answered_by and call.param("AsyncAmd") != "true":
            params["AnsweredBy"] = call.answered_by
        return params

    def _body(self, call: FakeCall) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{self._account_sid}/Calls/{call.sid}"
        to, sender = call.param("To"), call.param("From")
        nothing_yet = (
            "parent_call_sid start_time end_time forwarded_from group_sid caller_name trunk_sid date_updated"
        )
        return {
            "sid": call.sid,
            "account_sid": self._account_sid,
            "to": to,
            "to_formatted": to,
            "from": sender,
            "from_formatted": sender,
            "phone_number_sid": "PN" + "1" * 32,
            "status": call.status,
            "duration": call.duration,
            "price": call.price,
            "price_unit": "USD",
            "direction": "outbound-api",
            "answered_by": call.answered_by,
            "api_version": "2010-04-01",
            "queue_time": str(self.queue_time_ms),
            "date_created": format_datetime(datetime.fromtimestamp(call.created_at, UTC)),
            "uri": f"{uri}.json",
            "subresource_uris": {
                name: f"{uri}/{name.title()}.json" for name in ("notifications", "recordings")
            },
            **dict.fromkeys(nothing_yet.split()),
        }


def _is_address(text: str) -> bool:
    return re.fullmatch(r"\+[1-9]\d{6,14}|(client|sip|sim):.+", text) is not None


def _check_url(name: str, url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        raise ApiError(400, 21205, f"{name} is not a valid URL: {url}")
