"""The setup of the fake Twilio's account: its state, numbers, applications, WhatsApp senders, templates, regions."""

import json
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route

NUMBER = "+12025550100"
SETTABLE = {
    "VoiceUrl": "voice_url", "VoiceMethod": "voice_method", "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method", "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method", "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
}  # fmt: skip
OF_APPLICATIONS = SETTABLE.keys() - {"VoiceApplicationSid", "TrunkSid"}


@dataclass
class FakeNumber:
    """A number. values: what it has besides its identity, by the names of Twilio's answer."""

    sid: str
    number: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        unset = dict.fromkeys(("voice_url", "voice_fallback_url", "status_callback"), "")
        methods = dict.fromkeys(("voice_method", "voice_fallback_method", "status_callback_method"), "POST")
        return {
            "sid": self.sid,
            "phone_number": self.number,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "voice_application_sid": "",
            "trunk_sid": None,
            "voice_receive_mode": "voice",
            **unset,
            **methods,
            **self.values,
        }


class Setup:
    """The setup. Everything is an attribute to be changed; nothing that is set through the API if `keeps_nothing`.

    sender: the body of the WhatsApp sender, if there is one; what is set of it shows late if it `is_slow`. templates:
    approvals by ContentSid, None: none was asked for. regions: the voice region of numbers.
    """

    def __init__(self, account_sid: str) -> None:
        self.status, self.type = "active", "Full"
        self.numbers: dict[str, FakeNumber] = {}
        self.verified: set[str] = set()
        self.applications: dict[str, dict[str, Any]] = {}
        self.sender: dict[str, Any] | None = None
        self.is_slow = False
        self.templates: dict[str, dict[str, Any] | None] = {}
        self.regions: dict[str, str] = {}
        self.keeps_nothing = False
        self._account_sid = account_sid
        base = rf"/2010-04-01/Accounts/{account_sid}"
        self.routes = [
            Route("GET", rf"{base}\.json", self._account),
            Route("GET", rf"{base}/IncomingPhoneNumbers\.json", self._list),
            Route("GET", rf"{base}/IncomingPhoneNumbers/(?P<sid>\w+)\.json", self._fetch),
            Route("POST", rf"{base}/IncomingPhoneNumbers/(?P<sid>\w+)\.json", self._update),
            Route("GET", rf"{base}/OutgoingCallerIds\.json", self._caller_ids),
            Route("GET", rf"{base}/Applications/(?P<sid>\w+)\.json", self._application),
            Route("POST", rf"{base}/Applications/(?P<sid>\w+)\.json", self._update_application),
            Route("GET", r"/v2/Channels/Senders", self._senders),
            Route("GET", r"/v2/Channels/Senders/(?P<sid>\w+)", self._sender),
            Route("POST", r"/v2/Channels/Senders/(?P<sid>\w+)", self._update_sender),
            Route("GET", r"/v2/PhoneNumbers/(?P<number>[^/]+)", self._region),
        ]

    def owns(self, number: str = NUMBER, **values: Any) -> FakeNumber:
        """Add a number of the account; each value by its name in Twilio's answer."""
        made = FakeNumber(f"PN{len(self.numbers):032x}", number, values)
        self.numbers[made.sid] = made
        return made

    def has_application(self, sid: str, **values: Any) -> None:
        """Give the account an application; each value by its name in Twilio's answer."""
        unset = dict.fromkeys(("voice_url", "voice_fallback_url", "status_callback"))
        methods = dict.fromkeys(("voice_method", "voice_fallback_method", "status_callback_method"), "POST")
        self.applications[sid] = {"sid": sid, **unset, **methods, **values}

    def has_sender(self, number: str, url: str = "", status: str = "ONLINE", method: str = "POST") -> None:
        """Give the account a WhatsApp sender."""
        webhook = {"callback_url": url, "callback_method": method, "status_callback_url": None}
        self.sender = {
            "sid": "XE" + "1" * 32,
            "sender_id": f"whatsapp:{number}",
            "status": status,
            "webhook": webhook,
        }

    def _account(self, _request: Request) -> Reply:
        return Reply(200, {"sid": self._account_sid, "status": self.status, "type": self.type})

    def _list(self, request: Request) -> Reply:
        wanted = request.query.get("PhoneNumber", "")
        found = [number.body for number in self.numbers.values() if wanted in number.number]
        return _page("incoming_phone_numbers", found)

    def _fetch(self, request: Request, sid: str) -> Reply:
        if sid not in self.numbers:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        return Reply(200, self.numbers[sid].body)

    def _update(self, request: Request, sid: str) -> Reply:
        given = _given(request, SETTABLE.keys())
        if not self.keeps_nothing:
            self.numbers[sid].values.update(given)
        return self._fetch(request, sid)

    def _caller_ids(self, request: Request) -> Reply:
        number = request.query.get("PhoneNumber", "")
        found = [{"sid": "PN" + "9" * 32, "phone_number": number}] if number in self.verified else []
        return _page("outgoing_caller_ids", found)

    def _application(self, request: Request, sid: str) -> Reply:
        if sid not in self.applications:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        return Reply(200, self.applications[sid])

    def _update_application(self, request: Request, sid: str) -> Reply:
        found, given = self._application(request, sid), _given(request, OF_APPLICATIONS)
        if not self.keeps_nothing:
            found.body.update(given)
        return found

    def _senders(self, request: Request) -> Reply:
        if request.query.get("Channel") != "whatsapp":
            raise ApiError(400, 20001, "Channel is required")
        found = [self.sender] if self.sender else []
        return Reply(200, {"senders": found, "meta": {"key": "senders", "page": 0, "next_page_url": None}})

    def _sender(self, request: Request, sid: str) -> Reply:
        if self.sender is None or self.sender["sid"] != sid:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        return Reply(200, self.sender)

    def _update_sender(self, request: Request, sid: str) -> Reply:
        found, given = self._sender(request, sid), json.loads(request.body)
        if given.keys() != {"webhook"}:
            raise ApiError(400, 20001, "This stand-in sets the webhook of a sender and nothing else")
        if self.is_slow:
            found.body["status"] = "ONLINE:UPDATING"
        elif not self.keeps_nothing:  # what is left out is cleared
            found.body["webhook"] = dict.fromkeys(found.body["webhook"]) | given["webhook"]
        return Reply(202, found.body)

    def _region(self, _request: Request, number: str) -> Reply:
        number = unquote(number)
        return Reply(200, {"phone_number": number, "voice_region": self.regions.get(number, "us1")})


def _given(request: Request, settable: Set[str]) -> dict[str, str]:
    if unknown := request.form.keys() - settable:
        raise ApiError(400, 20001, f"This stand-in does not set {', '.join(sorted(unknown))}")
    return {SETTABLE[name]: values[-1] for name, values in request.form.items()}


def _page(name: str, found: list[dict[str, Any]]) -> Reply:
    return Reply(200, {name: found, "page": 0, "page_size": 50, "next_page_uri": None})
