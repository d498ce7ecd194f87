"""Builds a person's message as webhook fields.

After Twilio's "Twilio's request to your incoming message Webhook URL" page and, for what was pressed or chosen, its
pages on quick replies and list pickers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.twilio.signing import Params
from simulator.whatsapp.media import Attachment
from simulator.whatsapp.messages import API_VERSION, address

Extra = Mapping[str, str | None]
"""Fields that are sent beside ours or in their place; None leaves one of ours out."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender and the recipient. Numbers in E.164; wa_id: the person's id, as a rule their number without the +."""

    account_sid: str
    number: str
    to: str
    profile_name: str
    wa_id: str

    def params(
        self,
        sid: str,
        text: str,
        media: Sequence[tuple[Attachment, str]] = (),
        message_type: str | None = None,
        extra: Extra | None = None,
    ) -> Params:
        """Return a message's fields. media: each file with its link. message_type: None for what it is by itself."""
        fields: dict[str, str | None] = {
            "SmsMessageSid": sid,
            "NumMedia": str(len(media)),
            "ProfileName": self.profile_name,
            "MessageType": message_type or (media[0][0].kind if media else "text"),
            "SmsSid": sid,
            "WaId": self.wa_id,
            "SmsStatus": "received",
            "Body": text,
            "To": address(self.to),
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "ChannelMetadata": self._metadata(),
            "From": address(self.number),
            "ApiVersion": API_VERSION,
        }
        for position, (attachment, url) in enumerate(media):
            fields[f"MediaContentType{position}"] = attachment.content_type
            fields[f"MediaUrl{position}"] = url
        fields |= extra or {}
        return tuple((name, value) for name, value in fields.items() if value is not None)

    def _metadata(self) -> str:
        context = {"ProfileName": self.profile_name, "WaId": self.wa_id}
        return json.dumps({"type": "whatsapp", "data": {"context": context}}, separators=(",", ":"))


def location(latitude: float, longitude: float, label: str, street: str) -> dict[str, str | None]:
    """Return the fields of a place. label: its name, street: its address; "" leaves either out."""
    return {
        "Latitude": str(latitude),
        "Longitude": str(longitude),
        "Label": label or None,
        "Address": street or None,
    }


def button(text: str, payload: str) -> dict[str, str | None]:
    """Return the fields of a pressed button."""
    return {"ButtonText": text, "ButtonPayload": payload, "ButtonType": "REPLY"}


def list_choice(title: str, choice_id: str, description: str) -> dict[str, str | None]:
    """Return the fields of a list choice."""
    row = {"id": choice_id, "title": title, "description": description}
    return {
        "ListId": choice_id,
        "ListTitle": title,
        "ListDescription": description or None,
        "InteractiveData": json.dumps({"type": "list_reply", "list_reply": row}, ensure_ascii=False),
    }


def quoting(sid: str | None, sender: str) -> dict[str, str | None]:
    """Return the fields that say which of our messages is answered; with no SID, none."""
    if sid is None:
        return {}
    return {"OriginalRepliedMessageSid": sid, "OriginalRepliedMessageSender": address(sender)}
