"""Runs a browser's call on a simulated phone in real time."""

import queue
import statistics
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from dashboard.simulator.events import as_event
from dashboard.simulator.sessions import Event, Tell
from simulator.twilio.call_params import Direction
from simulator.twilio.caller_input import read_keys
from simulator.twilio.errors import CallLoopsError, NoCallError
from simulator.twilio.journal import Ending
from simulator.twilio.journal import Event as Happening
from simulator.twilio.phone import Phone
from simulator.twilio.twiml_interpreter import Listening
from storage.reports.browser_sessions import CommandRecord
from translations import Message, current_language, in_language

log = structlog.get_logger()

RING_S = 1.2
NEARLY_SAID_S = 0.2
"""A prompt's remainder too short to wait for."""
TYPED_CONFIDENCE = 0.9

MakePhone = Callable[[Callable[[Happening], None]], Phone]


class BrowserCall:
    """One call. ring_s: seconds of ringing before the answer.

    Words sent during a prompt are held until its end, unless the person interrupts. Only the button for silence counts
    as silence, because typing takes time. A filler continues without the person.
    """

    def __init__(self, make: MakePhone, tell: Tell, *, direction: Direction, ring_s: float = RING_S) -> None:
        self._tell, self._direction, self._ring_s = tell, direction, ring_s
        self._language = current_language()  # the reader's: events come in threads of their own
        self._phone = make(self._happened)
        self._commands: queue.Queue[CommandRecord | None] = queue.Queue()
        self._hung_up = threading.Event()
        self._end_lock = threading.Lock()
        self._reason = ""
        self._ending: Event | None = None
        self._announced: Listening | None = None
        self._held: list[str] = []
        self._confidence: float | None = TYPED_CONFIDENCE
        self._keys = ""
        self._is_silent = False

    @property
    def ending(self) -> Event | None:
        """Return the call's outcome; None while it lasts."""
        return self._ending

    def begin(self) -> None:
        """Start ringing."""
        threading.Thread(target=self._run, name="browser-call", daemon=True).start()

    def do(self, command: CommandRecord) -> None:
        """Perform a person's action: in turn, except hanging up."""
        if command.verb == "hang_up":
            self._hang_up()
        else:
            self._commands.put(command)

    def leave(self, reason: str) -> None:
        """Hang up. reason: given if the person did not hang up."""
        self._reason = self._reason or reason
        self._hang_up()

    def _hang_up(self) -> None:
        """Hang up in a thread of its own, because the request to the server takes time."""
        if self._hung_up.is_set():
            return
        self._hung_up.set()
        self._commands.put(None)
        threading.Thread(target=self._end_call, name="browser-call-end", daemon=True).start()

    def _end_call(self) -> None:
        # Under the lock, a second thread finds the call over; only then may the phone be closed
        with self._end_lock, suppress(NoCallError):  # ringing, or over
            self._phone.hang_up()

    # The call

    def _run(self) -> None:
        problem = "broke"
        try:
            problem = self._run_guarded()
            self._release()
        finally:
            self._ending = self._over(problem)

    def _run_guarded(self) -> str:
        """Return the error's code, "" if there is none."""
        try:
            self._run_call()
        except NoCallError:
            log.debug("browser_call_ended_meanwhile")
        except CallLoopsError:
            return "loops"
        except Exception as error:
            log.exception("browser_call_broke", error=type(error).__name__)
            return "broke"
        return ""

    def _release(self) -> None:
        self._end_call()
        self._phone.close()

    def _run_call(self) -> None:
        self._tell({"kind": "ringing"})
        if self._hung_up.wait(self._ring_s):
            return
        self._phone.dial(self._direction)
        while self._phone.ended is None and not self._hung_up.is_set():
            listening = self._phone.listening
            if listening is not None:
                self._announce(listening)
                self._take_turn(listening)

    def _announce(self, listening: Listening) -> None:
        if listening is self._announced:
            return
        self._announced = listening
        self._keys, self._is_silent = "", False
        self._tell(
            {
                "kind": "listening",
                "prompt_s": round(max(0.0, self._seconds_until(listening.prompt_ends_at)), 2),
                "interruptible": listening.interruptible,
                "speech": listening.hears_speech,
                "keys": listening.hears_digits,
            }
        )

    def _take_turn(self, listening: Listening) -> None:
        """Perform the person's next action, or what is due before it."""
        due_s = self._due_s(listening)
        try:
            command = self._commands.get(timeout=None if due_s is None else max(0.0, due_s))
        except queue.Empty:
            self._do_what_is_due(listening)
        else:
            if command is not None:
                self._perform(command, listening)

    def _due_s(self, listening: Listening) -> float | None:
        if self._keys:
            return listening.timeout_s
        if self._held:
            return self._seconds_until(listening.prompt_ends_at)
        if self._is_silent or listening.goes_on:
            return self._seconds_until(listening.ends_at)
        return None

    def _do_what_is_due(self, listening: Listening) -> None:
        if self._keys:
            self._enter(listening)
        elif self._held:
            self._say("")
        elif self._is_silent:
            self._thinking()
            self._phone.silence()
        else:
            self._phone.wait()

    def _perform(self, command: CommandRecord, listening: Listening) -> None:
        self._is_silent = False
        text = str(command.body.get("text", ""))
        match command.verb:
            case "say":
                self._hear_words(text, command.body.get("confidence"), listening)
            case "interrupt":
                self._interrupt(text, command.body.get("confidence"))
            case "press":
                self._press(text, listening)
            case "silence":
                self._is_silent = True
                self._tell({"kind": "silent"})

    # The person's actions

    def _hear_words(self, text: str, confidence: Any, listening: Listening) -> None:
        self._confidence = _confidence(confidence)
        if listening.goes_on or self._seconds_until(listening.prompt_ends_at) <= NEARLY_SAID_S:
            self._say(text)
        else:
            self._held.append(text)
            self._tell({"kind": "held", "text": text})

    def _say(self, text: str) -> None:
        self._thinking()
        self._phone.say(self._all_words(text), self._confidence)

    def _interrupt(self, text: str, confidence: Any) -> None:
        if words := self._all_words(text):
            self._thinking()
            self._phone.interrupt(words, after_s=0.0, confidence=_confidence(confidence))

    def _press(self, keys: str, listening: Listening) -> None:
        if not listening.hears_digits:
            self._phone.press(keys)
            return
        self._keys += keys
        self._tell({"kind": "keys", "keys": self._keys})
        if read_keys(listening, self._keys)[1]:
            self._enter(listening)

    def _enter(self, listening: Listening) -> None:
        """Send the keys to the phone, with the finishing key if the person did not press it."""
        keys, self._keys = self._keys, ""
        _, finished, _ = read_keys(listening, keys)
        finish = listening.verb.get("finishOnKey", "#")
        self._thinking()
        self._phone.press(keys if finished or not finish else keys + finish[0], after_s=0.0)

    def _all_words(self, text: str) -> str:
        words, self._held = " ".join(filter(None, [*self._held, text])), []
        return words

    def _thinking(self) -> None:
        self._tell({"kind": "thinking"})

    def _seconds_until(self, moment: float) -> float:
        return moment - self._phone.now

    # Events

    def _happened(self, happening: Happening) -> None:
        with in_language(self._language):
            event = as_event(happening, self._phone.now)
        if event is not None:
            self._tell(event)

    def _over(self, problem: str) -> Event:
        phone = self._phone
        reason = problem or self._reason or str(phone.ended or Ending.CALLER)
        waits = [turn.first_word_s for turn in phone.turns if turn.first_word_s is not None]
        failure = phone.failure
        return {
            "reason": reason,
            "seconds": round(phone.now, 1) if phone.turns else 0,
            "turns": max(0, len(phone.turns) - 1),
            "median_s": round(statistics.median(waits), 2) if waits else None,
            "slowest_s": round(max(waits), 2) if waits else None,
            "failure": f"{failure.code}: {self._said(failure.message)}" if failure else "",
        }

    def _said(self, sentence: Message | str) -> str:
        with in_language(self._language):
            return str(sentence)


def _confidence(given: Any) -> float | None:
    return float(given) if isinstance(given, int | float) and 0 <= given <= 1 else TYPED_CONFIDENCE
