"""Runs TwiML verb by verb until the call waits for input or ends."""

from collections import deque
from dataclasses import dataclass, field, replace

from simulator.twilio.call_params import CallParams, new_sid
from simulator.twilio.clock import Clock
from simulator.twilio.errors import CallLoopsError, WebhookError
from simulator.twilio.journal import Ending, Heard, Journal, spoken_seconds
from simulator.twilio.signing import Params
from simulator.twilio.twiml_parser import Verb, read_document
from simulator.twilio.twiml_warnings import check, say_problem, usable
from simulator.twilio.urls import Addresses
from simulator.twilio.webhook_client import Transport
from translations import lazy_gettext as _

MAX_DOCUMENTS = 200
PLAY_S = 3.0
DIGIT_S = 0.5
RING_S = 4.0


@dataclass(frozen=True, slots=True)
class Listening:
    """A <Gather> or <Record> that waits for input. Times in seconds of the call's clock.

    falls_through: silence requests no action. goes_on: another verb follows a silence.
    """

    verb: Verb
    began_at: float
    prompt_ends_at: float
    timeout_s: float
    falls_through: bool
    goes_on: bool

    @property
    def ends_at(self) -> float:
        """The time of the timeout."""
        return self.prompt_ends_at + self.timeout_s

    @property
    def hears_speech(self) -> bool:
        """True if speech is accepted."""
        return self.verb.name == "Record" or "speech" in self.verb.get("input", "dtmf").split()

    @property
    def hears_digits(self) -> bool:
        """True if digits are accepted."""
        return self.verb.name == "Record" or "dtmf" in self.verb.get("input", "dtmf").split()

    @property
    def interruptible(self) -> bool:
        """True if speech interrupts the prompt. Twilio no longer documents the default; it used to be true."""
        return self.verb.name == "Gather" and self.hears_speech and self.verb.is_true("bargeIn", default=True)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The reactions of the people in a call.

    answered_by: Twilio's AnsweredBy of an outbound call. reaction_s: the caller never answers a <Gather> that
    continues without input after this many seconds or fewer. dial_outcome: the DialCallStatus of every <Dial>.
    dial_conversation_s: the length of the conversation that follows.
    """

    answered_by: str | None = None
    reaction_s: float = 1.0
    dial_outcome: str = "completed"
    dial_conversation_s: float = 30.0


@dataclass
class TwimlInterpreter:
    """The network's side of one call. Run by one thread; `end` may be called from any."""

    transport: Transport
    addresses: Addresses
    journal: Journal
    clock: Clock
    leg: CallParams
    behaviour: Behaviour
    fallback_url: str | None
    listening: Listening | None = None
    ended: Ending | None = None
    failure: WebhookError | None = None
    status: str = "in-progress"
    document_url: str = ""
    _verbs: deque[Verb] = field(default_factory=deque)
    _documents: int = 0

    def open(self, reference: str, method: str = "POST", extra: Params = ()) -> None:
        """Fetch a document and run it. An error leads to the fallback URL, or ends the call."""
        self._documents = 0
        self._request(reference, method, extra)
        self.run()

    def run(self) -> None:
        """Run verbs until the call waits for input or ends. Raises CallLoopsError if neither happens."""
        while self.ended is None and self.listening is None:
            if self._documents > MAX_DOCUMENTS:
                raise CallLoopsError(
                    _("{count} documents in a row asked nothing of the caller").format(count=MAX_DOCUMENTS)
                )
            if not self._verbs:
                self.end(Ending.NO_MORE_VERBS)
            else:
                self._act(self._verbs.popleft())

    def answer(self, extra: Params) -> None:
        """Submit the caller's input to the action of the listening verb, and run the response."""
        if self.ended is not None:  # hung up before the end of the prompt
            return
        verb = self._stop_listening().verb
        self.open(verb.get("action"), verb.get("method", "POST"), extra)

    def time_out(self, empty: Params = ()) -> None:
        """Let the timeout pass in silence. empty: the fields of silence."""
        if self.listening is not None:
            self.clock.let_pass(self.listening.ends_at - self.clock.now())
        self.give_up(empty)

    def give_up(self, empty: Params = ()) -> None:
        """End the wait without input: run the next verb, or request the action. empty: the fields of silence."""
        if self.ended is not None:  # hung up while waiting
            return
        listening = self._stop_listening()
        if listening.falls_through:
            self._documents = 0
            self.run()
        else:
            self.open(listening.verb.get("action"), listening.verb.get("method", "POST"), empty)

    def end(self, reason: Ending) -> None:
        """End the call. Only the first reason counts."""
        if self.ended is None:
            self.ended = reason
            self.listening = None
            self.clock.stop()

    def _stop_listening(self) -> Listening:
        listening = self.listening
        if listening is None:
            raise AssertionError("the call is not listening")
        self.listening = None
        return listening

    def _request(self, reference: str, method: str, extra: Params = ()) -> None:
        try:
            url = self.addresses.absolute(reference, self.document_url)
            self._enter(method, url, extra)
        except WebhookError as error:
            self._fall_back(error)

    def _enter(self, method: str, url: str, extra: Params) -> None:
        self._documents += 1
        step = self.transport.fetch(method, url, (*self.leg.params(self.status), *extra))
        self.status = "in-progress"
        verbs = read_document(step.content_type, step.twiml, step.url)
        self.document_url = step.url
        for warning in check(verbs):
            self.journal.warn(warning.code, warning.message)
        self._verbs = deque(usable(verbs))

    def _fall_back(self, error: WebhookError) -> None:
        if self.ended is not None:  # the caller hung up meanwhile: nobody is left to hear it
            return
        self.journal.warn(error.code, _("{reason} ({url})").format(reason=error.message, url=error.url))
        self.failure = error
        try:
            self._enter_fallback(error)
        except WebhookError as second:
            failed_too = _("the fallback failed too: {reason} ({url})")
            self.journal.warn(second.code, failed_too.format(reason=second.message, url=second.url))
            self.end(Ending.APPLICATION_ERROR)

    def _enter_fallback(self, error: WebhookError) -> None:
        if self.fallback_url is None:
            self.end(Ending.APPLICATION_ERROR)
            return
        url = self.addresses.own(self.fallback_url)
        self._enter("POST", url, (("ErrorCode", str(error.code)), ("ErrorUrl", error.url)))
        self.failure = None

    def _act(self, verb: Verb) -> None:
        match verb.name:
            case "Say" | "Play" | "Pause":
                self.clock.let_pass(self._hear(verb, self.clock.now(), interruptible=False))
            case "Gather":
                self._gather(verb)
            case "Record":
                self._record(verb)
            case "Redirect":
                self._request(verb.text, verb.get("method", "POST"))
            case "Dial":
                self._dial(verb)
            case "Reject":
                self.status = "busy" if verb.get("reason") == "busy" else "no-answer"
                self.end(Ending.REJECTED)
            case "Hangup":
                self.end(Ending.HANGUP)

    def _hear(self, verb: Verb, at: float, *, interruptible: bool) -> float:
        """Record the words of a verb, if any; return its length in seconds."""
        if verb.name == "Pause":
            return float(verb.number("length", 1))
        if verb.name == "Say" and say_problem(verb):
            return 0.0
        duration_s = _duration_s(verb) * max(1, verb.number("loop", 1))
        heard = Heard(
            kind=verb.name.lower(),
            text=verb.text or verb.get("digits"),
            at=at,
            duration_s=duration_s,
            wait_s=0.0,
            interruptible=interruptible,
            voice=verb.attributes.get("voice"),
            language=verb.attributes.get("language"),
        )
        self.journal.hear(heard)
        return duration_s

    def _gather(self, verb: Verb) -> None:
        self.listening = self._listen(verb, falls_through=not verb.is_true("actionOnEmptyResult"))
        for child in verb.children:
            if child.name in ("Say", "Play", "Pause"):
                self._prompt(child, self.listening)
        if self.listening.goes_on and self.listening.timeout_s <= self.behaviour.reaction_s:
            self.clock.let_pass(self._stop_listening().ends_at - self.clock.now())

    def _prompt(self, verb: Verb, listening: Listening) -> None:
        """Record a prompt of the listening verb. Its seconds pass with the caller's next action."""
        seconds = self._hear(verb, listening.prompt_ends_at, interruptible=listening.interruptible)
        self.listening = replace(listening, prompt_ends_at=listening.prompt_ends_at + seconds)

    def _record(self, verb: Verb) -> None:
        self.listening = self._listen(verb, falls_through=True)

    def _listen(self, verb: Verb, *, falls_through: bool) -> Listening:
        now = self.clock.now()
        goes_on = falls_through and bool(self._verbs)
        return Listening(verb, now, now, verb.number("timeout", 5), falls_through, goes_on)

    def _dial(self, verb: Verb) -> None:
        numbers = [child.text for child in verb.children] or [verb.text]
        outcome = self._dial_outcome(verb)
        talked_s = self.behaviour.dial_conversation_s if outcome in ("completed", "answered") else 0.0
        self.journal.note("call", f"dial {', '.join(numbers)}: {outcome}", self.clock.now())
        self.clock.let_pass(verb.number("timeout", 30) if outcome == "no-answer" else RING_S)
        self.clock.let_pass(min(talked_s, verb.number("timeLimit", 14_400)))
        if "action" not in verb.attributes:
            return
        extra = (
            ("DialCallStatus", outcome),
            ("DialCallSid", new_sid("CA")),
            ("DialCallDuration", str(round(talked_s))),
            ("DialBridged", "true" if talked_s else "false"),
        )
        self._request(verb.get("action"), verb.get("method", "POST"), extra)

    def _dial_outcome(self, verb: Verb) -> str:
        caller_id = verb.get("callerId", self.leg.caller)
        if caller_id in (self.leg.caller, self.leg.called):
            return self.behaviour.dial_outcome
        foreign = _("callerId {number!r} is neither the caller's nor our number")
        self.journal.warn(13214, foreign.format(number=caller_id))
        return "failed"


def _duration_s(verb: Verb) -> float:
    if verb.name == "Say":
        return spoken_seconds(verb.text)
    return len(verb.get("digits")) * DIGIT_S if "digits" in verb.attributes else PLAY_S
