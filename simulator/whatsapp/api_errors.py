"""Defines the errors of Twilio's REST API (https://www.twilio.com/docs/api/errors)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.whatsapp.http_server import Reply, Request
from simulator.whatsapp.twiml_parser import MAX_BODY_CHARS, MAX_MEDIA

_ADDRESS = re.compile(r"whatsapp:\+[1-9][0-9]{6,14}")
_USER_ID = re.compile(r"whatsapp:[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_WHO = "Your AccountSid or AuthToken was incorrect."


class ApiError(Exception):
    """A refusal in Twilio's words. retry_after_s: the value of the Retry-After header."""

    def __init__(
        self, status: int, code: int, message: str, *, detail: str = "", retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.detail, self.retry_after_s = detail, retry_after_s

    def reply(self) -> Reply:
        """Return the API's response."""
        body: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        body["more_info"] = f"https://www.twilio.com/docs/errors/{self.code}"
        if self.detail:
            body["detail"] = self.detail
        wait = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return Reply.of_json(self.status, body, headers=wait)


def not_found(path: str) -> ApiError:
    """Return the error for a missing resource."""
    return ApiError(404, 20404, f"The requested resource {path} was not found")


def check_credentials(request: Request, credentials: tuple[str, str]) -> None:
    """Raise ApiError unless a request has these credentials."""
    if request.credentials is None:
        raise ApiError(401, 20003, "Authentication Error - No credentials provided", detail=_WHO)
    if request.credentials != credentials:
        raise ApiError(401, 20003, "Authentication Error - invalid username", detail=_WHO)


def check_message(request: Request) -> None:
    """Raise ApiError for the first error in a message to be sent."""
    form = dict(request.form)
    for error in (*_address_faults(form), *_content_faults(form, request.values("MediaUrl"))):
        raise error


def _address_faults(form: Mapping[str, str]) -> Iterator[ApiError]:
    to, sender = form.get("To"), form.get("From")
    if not to:
        yield ApiError(400, 21604, "A 'To' phone number is required.")
    elif not _ADDRESS.fullmatch(to) and not _USER_ID.fullmatch(to):
        yield ApiError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not sender and not form.get("MessagingServiceSid"):
        yield ApiError(400, 21603, "A 'From' phone number is required.")
    elif sender and not _ADDRESS.fullmatch(sender):
        yield ApiError(400, 63007, "Twilio could not find a Channel with the specified From address")


def _content_faults(form: Mapping[str, str], media: tuple[str, ...]) -> Iterator[ApiError]:
    body, template, variables = form.get("Body", ""), form.get("ContentSid"), form.get("ContentVariables")
    if not body and not media and not template:
        yield ApiError(400, 21619, "A text message body or media urls must be specified.")
    if len(body) > MAX_BODY_CHARS:
        yield ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if len(media) > MAX_MEDIA:
        yield ApiError(400, 21623, "Number of media files exceeds allowed limit.")
    if template and not re.fullmatch("HX[0-9a-fA-F]{32}", template):
        yield ApiError(400, 21655, "The ContentSid is Invalid")
    if variables and not _is_object(variables):
        yield ApiError(400, 21656, "The ContentVariables Parameter is invalid")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
