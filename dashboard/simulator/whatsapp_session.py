"""Runs a browser's WhatsApp on a simulated one, several messages at once."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from common.loops import Loop
from dashboard.simulator.events import as_event
from dashboard.simulator.sessions import Event, Tell
from integrations.errors import IntegrationError
from simulator.twilio.call_params import new_sid
from simulator.whatsapp.client import Event as Happening
from simulator.whatsapp.client import WhatsApp, photo, voice_note
from simulator.whatsapp.media import Attachment, from_bytes
from storage.reports.browser_sessions import CommandRecord
from translations import current_language, in_language

log = structlog.get_logger()

AT_ONCE = 6
DELIVER_EVERY_S = 0.5
"""Interval of delivering messages outside replies."""
SAMPLES: dict[str, Callable[[], Attachment]] = {"photo": photo, "voice": voice_note}

MakeWhatsApp = Callable[[Callable[[Happening], None]], WhatsApp]
Deliver = Callable[[str, str], None]
"""Delivers a number's pending messages to the REST API at a URL. Raises IntegrationError."""


class BrowserChat:
    """One person's WhatsApp, until they leave. deliver: called for messages outside replies."""

    def __init__(self, make: MakeWhatsApp, tell: Tell, deliver: Deliver) -> None:
        self._tell, self._deliver = tell, deliver
        self._language = current_language()  # the reader's: events come in threads of their own
        self._whatsapp = make(self._happened)
        self._whatsapp.api.enforce_window = False  # it does not know the messages before its opening
        self._at_once = threading.BoundedSemaphore(AT_ONCE)
        self._receipts, self._receipts_lock = 0, threading.Lock()
        self._ending: Event | None = None
        self._left = threading.Event()
        self._post = Loop("browser-chat-post", self._deliver_pending, every_s=DELIVER_EVERY_S, is_vital=False)

    @property
    def ending(self) -> Event | None:
        """Return the closing message; None while it is open."""
        return self._ending

    def begin(self) -> None:
        """Report the person's number, and start delivery of pending messages."""
        self._tell({"kind": "opened", "number": self._whatsapp.number, "to": self._whatsapp.to})
        self._post.start()

    def do(self, command: CommandRecord) -> None:
        """Send a message, or leave."""
        if command.verb == "leave":
            self.leave("left")
        elif command.verb == "send":
            self._send(str(command.body.get("text", "")), _attachments(command), command)

    def leave(self, reason: str) -> None:
        """End it; messages still on their way are lost."""
        if self._ending is None:
            self._ending = {"reason": reason}
            self._left.set()
            self._post.stop()
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

    def _deliver_pending(self) -> None:
        """Bring the pending messages once; those that cannot be brought are asked for again."""
        try:
            self._deliver(self._whatsapp.number, self._whatsapp.api.url)
        except (IntegrationError, SQLAlchemyError) as error:
            if not self._left.is_set():
                log.warning("browser_message_not_brought", error=type(error).__name__)
        self._show_receipts()

    def _show_receipts(self) -> None:
        """Show the server's receipts since the last call."""
        with self._receipts_lock:
            told = self._whatsapp.receipt_steps[self._receipts :]
            self._receipts += len(told)
        for step in told:
            self._happened(step)

    def _happened(self, happening: Happening) -> None:
        with in_language(self._language):
            event = as_event(happening)
        if event is not None:
            self._tell(event)


def _attachments(command: CommandRecord) -> list[Attachment]:
    if command.content is not None:
        return [from_bytes(str(command.body.get("name", "")), command.content)]
    sample = SAMPLES.get(str(command.body.get("sample", "")))
    return [sample()] if sample else []
