"""Runs one simulated call: its webhooks, its TwiML, its journal and its status callbacks."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.twilio import caller_input
from simulator.twilio.account import NumberConfig
from simulator.twilio.call_params import CallParams
from simulator.twilio.clock import Clock
from simulator.twilio.errors import NoCallError, WebhookError
from simulator.twilio.journal import Ending, Event, Journal, Step, spoken_seconds
from simulator.twilio.signing import Params, Signer
from simulator.twilio.status_callbacks import StatusCallbacks
from simulator.twilio.twiml_interpreter import Behaviour, Listening, TwimlInterpreter
from simulator.twilio.urls import Addresses
from simulator.twilio.webhook_client import Transport
from translations import Message
from translations import lazy_gettext as _

INBOUND_EVENTS = frozenset({"completed"})
OUTBOUND_EVENTS = frozenset({"initiated", "ringing", "in-progress", "completed"})


@dataclass
class Call:
    """A call from its first webhook to its last."""

    leg: CallParams
    addresses: Addresses
    signer: Signer
    clock: Clock
    behaviour: Behaviour
    number: NumberConfig
    listener: Callable[[Event], None] | None = None
    begun: bool = False
    journal: Journal = field(init=False)
    transport: Transport = field(init=False)
    interpreter: TwimlInterpreter = field(init=False)
    statuses: StatusCallbacks = field(init=False)
    _closing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _end_reported: bool = False

    def __post_init__(self) -> None:
        self.journal = Journal(self.listener)
        self.transport = Transport(self.addresses, self.signer, self._exchanged, self._ignored)
        self.interpreter = TwimlInterpreter(
            self.transport, self.addresses, self.journal, self.clock, self.leg, self.behaviour,
            self.number.fallback_url,
        )  # fmt: skip
        status = self.number.status
        self.statuses = StatusCallbacks(
            status.url, self.transport, self.addresses, self.leg, self.journal.warn, status.order
        )

    def begin(self, target: str) -> str:
        """Ring, answer, and run the first document; return the words heard. target: a path or a URL."""
        self.begun = True
        self.clock.start()
        self.journal.begin_turn("", 0.0)
        self.interpreter.status = "ringing" if self.leg.direction == "inbound" else "in-progress"
        for status in ("initiated", "ringing", "in-progress"):
            self._report(status)
        return self.go_on(lambda: self.interpreter.open(self.addresses.own(target)))

    def listening(self) -> Listening:
        """Return the input the call waits for. Raises NoCallError if it waits for none."""
        if not self.begun:
            raise NoCallError("there is no call: dial first")
        if self.interpreter.listening is None:
            raise NoCallError(f"the call is over: {self.interpreter.ended}")
        return self.interpreter.listening

    def finish_prompt(self, listening: Listening) -> None:
        """Wait for the end of the prompt."""
        self.clock.let_pass(listening.prompt_ends_at - self.clock.now())

    def ignore(self, what: str, why: Message) -> str:
        """Record a warning about ignored input, and return no words. why: a sentence with the input as {what}."""
        self.journal.warn(None, why.format(what=what))
        return ""

    def speak(self, listening: Listening, text: str, confidence: float | None) -> str:
        """Submit the caller's words, and return the words heard in reply."""
        self.journal.begin_turn(text, self.clock.now())
        if listening.verb.name == "Record":
            return self._give(caller_input.recording(self.leg.account_sid, spoken_seconds(text)))
        return self._give(caller_input.speech(text, confidence))

    def enter(self, listening: Listening, digits: str) -> str:
        """Submit the caller's keys, after the timeout if they do not end the input; return the words heard in reply."""
        keys, finished, late = caller_input.read_keys(listening, digits)
        if late:
            lost = _("keys pressed after the end are lost: {keys}")
            self.journal.warn(None, lost.format(keys=late))
        if not finished:
            self.clock.let_pass(listening.timeout_s)
        self.journal.begin_turn(digits, self.clock.now(), keys=True)
        if listening.verb.name == "Record":
            return self._give(caller_input.recording(self.leg.account_sid, 0, digits[0]))
        if not keys:
            return self.go_on(self.interpreter.give_up)
        return self._give((("Digits", keys),))

    def go_on(self, act: Callable[[], None]) -> str:
        """Run an action of the network, and return the words heard in this turn."""
        act()
        if self.interpreter.ended is not None:
            self._report_end()
        return self.words()

    def words(self) -> str:
        """Return the words heard in this turn."""
        return " ".join(heard.words for heard in self.journal.turns[-1].heard if heard.kind == "say")

    def hang_up(self) -> None:
        """Hang up. Raises NoCallError if there is no call in progress."""
        if not self.begun or self.interpreter.ended is not None:
            raise NoCallError("there is no call to hang up")
        listening = self.interpreter.listening
        self.interpreter.end(Ending.CALLER)
        if listening is not None and listening.verb.name == "Record":
            self._leave_recording(listening)
        self._report_end()

    def _give(self, fields: Params) -> str:
        return self.go_on(lambda: self.interpreter.answer(fields))

    def _exchanged(self, step: Step) -> None:
        self.clock.count(step.seconds)
        self.journal.exchanged(step)

    def _ignored(self, problem: Message) -> None:
        self.journal.warn(None, problem)

    def _leave_recording(self, listening: Listening) -> None:
        recording = caller_input.recording(self.leg.account_sid, 0, "hangup")
        verb = listening.verb
        try:
            url = self.addresses.absolute(verb.get("action"), self.interpreter.document_url)
            fields = (*self.leg.params("completed"), *recording)
            self.transport.fetch(verb.get("method", "POST"), url, fields)
        except WebhookError as error:
            self.journal.warn(error.code, error.message)

    def _report(self, status: str, duration_s: float | None = None) -> None:
        usual = INBOUND_EVENTS if self.leg.direction == "inbound" else OUTBOUND_EVENTS
        # "completed" is the event's name for every last status, busy and no-answer too.
        event = status if duration_s is None else "completed"
        if event in (self.number.status.events or usual):
            self.statuses.report(status, self.clock.now(), duration_s)

    def _report_end(self) -> None:
        with self._closing:
            if self._end_reported:
                return
            self._end_reported = True
        status = self.interpreter.status if self.interpreter.ended is Ending.REJECTED else "completed"
        self._report(status, duration_s=self.clock.now())
