"""Client for 360dialog's messaging API: sends WhatsApp messages, shows typing and downloads received files.

Follows https://docs.360dialog.com/docs/messaging-api/api-reference/messages and, for the format of messages,
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages.
"""

from collections.abc import Mapping
from typing import Any

from integrations.dialog360.api_errors import coded
from integrations.dialog360.error_codes import NOT_UNDERSTOOD, receipt_is_permanent, what_to_do
from integrations.dialog360.lenient import line_of
from integrations.dialog360.media import MediaFiles
from integrations.dialog360.templates import find_template
from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, IntegrationError
from integrations.http.json_client import TOO_LARGE, JsonHttp
from integrations.json_models import dict_of, dicts_of
from integrations.plain_text import sendable
from integrations.whatsapp_templates import TemplateContent
from translations import lazy_gettext as _

__all__ = [
    "API_URL",
    "MEDIA_KINDS",
    "MOST_BODY",
    "Dialog360",
    "may_have_been_done",
    "receipt_is_permanent",
    "what_to_do",
]

API_URL = "https://waba-v2.360dialog.io"
MOST_BODY = 4096
MEDIA_KINDS = frozenset({"image", "audio", "video", "document", "sticker"})
_WITHOUT_CAPTION = frozenset({"audio", "sticker"})
_MOST_WAMID = 255
_WEBHOOK = "/v1/configs/webhook"
_UNREADABLE = _("the answer of {name} could not be understood").format(name="360dialog")


