"""Simulates a phone and Twilio; each caller's action is a method.

phone = Phone("http://127.0.0.1:5000", Account(sid, auth_token))
phone.dial()
phone.say("¿A qué hora abrís?")
assert "nueve" in phone.heard[-1].text
"""

import re
from collections.abc import Callable, Mapping

from simulator.closable import Closable
from simulator.twilio import caller_input
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.call import Call
from simulator.twilio.call_params import CallParams, Direction, new_sid
from simulator.twilio.clock import Clock, VirtualClock
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import CallWarning, Ending, Event, Heard, Line, Step, Turn
from simulator.twilio.twiml_interpreter import Behaviour, Listening

WEBHOOK = "/voice"


class Phone(Closable):
    """One phone, one call at a time; it may dial again when the call is over. Close it, or use `with`.

    base_url: where the server is reached. from_number: the person's; an outbound call goes to it from the
    assistant's. behaviour: what the person does beside the verbs. clock: by default a virtual one, which makes speech
    take no real time; a RealClock lets it take its time, which a server that compares clocks notices.
    listener: told each event as it happens, by the thread that runs the call.
    Verbs return the words heard in reply. They raise NoCallError where there is no call to do it in.
    """

    def __init__(
        self,
        base_url: str,
        account: Account,
        *,
        number: NumberConfig | None = None,
        from_number: str = "+34600000001",
        behaviour: Behaviour | None = None,
        clock: Clock | None = None,
        call_sid: str | None = None,
        listener: Callable[[Event], None] | None = None,
    ) -> None:
        self._number, self._behaviour = number or NumberConfig(WEBHOOK), behaviour or Behaviour()
        self.account_sid, self.from_number, self.to_number = account.sid, from_number, self._number.number
        self._clock, self._listener = clock or VirtualClock(), listener
        self._addresses = self._number.addresses(base_url)
        self._signer = account.signer()
        self._call = self._new_call("inbound", call_sid or new_sid("CA"))

    def close(self) -> None:
        """Let go of connections. The call, if there is one, is not hung up."""
        self._call.transport.close()

    # What the caller does

    def dial(self, direction: Direction = "inbound", *, path: str | None = None) -> str:
        """Call, or be called and answer; the call is acted out until the caller is asked for something.

        path: in place of what the number's webhook is set to. A call in progress is hung up first.
        """
        if self._call.begun:
            self._leave_last_call()
            self._call = self._new_call(direction, new_sid("CA"))
        else:
            self._call = self._new_call(direction, self.call_sid)
        return self._call.begin(path or self._number.webhook)

    def say(self, text: str, confidence: float | None = 0.9) -> str:
        """Hear the prompt out, then say something. confidence: None sends none, as Twilio sometimes does."""
        listening = self._call.listening()
        self._call.hear_out(listening)
        if not listening.hears_speech:
            return self._call.lose(text, "keys are asked for, not words")
        return self._call.speak(listening, text, confidence)

    def interrupt(self, text: str, *, after_s: float = 1.0, confidence: float | None = 0.9) -> str:
        """Say something while the prompt is spoken, so many seconds after it began.

        Where the prompt cannot be interrupted the words are lost, as on a real phone, and a warning is kept.
        """
        listening = self._call.listening()
        self._clock.let_pass(listening.began_at + after_s - self._clock.now())
        if self._clock.now() >= listening.prompt_ends_at:
            return self.say(text, confidence)
        if not listening.interruptible:
            return self._call.lose(text, "the prompt cannot be interrupted")
        self._call.journal.cut(self._clock.now())
        return self._call.speak(listening, text, confidence)

    def press(self, digits: str, *, after_s: float | None = None) -> str:
        """Press keys: after the prompt, or so many seconds after it began, which stops it."""
        if not re.fullmatch("[0-9*#]+", digits):
            raise ValueError(f"a phone has no keys for {digits!r}")
        listening = self._call.listening()
        if not listening.hears_digits:
            self._call.hear_out(listening)
            return self._call.lose(digits, "words are asked for, not keys")
        if after_s is None:
            self._call.hear_out(listening)
        else:
            self._clock.let_pass(listening.began_at + after_s - self._clock.now())
            self._call.journal.cut(self._clock.now())
        return self._call.enter(listening, digits)

    def silence(self, *, empty_fields: bool = False) -> str:
        """Say nothing until the call stops waiting.

        empty_fields: where an action is asked with nothing heard, send SpeechResult and Digits empty
        instead of leaving them out; which of the two Twilio does is not documented.
        """
        listening = self._call.listening()
        self._call.journal.begin_turn("", listening.ends_at)
        empty = caller_input.EMPTY if empty_fields else ()
        return self._call.go_on(lambda: self._call.acting.time_out(empty))

    def wait(self) -> str:
        """Listen on: hear the prompt out and, where the call goes on by itself after it, let it."""
        listening = self._call.listening()
        self._call.hear_out(listening)
        if listening.goes_on:
            return self._call.go_on(self._call.acting.time_out)
        return self._call.words()

    def hang_up(self) -> None:
        """End the call. May be called from another thread, while a verb is under way."""
        self._call.hang_up()

    # What came of it

    @property
    def call_sid(self) -> str:
        """The call's SID: this one's, or the next one's before it is dialled."""
        return self._call.leg.call_sid

    @property
    def steps(self) -> list[Step]:
        """Each exchange for a document, in order; status callbacks are in `status_steps`."""
        return self._call.journal.steps

    @property
    def status_steps(self) -> list[Step]:
        """Each status callback, in the order of sending."""
        return self._call.statuses.steps

    @property
    def turns(self) -> list[Turn]:
        """The greeting, then one for each thing that the caller did; a silence counts."""
        return self._call.journal.turns

    @property
    def heard(self) -> list[Heard]:
        """All that the caller heard."""
        return self._call.journal.heard

    @property
    def transcript(self) -> list[Line]:
        """Return both sides' words and the network's actions."""
        return self._call.journal.transcript

    @property
    def warnings(self) -> list[CallWarning]:
        """Return Twilio's warnings, and those for problems that Twilio ignores."""
        return self._call.journal.warnings

    @property
    def first_word_s(self) -> list[float | None]:
        """For each turn, the seconds until something was heard; None where nothing was."""
        return [turn.first_word_s for turn in self.turns]

    @property
    def dead_air(self) -> list[float]:
        """For each turn, the seconds of silence between the first word and the last.

        On a virtual clock speech gives the server no time to go on writing: measure this in real time.
        """
        return [turn.dead_air_s for turn in self.turns]

    @property
    def ended(self) -> Ending | None:
        """Why the call is over; None while it is not."""
        return self._call.acting.ended

    @property
    def failure(self) -> WebhookError | None:
        """Return the application error that ended the call, if any."""
        return self._call.acting.failure

    @property
    def listening(self) -> Listening | None:
        """Return the input that the call waits for; None if there is none."""
        return self._call.acting.listening

    @property
    def now(self) -> float:
        """Seconds of the call's clock."""
        return self._clock.now()

    # Below the call

    def post(
        self,
        target: str,
        params: Mapping[str, str] | None = None,
        *,
        standard: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Step:
        """Post a signed webhook of this call by hand; the call does not notice.

        target: a path of the server or a URL. standard: with the fields that every webhook has, under
        those given. headers: sent instead of ours.
        """
        common = self._call.leg.params("in-progress") if standard else ()
        fields = {**dict(common), **(params or {})}
        url = self._addresses.own(target)
        return self._call.transport.send("POST", url, tuple(fields.items()), dict(headers or {}))

    def replay(self, step: Step) -> Step:
        """Send a webhook again, byte for byte; the call does not notice."""
        return self._call.transport.replay(step)

    def _new_call(self, direction: Direction, call_sid: str) -> Call:
        answered_by = self._behaviour.answered_by if direction == "outbound-api" else None
        leg = CallParams(call_sid, self.account_sid, self.from_number, self.to_number, direction, answered_by)
        return Call(
            leg, self._addresses, self._signer, self._clock, self._behaviour, self._number, self._listener
        )

    def _leave_last_call(self) -> None:
        if self.ended is None:
            self._call.hang_up()
        self._call.transport.close()
