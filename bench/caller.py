"""Simulates a caller: signed webhooks over a kept connection, TwiML followed in real time.

Cheap, because it runs on the processor that what it measures runs on: a document is read with three expressions.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from urllib.parse import urlencode

from bench.processes import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, PUBLIC_URL
from bench.servers.model_server import TOKENS

CHARACTERS_PER_S = 15.0
"""The speed of speech."""
ANSWER_WITHIN_S = 15.0
"""Twilio's timeout of a webhook."""
MOST_REQUESTS = 20
ANSWER = "".join(TOKENS)

_SAY = re.compile(r"<Say[^>]*>([^<]*)</Say>")
_REDIRECT = re.compile(r"<Redirect[^>]*>([^<]*)</Redirect>")
_GATHER = re.compile(r'<Gather[^>]* action="([^"]*)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_FLOORS_FILLER = "Un momento, por favor."

questions = count(1)
"""Each question has a number of its own, by which the model says when it answered it."""


class CallFailed(Exception):
    """A webhook got no TwiML that a call could go on with."""


@dataclass(frozen=True, slots=True)
class Document:
    """A TwiML document's words and next URL."""

    words: str
    redirect: str | None
    action: str | None
    at: float
    """Arrival time, on the monotonic clock."""

    @property
    def spoken_s(self) -> float:
        """Return the seconds of speech."""
        return len(self.words) / CHARACTERS_PER_S

    @property
    def is_filler(self) -> bool:
        """Return whether it is only a filler: it listens, then continues at another URL."""
        return self.redirect is not None and (self.action is not None or self.words == _FLOORS_FILLER)


@dataclass(slots=True)
class Turn:
    """One turn as its caller experienced it. Times on the monotonic clock."""

    question: int
    asked: float
    first_word: float = 0.0
    silences_s: list[float] = field(default_factory=list)
    """After each portion of words but the last: how long it took until the next was there."""
    fillers: int = 0
    words: list[str] = field(default_factory=list)
    ended: float = 0.0


class Line:
    """One kept HTTP/1.1 connection, as Twilio's are, or a new one for each request."""

    def __init__(self, port: int, *, keep_alive: bool = True) -> None:
        self._port, self._keep_alive = port, keep_alive
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, target: str, form: Mapping[str, str]) -> str:
        """Send a webhook, return the body. Raises CallFailed for anything but a 200 with words."""
        request = self._request(target, form)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                status, body = await self._exchange(request)
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.close()
            raise CallFailed(type(error).__name__) from error
        if status != b"200":
            raise CallFailed(f"HTTP {status.decode()}")
        return body.decode()

    def _request(self, target: str, form: Mapping[str, str]) -> bytes:
        body = urlencode(form)
        kept = "" if self._keep_alive else "Connection: close\r\n"
        return (
            f"POST {target} HTTP/1.1\r\nHost: bench.example\r\n{kept}User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
            f"X-Twilio-Signature: {signature(target, form)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    async def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        if not self._keep_alive:
            self.close()
        return head[9:12], body

    def close(self) -> None:
        """Hang the connection up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Caller:
    """One call, from its greeting on."""

    def __init__(self, port: int, number: int, *, keep_alive: bool = True) -> None:
        self._line = Line(port, keep_alive=keep_alive)
        self.call_sid = f"CA{hashlib.md5(f'{port}:{number}'.encode()).hexdigest()}"
        self._form = _form(self.call_sid, number)
        self._action = "/voice"

    async def dial(self) -> float:
        """Be greeted; return the seconds that it took."""
        asked = time.monotonic()
        document = await self._ask("/voice", self._form)
        if document.action is None:
            raise CallFailed("a greeting that does not listen")
        self._action = document.action
        return document.at - asked

    async def turn(self, *, longest_pause_s: float = 1e9) -> Turn:
        """Ask a question and hear the whole answer.

        longest_pause_s: for how long it is listened to before what follows is asked for, where that is shorter
        than the speaking of it: the next words are then wanted earlier than a caller would want them.
        """
        question = next(questions)
        turn = Turn(question, time.monotonic())
        speech = {"SpeechResult": f"¿Y a qué hora abren ustedes? Pregunta {question}", "Confidence": "0.91"}
        document = await self._ask(self._action, self._form | speech)
        while document.redirect is not None:
            self._note(turn, document)
            await asyncio.sleep(min(document.spoken_s, longest_pause_s))
            asked = time.monotonic()
            document = await self._ask(document.redirect, self._form)
            turn.silences_s.append(document.at - asked)
            if len(turn.silences_s) > MOST_REQUESTS:
                raise CallFailed("an answer without an end")
        self._note(turn, document)
        turn.ended = document.at
        if document.action is None:
            raise CallFailed("an answer that leads nowhere")
        if " ".join(" ".join(turn.words).split()) != ANSWER:
            raise CallFailed("other words than the model's")
        self._action = document.action
        return turn

    async def ask_only(self) -> None:
        """Ask a question and wait for whatever the first reply is."""
        speech = {"SpeechResult": f"¿Tardará mucho? Pregunta {next(questions)}", "Confidence": "0.91"}
        await self._ask(self._action, self._form | speech)

    def hang_up(self) -> None:
        """Close the connection."""
        self._line.close()

    def _note(self, turn: Turn, document: Document) -> None:
        if document.is_filler:
            turn.fillers += 1
            return
        if document.words and not turn.first_word:
            turn.first_word = document.at
            turn.silences_s.clear()  # what was before the first word is the first word's
        turn.words.append(document.words)

    async def _ask(self, target: str, form: Mapping[str, str]) -> Document:
        body = await self._line.post(target.partition("#")[0], form)
        at = time.monotonic()
        redirect, action = _REDIRECT.search(body), _GATHER.search(body)
        return Document(
            " ".join(_SAY.findall(body)),
            unescape(redirect[1]) if redirect else None,
            unescape(action[1]) if action else None,
            at,
        )


def _form(call_sid: str, number: int) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "CallSid": call_sid, "CallStatus": "in-progress",
        "CallToken": "bench", "Called": OUR_NUMBER, "CalledCity": "WASHINGTON", "CalledCountry": "US",
        "CalledState": "DC", "CalledZip": "20001", "Caller": f"+346000000{number % 100:02}", "CallerCountry": "ES",
        "Direction": "inbound", "From": f"+346000000{number % 100:02}", "FromCountry": "ES", "Language": "es-ES",
        "To": OUR_NUMBER, "ToCity": "WASHINGTON", "ToCountry": "US", "ToState": "DC", "ToZip": "20001",
    }  # fmt: skip


_KEYED = hmac.new(AUTH_TOKEN.encode(), digestmod=hashlib.sha1)


def signature(target: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature (https://www.twilio.com/docs/usage/security#validating-requests)."""
    mac = _KEYED.copy()
    mac.update((PUBLIC_URL + target + "".join(name + form[name] for name in sorted(form))).encode())
    return base64.b64encode(mac.digest()).decode()
