"""360dialog's messaging API: WhatsApp messages sent, typing shown, and the files fetched that people send.

Values in, a message's id out; whatever goes wrong is one IntegrationError. Follows
https://docs.360dialog.com/docs/messaging-api/api-reference/messages and, for what a message is,
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages.
"""

from collections.abc import Mapping
from typing import Any

from integrations.dialog360.api_errors import coded
from integrations.dialog360.error_codes import NOT_UNDERSTOOD, receipt_is_permanent, what_to_do
from integrations.dialog360.lenient import line_of
from integrations.dialog360.media import MediaFiles
from integrations.errors import CONNECTION_LOST, NO_ANSWER_IN_TIME, IntegrationError
from integrations.http.json_client import TOO_LARGE, JsonHttp
from integrations.json_models import dict_of, dicts_of
from integrations.plain_text import sendable

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


class Dialog360:
    """The one WhatsApp number that a key of 360dialog's stands for. Thread-safe.

    api_url: a stand-in's base URL, in place of API_URL; the key goes there and nowhere else. total_s: seconds for all
    of a request; media_total_s: for all of a download.
    Every method raises IntegrationError: code is Meta's where Meta gave one, else the HTTP status or a word of
    codes.py, and what_to_do says it in a sentence. What is accepted here can still fail on its way: outside the 24
    hours, for one, which a receipt says with 131047.
    """

    def __init__(
        self, api_key: str, *, api_url: str | None = None, total_s: float = 10, media_total_s: float = 20
    ) -> None:
        base_url, headers = (api_url or API_URL).rstrip("/"), {"D360-API-KEY": api_key}
        self._http = JsonHttp(base_url, name="360dialog", headers=headers, total_s=total_s)
        self._files = MediaFiles(self._http, base_url, headers, total_s=media_total_s)

    def send_text(self, to: str, body: str) -> str:
        """Send a text of at most MOST_BODY characters and return its wamid. Not repeated: it would arrive twice.

        to: E.164, or the user id of somebody who shows no number. Where this raises,
        may_have_been_done says whether it may be on its way all the same.
        """
        return self._send(to, "text", {"body": sendable(body), "preview_url": False})

    def send_media(
        self, to: str, link: str, kind: str, caption: str | None = None, *, file_name: str | None = None
    ) -> str:
        """Send the file behind a public link, as send_text sends a text. file_name: what a document is called.

        kind: one of MEDIA_KINDS; audio and stickers take no caption. Raises ValueError for what WhatsApp has no
        form for.
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
        """Send an approved template, as send_text sends a text; it passes outside the 24 hours too.

        language: as approved ("es", "es_MX"). variables: what the placeholders of its body become, by number ("1")
        or by name, none of them empty or with a line break.
        """
        template: dict[str, Any] = {"name": name, "language": {"code": language}}
        cleaned = {name: sendable(value) for name, value in variables.items()}
        if cleaned:
            template["components"] = [{"type": "body", "parameters": _parameters(cleaned)}]
        return self._send(to, "template", template)

    def show_typing(self, wamid: str) -> None:
        """Show the writer of that message that an answer is being written, and mark the message as read.

        It vanishes with the answer, or after 25 s.
        """
        answer = self._post({"status": "read", "message_id": wamid, "typing_indicator": {"type": "text"}})
        if answer.get("success") is not True:
            raise IntegrationError("360dialog's answer has no success", permanent=False, code=NOT_UNDERSTOOD)

    def download(self, media_id: str, *, most_bytes: int = 16 * 1024 * 1024) -> bytes:
        """Return a file that somebody sent. What is larger than most_bytes is left at that size.

        Do not repeat what is permanent: after five refusals within an hour, 360dialog lets the number fetch nothing
        for the next.
        """
        return self._files.download(media_id, most_bytes)

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
        raise IntegrationError("360dialog's answer has no message", permanent=False, code=NOT_UNDERSTOOD)

    def _post(self, message: Mapping[str, Any]) -> dict[str, Any]:
        with coded():
            reply = self._http.request("POST", "/messages", json={"messaging_product": "whatsapp", **message})
        return dict_of(reply.body)


def may_have_been_done(error: IntegrationError) -> bool:
    """Say whether a message may be on its way although sending it raised: it was asked for, and nobody said no.

    360dialog cannot be asked what became of it; a receipt may tell.
    """
    in_the_open = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD, TOO_LARGE)
    return error.code in in_the_open or (error.code == error.status and (error.status or 0) >= 500)


def _parameters(variables: Mapping[str, str]) -> list[dict[str, str]]:
    if all(name.isascii() and name.isdigit() for name in variables):
        return [{"type": "text", "text": variables[name]} for name in sorted(variables, key=int)]
    return [
        {"type": "text", "parameter_name": name, "text": value} for name, value in sorted(variables.items())
    ]
