"""Serves the files of messages: Twilio's API redirects to a CDN."""

import secrets
import threading
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from simulator.twilio.call_params import new_sid
from simulator.whatsapp import samples
from simulator.whatsapp.http_server import Reply, Request
from simulator.whatsapp.messages import API_VERSION

TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".amr": "audio/amr",
    ".3gp": "audio/3gpp",
    ".aac": "audio/aac",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".vcf": "text/vcard",
}
"""The media types accepted by WhatsApp, by file extension."""
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file, and the way it is served.

    content_type: in the webhook. kind: WhatsApp's type of the message. served_type: the CDN's content type; None: the
    same. padding_bytes: zeros sent after the content. length: a false Content-Length. chunked: sends no
    Content-Length. missing_times: the number of 404s before the file is there, as right after a webhook of Twilio's.
    redirect_to: the API's redirect, in place of the CDN. status: the CDN's.
    """

    content: bytes
    content_type: str
    kind: str
    served_type: str | None = None
    padding_bytes: int = 0
    length: int | None = None
    chunked: bool = False
    missing_times: int = 0
    redirect_to: str | None = None
    status: int = 200


def photo(image: bytes | None = None, content_type: str = "image/jpeg", **served: Any) -> Attachment:
    """Return a picture; by default a tiny JPEG, or PNG by its content_type. served: fields of Attachment."""
    content = image or (samples.png() if content_type == "image/png" else samples.jpeg())
    return _attachment(content, content_type, "image", served)


def voice_note(sound: bytes | None = None, content_type: str = "audio/ogg", **served: Any) -> Attachment:
    """Return a voice note; by default a second of silence in Opus. served: fields of Attachment."""
    return _attachment(sound or samples.ogg(), content_type, "audio", served)


def sticker(**served: Any) -> Attachment:
    """Return a sticker. served: fields of Attachment."""
    return _attachment(samples.webp(), "image/webp", "sticker", served)


def document(
    content: bytes | None = None, content_type: str = "application/pdf", **served: Any
) -> Attachment:
    """Return a document; by default an empty page. served: fields of Attachment."""
    return _attachment(content or samples.pdf(), content_type, "document", served)


def contact_card(name: str, number: str) -> Attachment:
    """Return a contact card."""
    return _attachment(samples.vcard(name, number), "text/vcard", "contacts", {})


def from_file(path: Path) -> Attachment:
    """Return a file of this machine, its type by its name. Raises OSError if it cannot be read."""
    return from_bytes(path.name, path.read_bytes())


def from_bytes(name: str, content: bytes) -> Attachment:
    """Return a file from memory, its type by its name."""
    content_type = TYPES.get(PurePath(name).suffix.lower(), UNKNOWN_TYPE)
    kind = content_type.partition("/")[0]
    return _attachment(content, content_type, kind if kind in ("image", "audio", "video") else "document", {})


def _attachment(content: bytes, content_type: str, kind: str, served: dict[str, Any]) -> Attachment:
    return Attachment(content=content, content_type=content_type, kind=kind, **served)


MOST_HELD_BYTES = 32 * 1024 * 1024
"""Of the files of one simulator; the oldest are forgotten, the newest never."""


class MediaStore:
    """The files behind the links. Thread-safe.

    asked, cdn_asked: the requests to the API and to the CDN, refused ones included, in order.
    """

    def __init__(self, account_sid: str) -> None:
        self.asked: list[Request] = []
        self.cdn_asked: list[Request] = []
        self._account_sid = account_sid
        self._lock = threading.Lock()
        self._attachments: dict[str, Attachment] = {}
        self._signed: dict[str, Attachment] = {}
        self._missing: dict[str, int] = {}

    def put(self, attachment: Attachment, message_sid: str) -> str:
        """Store a file, and return its path in the API."""
        path = f"/{API_VERSION}/Accounts/{self._account_sid}/Messages/{message_sid}/Media/{new_sid('ME')}"
        with self._lock:
            self._attachments[path] = attachment
            self._missing[path] = attachment.missing_times
            self._forget_old()
        return path

    def _forget_old(self) -> None:
        held = sum(len(attachment.content) for attachment in self._attachments.values())
        for path in list(self._attachments)[:-1]:
            if held <= MOST_HELD_BYTES:
                return
            forgotten = self._attachments.pop(path)
            del self._missing[path]
            self._signed = {token: file for token, file in self._signed.items() if file is not forgotten}
            held -= len(forgotten.content)

    def listed(self, message_sid: str) -> list[dict[str, str]]:
        """Return the files of a message, as Twilio's REST API lists them."""
        base = f"/{API_VERSION}/Accounts/{self._account_sid}/Messages/{message_sid}/Media/"
        with self._lock:
            found = [(path, file) for path, file in self._attachments.items() if path.startswith(base)]
        return [
            {"sid": path.removeprefix(base), "content_type": file.content_type, "uri": f"{path}.json"}
            for path, file in found
        ]

    def api_reply(self, request: Request, cdn_url: str) -> Reply | None:
        """Return a redirect to a temporary URL of the file; None if there is no file."""
        with self._lock:
            self.asked.append(request)
            attachment = self._attachments.get(request.path)
            if attachment is None or self._is_missing(request.path):
                return None
            token = f"/{secrets.token_hex(8)}"
            self._signed[token] = attachment
        return Reply(307, headers={"Location": attachment.redirect_to or f"{cdn_url}{token}"})

    def cdn_reply(self, request: Request) -> Reply:
        """Return the file; for a request with an Authorization header, return S3's error."""
        with self._lock:
            self.cdn_asked.append(request)
            attachment = self._signed.get(request.path)
        if "authorization" in request.headers:
            return Reply(400, _TWO_KEYS, "application/xml")
        if attachment is None:
            return Reply(404, content_type="application/xml")
        return Reply(
            attachment.status,
            attachment.content,
            attachment.served_type or attachment.content_type,
            padding_bytes=attachment.padding_bytes,
            length=attachment.length,
            chunked=attachment.chunked,
        )

    def _is_missing(self, path: str) -> bool:
        left = self._missing[path]
        self._missing[path] = max(0, left - 1)
        return left > 0


_TWO_KEYS = b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>"
