"""A WhatsApp in a browser: what the person sends becomes the verbs of a simulated one, several at once if they like."""

import threading
from collections.abc import Callable

import structlog

from dashboard.phone_events import as_event
from dashboard.sittings import Event, Tell
from simulator.leg import new_sid
from simulator.whatsapp import Event as Happening
from simulator.whatsapp import WhatsApp, photo, voice_note
from simulator.whatsapp_media import Attachment, from_bytes
from storage.browser_phones import CommandRecord

log = structlog.get_logger()

AT_ONCE = 6
SAMPLES: dict[str, Callable[[], Attachment]] = {"photo": photo, "voice": voice_note}

MakeWhatsApp = Callable[[Callable[[Happening], None]], WhatsApp]


class BrowserChat:
    """One person's WhatsApp, until they leave."""

    def __init__(self, make: MakeWhatsApp, tell: Tell) -> None:
        self._tell = tell
        self._whatsapp = make(self._happened)
        self._at_once = threading.BoundedSemaphore(AT_ONCE)
        self._receipts, self._receipts_lock = 0, threading.Lock()
        self._ending: Event | None = None

    @property
    def ending(self) -> Event | None:
        """Why it ended; None while it lasts."""
        return self._ending

    @property
    def api_url(self) -> str:
        """Where messages to the person can be sent by REST."""
        return self._whatsapp.api.url

    def begin(self) -> None:
        """Say whose it is."""
        self._tell({"kind": "opened", "number": self._whatsapp.number, "to": self._whatsapp.to})

    def do(self, command: CommandRecord) -> None:
        """Send a message, or leave."""
        if command.verb == "leave":
            self.leave("left")
        elif command.verb == "send":
            self._send(str(command.body.get("text", "")), _attachments(command), command)

    def leave(self, reason: str) -> None:
        """End it; what is on its way arrives at nobody's."""
        if self._ending is None:
            self._ending = {"reason": reason}
            threading.Thread(target=self._whatsapp.close, name="browser-chat-end", daemon=True).start()

    def _send(self, text: str, media: list[Attachment], command: CommandRecord) -> None:
        sid = new_sid("MM" if media else "SM")
        kind = media[0].kind if media else ""
        name = str(command.body.get("name", ""))
        self._tell({"kind": "wrote", "sid": sid, "text": text, "file": kind, "name": name})
        asking = threading.Thread(target=self._ask, args=(sid, text, media), name="browser-chat", daemon=True)
        asking.start()

    def _ask(self, sid: str, text: str, media: list[Attachment]) -> None:
        status, messages = None, 0
        try:
            with self._at_once:
                exchange = self._whatsapp.send(text, media=media, sid=sid)
            status, messages = exchange.status, len(exchange.messages)
        except Exception as error:
            if self._ending is None:
                log.exception("browser_message_not_sent", error=type(error).__name__)
        self._show_receipts()
        self._tell({"kind": "answered", "sid": sid, "status": status, "messages": messages})

    def _show_receipts(self) -> None:
        """Show what the server was told of its messages since this was last done."""
        with self._receipts_lock:
            told = self._whatsapp.receipt_steps[self._receipts :]
            self._receipts += len(told)
        for step in told:
            self._happened(step)

    def _happened(self, happening: Happening) -> None:
        if (event := as_event(happening)) is not None:
            self._tell(event)


def _attachments(command: CommandRecord) -> list[Attachment]:
    if command.content is not None:
        return [from_bytes(str(command.body.get("name", "")), command.content)]
    sample = SAMPLES.get(str(command.body.get("sample", "")))
    return [sample()] if sample else []