class Dialog360:
    """The WhatsApp number of an API key. Thread-safe.

    api_url: a stand-in's base URL in place of API_URL, the key's only destination.
    total_s: seconds for a whole request. media_total_s: seconds for a whole download.

    Every method raises IntegrationError. Its code is Meta's, else the HTTP status or a word of error_codes; what_to_do
    explains it. An accepted message can still fail: its receipt then has a code, such as 131047 outside the 24 hours.
    """

    def __init__(
        self, api_key: str, *, api_url: str | None = None, total_s: float = 10, media_total_s: float = 20
    ) -> None:
        base_url, headers = (api_url or API_URL).rstrip("/"), {"D360-API-KEY": api_key}
        self._http = JsonHttp(base_url, name="360dialog", headers=headers, total_s=total_s)
        self._files = MediaFiles(self._http, base_url, headers, total_s=media_total_s)

    def send_text(self, to: str, body: str) -> str:
        """Send a text of at most MOST_BODY characters and return its wamid. Never retried: it would arrive twice.

        to: E.164, or the user id of somebody who shows no number. Where this raises, may_have_been_done says whether
        it may be on its way all the same.
        """
        return self._send(to, "text", {"body": sendable(body), "preview_url": False})

    def send_media(
        self, to: str, link: str, kind: str, caption: str | None = None, *, file_name: str | None = None
    ) -> str:
        """Send the file at a public link and return its wamid; see send_text.

        kind: one of MEDIA_KINDS; audio and stickers take no caption. file_name: for a document.
        Raises ValueError for a combination unknown to WhatsApp.
        """
        if kind not in MEDIA_KINDS or (caption and kind in _WITHOUT_CAPTION):
            raise ValueError(f"no such message: {kind}{' with a caption' if caption else ''}")
        file = {"link": link}
        if caption:
            file["caption"] = sendable(caption)
        if file_name and kind == "document":
            file["filename"] = file_name
        return self._send(to, kind, file)

    def send_template(self, to: str, name: str, language: str, variables: Mapping[str, str]) -> str:
        """Send an approved template and return its wamid; see send_text. It is delivered outside the 24 hours too.

        language: as approved ("es", "es_MX").
        variables: values of the body's placeholders by number ("1") or name, none empty or with a line break.
        """
        template: dict[str, Any] = {"name": name, "language": {"code": language}}
        cleaned = {name: sendable(value) for name, value in variables.items()}
        if cleaned:
            template["components"] = [{"type": "body", "parameters": _parameters(cleaned)}]
        return self._send(to, "template", template)

    def show_typing(self, wamid: str) -> None:
        """Show "typing" to the writer of a message, and mark the message as read.

        It ends with the answer, or after 25 s.
        """
        answer = self._post({"status": "read", "message_id": wamid, "typing_indicator": {"type": "text"}})
        if answer.get("success") is not True:
            raise IntegrationError(_UNREADABLE, permanent=False, code=NOT_UNDERSTOOD)

    def download(self, media_id: str, *, most_bytes: int = 16 * 1024 * 1024) -> bytes:
        """Return a received file. A file above most_bytes is refused.

        Do not retry permanent errors: after five refusals within an hour, 360dialog blocks the number's downloads for
        an hour.
        """
        return self._files.download(media_id, most_bytes)

    def forget(self, user_id: str) -> None:
        """Delete a user id and its number from the contact book, if they are there.

        Follows https://docs.360dialog.com/docs/messaging-api/usernames-and-bsuid.
        """
        try:
            with coded():
                self._http.request("DELETE", "/contact_book", params={"bsuid": user_id})
        except IntegrationError as error:
            is_unknown = error.status in (400, 404) and dict_of(error.body).get("success") is False
            if not is_unknown and error.status != 404:
                raise

    def template(self, name: str, language: str) -> TemplateContent | None:
        """Return a template as WhatsApp has it; None if the number has no such template."""
        return find_template(self._http, name, language)

    def webhook_url(self) -> str | None:
        """Return the URL that the number's webhooks go to; None if there is none.

        GET and POST /v1/configs/webhook: https://docs.360dialog.com/docs/hub/webhook-url.
        """
        try:
            with coded():
                url = dict_of(self._http.request("GET", _WEBHOOK).body).get("url")
        except IntegrationError as error:
            if error.status == 404:
                return None
            raise
        return url if isinstance(url, str) and url else None

    def set_webhook(self, url: str, token: str) -> None:
        """Have the number's webhooks sent to a URL, with a token that our server knows them by."""
        with coded():
            headers = {"Authorization": f"Bearer {token}"}
            self._http.request("POST", _WEBHOOK, json={"url": url, "headers": headers})

    def close(self) -> None:
        """Close the connections."""
        self._files.close()
        self._http.close()

    def _send(self, to: str, kind: str, content: Mapping[str, Any]) -> str:
        # An id in "to" would be accepted, its letters dropped, and the rest taken for somebody's number
        number = to.removeprefix("+")
        person = {"to": number} if number.isdigit() else {"recipient": to}
        answer = self._post({"recipient_type": "individual", **person, "type": kind, kind: content})
        for message in dicts_of(answer.get("messages")):
            if wamid := line_of(message.get("id"), _MOST_WAMID):
                return wamid
        raise IntegrationError(_UNREADABLE, permanent=False, code=NOT_UNDERSTOOD)

    def _post(self, message: Mapping[str, Any]) -> dict[str, Any]:
        with coded():
            reply = self._http.request("POST", "/messages", json={"messaging_product": "whatsapp", **message})
        return dict_of(reply.body)


def may_have_been_done(error: IntegrationError) -> bool:
    """Return whether a message may be on its way although sending it raised an error.

    360dialog has no request for a message's status; a receipt may tell.
    """
    outcome_unknown = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD, TOO_LARGE)
    return error.code in outcome_unknown or (error.code == error.status and (error.status or 0) >= 500)


def _parameters(variables: Mapping[str, str]) -> list[dict[str, str]]:
    if all(name.isascii() and name.isdigit() for name in variables):
        return [{"type": "text", "text": variables[name]} for name in sorted(variables, key=int)]
    return [
        {"type": "text", "parameter_name": name, "text": value} for name, value in sorted(variables.items())
    ]
