"""Simulates a WhatsApp contact: signed webhooks, a reply in TwiML, and its receipts."""

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from bench.caller import ANSWER, CallFailed, Line, questions
from bench.processes import ACCOUNT_SID, OUR_NUMBER, PUBLIC_URL

RECEIPTS = ("sent", "delivered", "read")
"""Twilio's status callbacks for a delivered and read message, in order."""
NEWCOMERS = 100
"""People from this number on are others than those who write all at once."""
_MESSAGE = re.compile(r'<Message statusCallback="([^"]*)">([^<]*)</Message>')


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message and its answer, with the question's number. Times on the monotonic clock."""

    question: int
    asked: float
    answered: float


class Person:
    """One of 200 contacts. Webhooks go over one kept connection, receipts over another.

    receipts: what Twilio tells of each answer. lost: counts those that were not taken, by what became of them.
    """

    def __init__(
        self, port: int, number: int, *, lost: Counter[str], receipts: Sequence[str] = RECEIPTS
    ) -> None:
        self.number = f"+346000000{number:02}" if number < NEWCOMERS else f"+120255501{number - NEWCOMERS:02}"
        self._line, self._receipts_line = Line(port), Line(port)
        self._receipts: asyncio.Task[None] | None = None
        self._tells, self._lost = receipts, lost

    async def write(self) -> Exchange:
        """Write a message and wait for the answer in the webhook's reply. Its receipts follow beside the next message.

        Raises CallFailed where the reply is not the whole answer of the model and nothing else.
        """
        question = next(questions)
        form = self._form(f"¿Y a qué hora abren ustedes? Pregunta {question}")
        asked = time.monotonic()
        reply = await self._line.post("/webhook/whatsapp/", form)
        answered = time.monotonic()
        found = _MESSAGE.findall(reply)
        if len(found) != 1:
            raise CallFailed("more than one message" if found else "no answer in the reply")
        callback, words = map(unescape, found[0])
        await self.read()
        self._receipts = asyncio.create_task(self._tell(callback.removeprefix(PUBLIC_URL)))
        if " ".join(words.split()) != ANSWER:
            raise CallFailed("other words than the model's")
        return Exchange(question, asked, answered)

    async def read(self) -> None:
        """Wait until the last answer's receipts are told."""
        if self._receipts is not None:
            await self._receipts

    def leave(self) -> None:
        """Close the connections."""
        self._line.close()
        self._receipts_line.close()

    async def _tell(self, target: str) -> None:
        sid = f"SM{secrets.token_hex(16)}"
        for status in self._tells:
            try:
                await self._receipts_line.post(target, receipt(self.number, sid, status))
            except CallFailed as error:
                self._lost[f"receipt: {error}"] += 1

    def _form(self, words: str) -> dict[str, str]:
        sid = f"SM{secrets.token_hex(16)}"
        return {
            "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "Body": words, "From": f"whatsapp:{self.number}",
            "MessageSid": sid, "MessageType": "text", "NumMedia": "0", "NumSegments": "1", "ProfileName": "Ana",
            "ReferralNumMedia": "0", "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received",
            "To": f"whatsapp:{OUR_NUMBER}", "WaId": self.number.removeprefix("+"),
        }  # fmt: skip


def receipt(number: str, sid: str, status: str) -> dict[str, str]:
    """Return the form with which Twilio tells what became of a message to somebody."""
    return {
        "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "ChannelInstallSid": f"XE{'b' * 32}",
        "ChannelPrefix": "whatsapp", "ChannelToAddress": number, "From": f"whatsapp:{OUR_NUMBER}",
        "MessageSid": sid, "MessageStatus": status, "SmsSid": sid, "SmsStatus": status, "To": f"whatsapp:{number}",
    }  # fmt: skip
