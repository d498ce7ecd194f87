"""What people write to a number at the fake 360dialog: a message of every type, as the Cloud API tells of it."""

from collections.abc import Callable
from typing import Any

from tests.fakes.dialog360.shapes import digits
from tests.fakes.dialog360.webhooks import Webhooks

BUSINESS = "12025550100"
HIDDEN = "ES.13491208655302741918"
"""The user id of somebody who shows a user name instead of a number."""


class People:
    """Each method sends a webhook and returns the message's wamid.

    number: E.164; None: somebody who shows a user name instead. Every message opens the 24 hours for its number.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        *,
        make_wamid: Callable[[str], str],
        now: Callable[[], float],
        hears: Callable[[str], None],
    ) -> None:
        self._webhooks, self._make_wamid, self._now, self._hears = webhooks, make_wamid, now, hears

    def write(self, number: str | None, body: str, **options: Any) -> str:
        return self.send(number, "text", {"body": body}, **options)

    def press(self, number: str | None, text: str, payload: str, *, about: str, **options: Any) -> str:
        """Press a quick reply of the template with that wamid."""
        context = {"from": BUSINESS, "id": about}
        return self.send(number, "button", {"payload": payload, "text": text}, context=context, **options)

    def choose(
        self, number: str | None, title: str, row: str, *, kind: str = "list_reply", **options: Any
    ) -> str:
        """Choose a row of a list, or (kind button_reply) a button of ours."""
        chosen = {"type": kind, kind: {"id": row, "title": title}}
        return self.send(number, "interactive", chosen, **options)

    def send_file(
        self,
        number: str | None,
        kind: str,
        media_id: str,
        mime_type: str,
        *,
        caption: str | None = None,
        filename: str | None = None,
        voice: bool | None = None,
        **options: Any,
    ) -> str:
        file = {"id": media_id, "mime_type": mime_type, "sha256": "aGFzaA==", "caption": caption,
                "filename": filename, "voice": voice}  # fmt: skip
        return self.send(
            number, kind, {name: value for name, value in file.items() if value is not None}, **options
        )

    def share_location(
        self, number: str | None, latitude: float, longitude: float, *, name: str = "", address: str = "",
        **options: Any,
    ) -> str:  # fmt: skip
        named = {key: value for key, value in (("name", name), ("address", address)) if value}
        place = {"latitude": latitude, "longitude": longitude, **named}
        return self.send(number, "location", place, **options)

    def share_contact(self, number: str | None, name: str, *phones: str, **options: Any) -> str:
        written = [{"phone": phone, "type": "CELL", "wa_id": digits(phone)} for phone in phones]
        card = {"name": {"formatted_name": name, "first_name": name.split()[0]}, "phones": written}
        return self.send(number, "contacts", [card], **options)

    def react(self, number: str | None, emoji: str, about: str, **options: Any) -> str:
        """React to a message; with no emoji: take the reaction back."""
        reaction = {"message_id": about, "emoji": emoji} if emoji else {"message_id": about}
        return self.send(number, "reaction", reaction, **options)

    def edit(self, number: str | None, original: str, body: str, **options: Any) -> str:
        """Change the words of a message within its quarter of an hour."""
        said = {"type": "text", "text": {"body": body}}
        return self.send(number, "edit", {"original_message_id": original, "message": said}, **options)

    def delete(self, number: str | None, original: str, **options: Any) -> str:
        """Delete a message for everybody."""
        return self.send(number, "revoke", {"original_message_id": original}, **options)

    def fill_in(self, number: str | None, answers: str, **options: Any) -> str:
        """Send a form back. answers: its JSON."""
        form = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": answers}}
        return self.send(number, "interactive", form, **options)

    def order(self, number: str | None, *items: dict[str, Any], text: str = "", **options: Any) -> str:
        """Order from the catalogue."""
        order = {"catalog_id": "1", "text": text, "product_items": list(items)}
        return self.send(number, "order", order, **options)

    def send_unsupported(self, number: str | None, **options: Any) -> str:
        errors = [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}]
        return self.send(number, "unsupported", {}, errors=errors, **options)

    def change_number(self, number: str, new: str) -> str:
        """Let WhatsApp tell that somebody moved to another number: a message that nobody wrote."""
        told = {"body": "User changed number", "wa_id": digits(new), "type": "user_changed_number"}
        return self.send(number, "system", told)

    def change_identity(self, kind: str, *, number: str = "", **told: str) -> None:
        """Let WhatsApp tell that somebody has another user id, and perhaps another number: nobody's message."""
        message = {"id": self._make_wamid(number), "timestamp": str(int(self._now())), "type": "system"}
        message |= {"from": digits(number)} if number else {}
        self._webhooks.deliver(
            {"messages": [message | {"system": {"body": "Changed", "type": kind, **told}}]}
        )

    def give_number(self, number: str, *, origin: str = "contact_request", **options: Any) -> str:
        """Let somebody who hides the number send it, by the button that asks for it."""
        phone = {"phone": number, "wa_id": digits(number), "type": "MOBILE"}
        card = {"name": {"formatted_name": "Ana"}, "phones": [phone], "origin": origin}
        return self.send(None, "contacts", [card], **options)

    def send(
        self,
        number: str | None,
        kind: str,
        part: Any,
        *,
        name: str = "Ana",
        at: float | None = None,
        **more: Any,
    ) -> str:
        """Send a message of any type. at: when it was written, in seconds; more: what else it has."""
        wamid = self._make_wamid(number or "")
        message = {
            "id": wamid,
            "timestamp": str(int(self._now() if at is None else at)),
            "type": kind,
            **more,
        }
        if part != {}:
            message[kind] = part
        contact: dict[str, Any] = {"profile": {"name": name}}
        if number is None:
            contact = {"profile": {"name": name, "username": "ana"}, "user_id": HIDDEN}
            message["from_user_id"] = HIDDEN
            self._hears(HIDDEN)
        else:
            contact["wa_id"] = message["from"] = digits(number)
            self._hears(number)
        self._webhooks.deliver({"contacts": [contact], "messages": [message]})
        return wamid
