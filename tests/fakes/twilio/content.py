"""The templates of the fake Twilio's account: their words, and WhatsApp's approval."""

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route

APPROVED = {"status": "approved", "category": "UTILITY", "name": "aviso", "rejection_reason": ""}


class Content:
    """The templates. texts: those that can be sent, by ContentSid. approvals: where it is another than an approved
    one for utility; None: none was asked for. types: the whole content, where it is more than a text.
    """

    def __init__(self, texts: Mapping[str, str], approvals: dict[str, dict[str, Any] | None]) -> None:
        self._texts, self.approvals = texts, approvals
        self.types: dict[str, dict[str, Any]] = {}
        self.routes = [
            Route("GET", r"/v1/Content/(?P<sid>\w+)", self._fetch),
            Route("GET", r"/v1/Content/(?P<sid>\w+)/ApprovalRequests", self._approval),
        ]

    def _fetch(self, request: Request, sid: str) -> Reply:
        if sid not in self._texts and sid not in self.types:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        types = self.types.get(sid) or {"twilio/text": {"body": self._texts[sid]}}
        names = re.findall(r"\{\{(\w+)\}\}", str(types))
        return Reply(
            200,
            {
                "sid": sid,
                "friendly_name": "aviso",
                "language": "es",
                "variables": dict.fromkeys(names, "sample"),
                "types": types,
                "date_created": "2026-11-01T10:00:00Z",
                "date_updated": "2026-11-01T10:00:00Z",
                "links": {"approval_fetch": f"https://content.twilio.com/v1/Content/{sid}/ApprovalRequests"},
            },
        )

    def _approval(self, request: Request, sid: str) -> Reply:
        if sid not in self.approvals and sid not in self._texts:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        approval = self.approvals.get(sid, APPROVED)
        return Reply(200, {"sid": sid, **({} if approval is None else {"whatsapp": approval})})
