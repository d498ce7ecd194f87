"""Builds the webhook fields of a person's message.

Sources: Twilio's "Twilio's request to your incoming message Webhook URL", and its pages on quick replies and list
pickers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.twilio.signing import Params
from simulator.whatsapp.media import Attachment
from simulator.whatsapp.messages import API_VERSION, address

Extra = Mapping[str, str | None]
"""Fields to add to the default ones or to override them; None removes one."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A person on WhatsApp.

    number: E.164. id: the WaId; None: the number without its plus sign. In Mexico and Argentina they can differ.
    """

    number: str = "+12025550143"
    name: str = "Ana"
    id: str | None = None

    @property
    def address(self) -> str:
        """The person's address: "whatsapp:+..."."""
        return address(self.number)

    def params(
        self,
        account_sid: str,
        to: str,
        sid: str,
        text: str,
        media: Sequence[tuple[Attachment, str]] = (),
        message_type: str | None = None,
        extra: Extra | None = None,
    ) -> Params:
        """Return a message's fields.

        to: the recipient's address. media: each file with its link. message_type: None: by the first file, or "text".
        extra: fields to add or override.
        """
        fields: dict[str, str | None] = {
            "SmsMessageSid": sid,
            "NumMedia": str(len(media)),
            "ProfileName": self.name,
            "MessageType": message_type or (media[0][0].kind if media else "text"),
            "SmsSid": sid,
            "WaId": self._wa_id,
            "SmsStatus": "received",
            "Body": text,
            "To": to,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": sid,
            "AccountSid": account_sid,
            "ChannelMetadata": self._metadata(),
            "From": self.address,
            "ApiVersion": API_VERSION,
        }
        for position, (attachment, url) in enumerate(media):
            fields[f"MediaContentType{position}"] = attachment.content_type
            fields[f"MediaUrl{position}"] = url
        fields |= extra or {}
        return tuple((name, value) for name, value in fields.items() if value is not None)

    @property
    def _wa_id(self) -> str:
        return self.id or self.number.removeprefix("+")

    def _metadata(self) -> str:
        context = {"ProfileName": self.name, "WaId": self._wa_id}
        return json.dumps({"type": "whatsapp", "data": {"context": context}}, separators=(",", ":"))


def location(latitude: float, longitude: float, label: str, street: str) -> dict[str, str | None]:
    """Return the fields of a location. label: its name. street: its address. "": left out."""
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
    """Return the fields that quote a message of ours; none without a SID."""
    if sid is None:
        return {}
    return {"OriginalRepliedMessageSid": sid, "OriginalRepliedMessageSender": address(sender)}
